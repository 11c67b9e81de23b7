"""The scripts of the stack that Kiln replaces, as they are: they run, and what they report is sound."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["KILN_SOURCE"])


def run(*command):
    """What a script prints, without colours."""
    done = subprocess.run(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=PLACE,
    )
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", done.stdout)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{text}"
    return text


def glados():
    text = run("glados.py", "--bench")
    rows = re.findall(r"([\d.]+) t/s \(wall\).*?([\d.]+) t/s \(vLLM\).*?(\d+)% acc.*?\((\d+) tok in", text)
    assert len(rows) == 5, text
    assert all(float(wall) > 0 and float(own) > 0 and acc == "50" and int(count) > 0 for wall, own, acc, count in rows)
    assert "Wall-rate summary" in text, text
    assert "Traceback" not in run("glados.py", "Say something.")


def verify():
    text = run("test/verify_responses_streaming.py")
    verdicts = re.findall(r"VERDICT: (.*)", text)
    assert verdicts == ["PASS"] * 5, text


def matrix():
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "matrix.json"
        run("test/bench_matrix.py", "--contexts", "0", "2048", "32768", "--runs", "1", "--out", str(out))
        rows = json.loads(out.read_text())["raw"]
    assert len(rows) == 12
    for row in rows:
        assert not row["error"] and row["decode_tokens"] > 0 and row["ttft_s"], row
        assert row["prompt_tokens"] > row["ctx"], row


def warmup():
    text = run("test/bench_prefill_warmup.py", "--runs", "3")
    rows = re.findall(r"^ +\d +(\d+) +([\d.]+) +(\d+) +([\d.]+)", text, re.MULTILINE)
    assert len(rows) == 3, text
    for prompt, prefill, written, decode in rows:
        # The backend reads at most 20,000 tokens of a prompt in a second, and says 500.
        assert int(prompt) > 3500 and int(written) > 0, text
        assert 100 < float(prefill) < 25_000 and 12 < float(decode) <= 600, text
    assert "decode floor preserved" in text, text


def bench():
    run("test/bench.py", "--runs", "2")
    tests = json.loads((PLACE / "test" / "bench_results.json").read_text())["tests"]
    # A picture is sent only where one of the author's own is found.
    assert tests.pop("vision") == {"endpoint": "/v1/chat/completions (image)", "error": "no image"}
    assert len(tests) == 4
    for test in tests.values():
        assert len(test["runs"]) == 2
        for one in test["runs"]:
            assert "error" not in one and one["completion_tokens"] > 0, one
    assert all(one["reasoning_len"] > 0 for name in ("chat_completions", "responses") for one in tests[name]["runs"])


def full():
    text = run("test/bench_full.py", "--runs", "2")
    tests = json.loads((PLACE / "test" / "bench_full_results.json").read_text())["tests"]
    for name, test in tests.items():
        for one in test["runs"]:
            if name.startswith("vision"):
                assert one["error"].startswith("image not found"), one
                continue
            assert not one.get("error") and one["completion_tokens"] > 0 and one["tps"] > 0, (name, one)
    assert all(one["tool_calls"][0]["name"] == "get_weather" for one in tests["tool_chat"]["runs"])
    assert all(one["function_calls"][0]["name"] == "get_weather" for one in tests["tool_responses"]["runs"])
    assert "=== DONE" in text, text


# The scripts write beside themselves, so they run in a copy.
with tempfile.TemporaryDirectory() as copy:
    PLACE = pathlib.Path(copy)
    for path in [SOURCE / "glados.py", *sorted((SOURCE / "test").glob("*.py"))]:
        place = PLACE / path.relative_to(SOURCE)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(path.read_bytes())
    for script in (glados, verify, matrix, warmup, bench, full):
        script()
        print("reference", script.__name__, "is content", flush=True)
