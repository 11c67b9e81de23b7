#!/usr/bin/env python3
"""Judges a written checkpoint on chats that training never saw, greedily.

    python evaluate.py --model DIRECTORY [--chats 4096] [--drafter] [--json FILE]
"""

import argparse
import json
import random
from collections import defaultdict

import torch

import tokens
from config import PADDING, stops
from decode import Decoder, complete
from export import read_drafter, read_target
from judge import judge, well_formed
from lessons.calls import unseen
from lessons.mix import chats
from lessons.render import render
from lessons.tools import WRITTEN_TOOLS
from speculate import acceptance

HELD_OUT = 3_000_000_000
"""Seed of the held-out chats."""
CONTEXT, MOST = 1280, 320


def answers(model, tokenizer, prompts, batch, heat=0.0, generator=None):
    """What the model says to each prompt, as tokens; prompts of like length share a batch."""
    device = model.embed_tokens.weight.device
    order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
    decoder = Decoder(model, min(batch, len(prompts)), CONTEXT, torch.bfloat16 if device.type == "cuda" else torch.float32)
    said = [None] * len(prompts)
    legal = model.s.vocabulary - PADDING
    for at in range(0, len(order), decoder.batch):
        part = order[at : at + decoder.batch]
        for n, text in zip(part, complete(decoder, [prompts[n] for n in part], MOST, stops(model.s), legal, heat, generator)):
            said[n] = text
    return said


def encode_prompts(tokenizer, held):
    texts = ["".join(p for p, _ in render(chat, last=False)) for chat in held]
    return [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--model", required=True)
    a.add_argument("--chats", type=int, default=4096)
    a.add_argument("--batch", type=int, default=1024)
    a.add_argument("--drafter", action="store_true")
    a.add_argument("--json")
    a.add_argument("--wrong", type=int, default=12, help="how many wrong answers to show")
    a = a.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = True
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model, tokenizer = read_target(a.model, device), tokens.load(a.model)
    held = chats(HELD_OUT, a.chats)
    rng = random.Random(HELD_OUT + 1)
    held += [unseen(rng, rng.random() < 0.5) for _ in range(a.chats // 8)]
    prompts = encode_prompts(tokenizer, held)
    said = answers(model, tokenizer, prompts, a.batch)
    written = {t.name for t in WRITTEN_TOOLS}
    counts, formed, wrong = defaultdict(lambda: [0, 0]), [0, 0], []
    for chat, ids in zip(held, said):
        text = tokenizer.decode(ids, skip_special_tokens=False)
        right = judge(chat, text)
        if right is None:
            continue
        names = [f"{chat.kind}", f"{chat.kind}, thinking {'on' if chat.thinking else 'off'}"]
        if chat.kind == "calls":
            drawn = any(c.name not in written for c in chat.messages[-1].calls)
            names.append("calls, " + ("with drawn tools" if drawn else "of written tools alone"))
            names.append("calls, " + ("one" if len(chat.messages[-1].calls) == 1 else "several"))
            formed[0] += well_formed(chat, text)
            formed[1] += 1
        for name in names + ["all"] * (chat.kind != "unseen tools"):
            counts[name][0] += right
            counts[name][1] += 1
        if not right:
            wrong.append((chat, text))
    table = {name: {"right": r, "of": n, "share": round(r / n, 4)} for name, (r, n) in sorted(counts.items())}
    table["calls, well-formed"] = {"right": formed[0], "of": formed[1], "share": round(formed[0] / max(1, formed[1]), 4)}
    for chat, text in wrong[: a.wrong]:
        print("----", chat.kind, repr(chat.messages[-2].content[-200:]), "\n  wanted", repr(chat.messages[-1].content or chat.messages[-1].calls), "\n  said", repr(text))
    for name, row in table.items():
        print(f"{name:42} {row['right']:5} of {row['of']:5}  {100 * row['share']:6.2f} %")
    result = {"seed": HELD_OUT, "chats": a.chats, "tasks": table}
    if a.drafter:
        drafter = read_drafter(a.model, device)
        result["acceptance"] = {str(n): acceptance(model, drafter, prompts[: a.chats // 4], said[: a.chats // 4], n) for n in (1, 4, 8, 15)}
        for n, row in result["acceptance"].items():
            print(f"draft length {n}: {row['accepted per cycle']:.2f} accepted, {row['tokens per cycle']:.2f} tokens a cycle, by place {row['accepted by place']}")
    if a.json:
        with open(a.json, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
