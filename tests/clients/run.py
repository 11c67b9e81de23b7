#!/usr/bin/env python3
"""Lets clients that others wrote talk to `kiln serve` with a script behind it instead of a model.

usage: run.py KILN [CLIENT...]

KILN is the program. Without names, every client is tried. Each has a virtual environment of its own
under target/clients, made when it is first needed; packages come from the configured index.
"""

import os
import pathlib
import re
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ENVIRONMENTS = ROOT / "target" / "clients"
MODEL = "qwen"

# A client: packages, and the command that talks (PYTHON is its environment's interpreter).
CLIENTS = {
    "openai": (["openai"], ["PYTHON", HERE / "openai_client.py"]),
    "anthropic": (["anthropic"], ["PYTHON", HERE / "anthropic_client.py"]),
    "schemathesis": (["schemathesis"], ["PYTHON", HERE / "schemathesis_client.py"]),
    "litellm": (["litellm"], ["PYTHON", HERE / "litellm_client.py"]),
    "langchain": (["langchain-openai"], ["PYTHON", HERE / "langchain_client.py"]),
    "agents": (["openai-agents"], ["PYTHON", HERE / "agents_client.py"]),
    "qwen-agent": (
        ["qwen-agent", "numpy", "soundfile", "python-dateutil"],
        ["PYTHON", HERE / "qwen_agent_client.py"],
    ),
    "pydantic-ai": (["pydantic-ai-slim[openai]"], ["PYTHON", HERE / "pydantic_ai_client.py"]),
}


def environment(name, packages):
    """The interpreter of a client's environment."""
    directory = ENVIRONMENTS / name
    python = directory / "bin" / "python"
    done = directory / "complete"
    if not done.exists():
        venv.create(directory, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        subprocess.run(command, check=True)
        done.write_text(" ".join(packages) + "\n")
    return python


class Server:
    """A server on a free port, for as long as the block lasts."""

    def __init__(self, kiln):
        model = ROOT / "tests" / "fixtures" / "text"
        self.command = [
            kiln, "serve", model, "--fake", "slots=8,context=32768", "--port", "0", "--quiet",
            "--served-model-name", MODEL,
        ]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if found := re.search(r"OpenAI\s+(http\S+)/v1", line):
                return found[1]
        raise SystemExit("the server did not start")

    def __exit__(self, *_):
        self.process.terminate()
        code = self.process.wait(timeout=60)
        assert code == 0, f"the server ended with {code}"


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    kiln, names = sys.argv[1], sys.argv[2:] or list(CLIENTS)
    failed = []
    for name in names:
        packages, command = CLIENTS[name]
        python = environment(name, packages)
        with Server(kiln) as url:
            print(f"== {name}", flush=True)
            command = [python if word == "PYTHON" else word for word in command]
            variables = {
                **os.environ, "KILN_URL": url, "KILN_MODEL": MODEL, "OPENAI_API_KEY": "none",
                "ANTHROPIC_API_KEY": "none", "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                "OPENAI_AGENTS_DISABLE_TRACING": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
            }
            if subprocess.run(command, env=variables, cwd=python.parent).returncode:
                failed.append(name)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")
    print("every client is content")


main()
