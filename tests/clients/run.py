#!/usr/bin/env python3
"""Lets clients that others wrote talk to `kiln serve` with a script behind it instead of a model.

usage: run.py KILN [CLIENT...]

KILN is the program. Without names, every client is tried. Each has a directory of its own under
target/clients, filled when it is first needed: packages come from the configured indexes, sources
from their public repositories. A client whose packages or sources cannot be had is skipped, and the
last line says so. KILN_SOURCE_NAME (the client's name in capitals, with _ for -) names a directory
that already has the sources.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DIRECTORIES = ROOT / "target" / "clients"
MODEL = "qwen"


class Skip(Exception):
    """Why a client cannot be tried here."""


@dataclasses.dataclass
class Client:
    """What a client needs, and the script that talks."""

    script: str
    # Packages of Python and of Node.
    python: tuple = ()
    node: tuple = ()
    # A repository and the commit that is wanted of it.
    source: tuple = ()
    # How the server is started.
    model: str = MODEL
    port: int = 0
    fake: str = "slots=8,context=32768"
    serve: tuple = ()


CLIENTS = {
    "openai": Client("openai_client.py", python=("openai",)),
    "anthropic": Client("anthropic_client.py", python=("anthropic",)),
    "schemathesis": Client("schemathesis_client.py", python=("schemathesis",)),
    "litellm": Client("litellm_client.py", python=("litellm",)),
    "langchain": Client("langchain_client.py", python=("langchain-openai",)),
    "agents": Client("agents_client.py", python=("openai-agents",)),
    "qwen-agent": Client(
        "qwen_agent_client.py",
        python=("qwen-agent", "numpy", "soundfile", "python-dateutil", "tqdm"),
    ),
    "pydantic-ai": Client("pydantic_ai_client.py", python=("pydantic-ai-slim[openai]",)),
    "ai-sdk": Client(
        "ai_sdk_client.mjs",
        node=("ai@7", "@ai-sdk/openai@3", "@ai-sdk/openai-compatible@2", "@ai-sdk/anthropic@3", "zod@4"),
    ),
    "open-responses": Client(
        "open_responses_client.py",
        node=("bun@1", "zod@3"),
        source=("https://github.com/openresponses/openresponses", "92c12d96d7b61d6d15e2214daa5e9c6000ab6e1c"),
    ),
    # These scripts know one port and one name.
    "reference": Client(
        "reference_client.py",
        source=("https://github.com/hec-ovi/vllm-awq4-qwen", "da472c70d28b38c58578d6048054c4d4bcc4ad26"),
        model="Qwen3.6-27B-AWQ4",
        port=8000,
        fake="slots=8,context=65536,prefill=20000,decode=500,drafts=8",
        serve=("--compat", "vllm-0.20"),
    ),
}


def get(command, why, **options):
    """Fetches something; where that fails, the client is skipped."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode:
        last = (done.stdout.strip().splitlines() or ["no output"])[-1]
        raise Skip(f"{why} ({last.strip()})")


def python_of(directory, packages):
    """An interpreter with these packages; this one where none are needed."""
    if not packages:
        return sys.executable
    python, done = directory / "bin" / "python", directory / "complete"
    if not done.exists():
        venv.create(directory, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        get(command, "no network, or an index without its packages")
        done.write_text(" ".join(packages) + "\n")
    return python


def node_of(directory, packages):
    """Node, with these packages beside what it runs in the directory."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Skip("Node and npm are not installed")
    done, wanted = directory / "complete-node", " ".join(packages) + "\n"
    if not done.exists() or done.read_text() != wanted:
        directory.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--no-save", *packages]
        get(command, "no network, or an index without its packages", cwd=directory)
        done.write_text(wanted)
    return node


def source_of(name, directory, source):
    """A directory with the sources."""
    if given := os.environ.get("KILN_SOURCE_" + name.upper().replace("-", "_")):
        return pathlib.Path(given).resolve()
    url, commit = source
    place = directory / "source"
    if not (place / ".git").exists():
        git = shutil.which("git")
        if not git:
            raise Skip("git is not installed")
        fresh = directory / "source.part"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        why = f"no network, or no commit {commit[:12]} at {url}"
        get([git, "init", "--quiet"], why, cwd=fresh)
        get([git, "fetch", "--quiet", "--depth", "1", url, commit], why, cwd=fresh)
        get([git, "checkout", "--quiet", "FETCH_HEAD"], why, cwd=fresh)
        fresh.rename(place)
    return place


class Server:
    """A server for as long as the block lasts."""

    def __init__(self, kiln, client):
        self.command = [
            kiln, "serve", ROOT / "tests" / "fixtures" / "text", "--fake", client.fake,
            "--port", str(client.port), "--quiet", "--served-model-name", client.model, *client.serve,
        ]
        with socket.socket() as probe:
            if client.port and probe.connect_ex(("127.0.0.1", client.port)) == 0:
                raise Skip(f"port {client.port}, the only one that it knows, is taken")

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


def talk(kiln, name, client):
    """Lets a client talk; says whether it is content."""
    directory = DIRECTORIES / name
    variables = {
        **os.environ, "KILN_MODEL": client.model, "OPENAI_API_KEY": "none", "ANTHROPIC_API_KEY": "none",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True", "OPENAI_AGENTS_DISABLE_TRACING": "1",
        "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "KILN_DIRECTORY": str(directory),
    }
    script = HERE / client.script
    if client.node:
        node = node_of(directory, client.node)
    if client.source:
        variables["KILN_SOURCE"] = str(source_of(name, directory, client.source))
    if script.suffix == ".mjs":
        # Node looks for packages beside the script.
        command = [node, shutil.copy(script, directory)]
    else:
        command = [python_of(directory, client.python), script]
    with Server(kiln, client) as url:
        print(f"== {name}", flush=True)
        directory.mkdir(parents=True, exist_ok=True)
        return subprocess.run(command, env={**variables, "KILN_URL": url}, cwd=directory).returncode == 0


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    kiln, names = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:] or list(CLIENTS)
    if unknown := [name for name in names if name not in CLIENTS]:
        raise SystemExit(f"no client {unknown[0]}; there are {', '.join(CLIENTS)}")
    failed, skipped = [], []
    for name in names:
        try:
            if not talk(kiln, name, CLIENTS[name]):
                failed.append(name)
        except Skip as why:
            print(f"== {name} is skipped: {why}", flush=True)
            skipped.append(name)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")
    tried = "every client is content" if not skipped else "every client that could be tried is content"
    print(tried + (f"; skipped: {', '.join(skipped)}" if skipped else ""))


main()
