#!/usr/bin/env python3
"""Writes the prompts that Kiln's own proofs and benches use: short held-out chats, as evenly over their kinds as comes.

    python held_out.py > held-out.json

They are of the seed of `evaluate.py`, so that no lesson of the training held them. No package is needed.
"""

import json

from lessons.mix import chats
from lessons.render import render

SEED = 3_000_000_000
"""`HELD_OUT` of `evaluate.py`."""
COUNT = 200
SHORT, WITH_TOOLS = 400, 1200
"""Most characters of a prompt, and of one that offers tools."""


def prompts():
    """Prompts by turns of each kind."""
    by_kind = {}
    for chat in chats(SEED, 4096):
        text = "".join(piece for piece, _ in render(chat, last=False))
        if len(text) <= (WITH_TOOLS if chat.tools else SHORT):
            by_kind.setdefault(chat.kind, []).append(text)
    kinds = sorted(by_kind)
    return [by_kind[kinds[at % len(kinds)]][at // len(kinds)] for at in range(COUNT)]


if __name__ == "__main__":
    print("[\n" + ",\n".join(json.dumps(text, ensure_ascii=False) for text in prompts()) + "\n]")
