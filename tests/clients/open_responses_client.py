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

# This version of the suite has other names for two events than OpenAI's API, all its clients and the
# suite's own later schema: a server cannot send both.
SCHEMAS = "src/generated/kubb/zod"
RENAMED = {
    "responseReasoningDeltaStreamingEventSchema.ts": ("response.reasoning.delta", "response.reasoning_text.delta"),
    "responseReasoningDoneStreamingEventSchema.ts": ("response.reasoning.done", "response.reasoning_text.done"),
}


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
for result in results:
    print(f"{result['status']:8} {result['id']}", *(error[:400] for error in result.get("errors") or ()), sep="\n    ")
passed = sum(result["status"] == "passed" for result in results)
print(f"open-responses: {passed} of {len(results)} tests passed")
sys.exit(not results or passed < len(results))
