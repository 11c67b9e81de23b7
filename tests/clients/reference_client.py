"""The scripts of the stack that Kiln replaces, as they are: they run, and what they report is sound."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

SOURCE = pathlib.Path(os.environ["KILN_SOURCE"])

# Where the scripts look for the pictures of their author, with the sizes of what stands in for them.
PICTURES = pathlib.Path(re.search(r'IMG_DIR = Path\("(.+)"\)', (SOURCE / "test" / "bench_full.py").read_text())[1])
SIZES = {"profile_small.jpg": (64, 64), "frost_1.png": (1280, 720), "splash.png": (1024, 1024)}


def run(*command):
    """What a script prints, without colours."""
    done = subprocess.run(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=PLACE,
    )
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", done.stdout)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{text}"
    return text


def png(width, height):
    """A grey picture."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@contextlib.contextmanager
def pictures():
    """Whether there are pictures to show. Where there are none and may be, some are there meanwhile."""
    made = next((place for place in [*reversed(PICTURES.parents), PICTURES] if not place.exists()), None)
    if made is None:
        yield all((PICTURES / name).exists() for name in SIZES)
        return
    try:
        PICTURES.mkdir(parents=True)
    except OSError:
        yield False
        return
    try:
        for name, size in SIZES.items():
            (PICTURES / name).write_bytes(png(*size))
        yield True
    finally:
        shutil.rmtree(made)


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
    if not SHOWN:
        assert tests.pop("vision") == {"endpoint": "/v1/chat/completions (image)", "error": "no image"}
    assert len(tests) == 4 + SHOWN
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
            if name.startswith("vision") and not SHOWN:
                assert one["error"].startswith("image not found"), one
                continue
            assert not one.get("error") and one["completion_tokens"] > 0 and one["tps"] > 0, (name, one)
    assert all(one["tool_calls"][0]["name"] == "get_weather" for one in tests["tool_chat"]["runs"])
    assert all(one["function_calls"][0]["name"] == "get_weather" for one in tests["tool_responses"]["runs"])
    assert "=== DONE" in text, text


# The scripts write beside themselves, so they run in a copy.
with tempfile.TemporaryDirectory() as copy, pictures() as SHOWN:
    PLACE = pathlib.Path(copy)
    for path in [SOURCE / "glados.py", *sorted((SOURCE / "test").glob("*.py"))]:
        place = PLACE / path.relative_to(SOURCE)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(path.read_bytes())
    for script in (glados, verify, matrix, warmup, bench, full):
        script()
        print("reference", script.__name__, "is content", flush=True)
print("reference: pictures were", "shown" if SHOWN else "not shown")
