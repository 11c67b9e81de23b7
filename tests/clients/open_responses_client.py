"""The compliance suite of Open Responses."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["KILN_SOURCE"])
MODULES = pathlib.Path(os.environ["KILN_DIRECTORY"]) / "node_modules"

# What the suite asks for and the server does not do, with what stands in the error instead.
KNOWN = {
    "image-input": ("HTTP 400", "the vision tower is not served: pictures are refused"),
}
# This version of the suite has other names for two events than OpenAI's API, all its clients and the
# suite's own later schema: a server cannot send both.
SCHEMAS = "src/generated/kubb/zod"
RENAMED = {
    "responseReasoningDeltaStreamingEventSchema.ts": ("response.reasoning.delta", "response.reasoning_text.delta"),
    "responseReasoningDoneStreamingEventSchema.ts": ("response.reasoning.done", "response.reasoning_text.done"),
}


def excuse(result):
    """Why a failed test is no fault, if it is none."""
    sign, why = KNOWN.get(result["id"], ("", None))
    return why if all(sign in error for error in result["errors"]) else None


def suite(place):
    """A copy of the suite that knows the names of all events."""
    for name in ("bin", "src"):
        shutil.copytree(SOURCE / name, place / name)
    for name, (old, new) in RENAMED.items():
        schema = place / SCHEMAS / name
        schema.write_text(schema.read_text().replace(f'"{old}"', f'"{new}"'))
    (place / "node_modules").symlink_to(MODULES, target_is_directory=True)
    return place / "bin" / "compliance-test.ts"


with tempfile.TemporaryDirectory() as directory:
    command = [
        MODULES / ".bin" / "bun", suite(pathlib.Path(directory)), "--json", "--api-key", "none",
        "--base-url", os.environ["KILN_URL"] + "/v1", "--model", os.environ["KILN_MODEL"],
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=directory)
results = json.loads(done.stdout)["results"]
wrong = 0
for result in results:
    line = f"{result['status']:8} {result['id']}"
    if result["status"] != "passed":
        why = excuse(result)
        wrong += why is None
        line += f": {why}" if why else "".join(f"\n    {error[:400]}" for error in result["errors"])
    print(line)
passed = sum(result["status"] == "passed" for result in results)
assert passed > len(KNOWN), "hardly a test passed"
print(f"open-responses: {passed} of {len(results)} tests passed, {wrong} failed without excuse")
sys.exit(wrong > 0)
