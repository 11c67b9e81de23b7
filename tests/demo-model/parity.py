#!/usr/bin/env python3
"""Compares Kiln with this folder's PyTorch code on held-out prompts: logits of every position, and the greedy text.

    kiln tune --unsearched --target HOST --model model --act f32 --exact --out demo.kiln
    python parity.py --kiln KILN --model model --bundle demo.kiln [--prompts 10] [--show]

The reference is computed in f32 from the packed checkpoint, unpacked by `quantise.py`.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file

import tokens
from config import PADDING
from evaluate import HELD_OUT
from export import read_target
from judge import judge
from lessons.mix import chats
from lessons.render import render
from model import CHUNK, same_text


def reference(model, ids):
    """Logits after each token; the row is filled up to whole chunks, which changes nothing before."""
    padded = ids + [0] * (-len(ids) % CHUNK)
    row, place = torch.tensor([padded]), torch.arange(len(padded))[None]
    h = model(row, place, same_text(torch.zeros_like(row), place), torch.float32)
    return model.logits(h)[0, : len(ids)]


def chosen(count):
    """Held-out chats, as evenly over their kinds as comes."""
    by_kind = {}
    for chat in chats(HELD_OUT, 400):
        if sum(len(p) for p, _ in render(chat)) < 2500:
            by_kind.setdefault(chat.kind, []).append(chat)
    picked = []
    for at in range(count):
        kinds = sorted(by_kind)
        picked.append(by_kind[kinds[at % len(kinds)]][at // len(kinds)])
    return picked


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--kiln", required=True)
    a.add_argument("--model", required=True)
    a.add_argument("--bundle", required=True)
    a.add_argument("--prompts", type=int, default=10)
    a.add_argument("--show", action="store_true")
    a = a.parse_args()
    model, tokenizer = read_target(a.model), tokens.load(a.model)
    legal = model.s.vocabulary - PADDING
    base = ["--model", a.model, "--bundle", a.bundle]
    worst, same, total, right = 0.0, 0, 0, 0
    for chat in chosen(a.prompts):
        prompt = tokenizer.encode("".join(p for p, _ in render(chat, last=False)), add_special_tokens=False).ids
        command = [a.kiln, "generate", *base, "--json", "--max-tokens", "320", "--tokens", ",".join(map(str, prompt))]
        out = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        written = out["tokens"]
        with tempfile.TemporaryDirectory() as folder:
            listed, logits = Path(folder) / "tokens.json", Path(folder) / "logits.safetensors"
            listed.write_text(json.dumps(prompt + written))
            subprocess.run([a.kiln, "eval", *base, "--tokens", str(listed), "--logits", str(logits)], check=True, capture_output=True)
            got = load_file(logits)["logits"]
        want = reference(model, prompt + written)
        error = ((got - want).norm() / want.norm()).item()
        said = want[len(prompt) - 1 : -1, :legal].argmax(-1).tolist()
        worst, same, total = max(worst, error), same + sum(x == y for x, y in zip(said, written)), total + len(written)
        text = tokenizer.decode(written, skip_special_tokens=False)
        verdict = judge(chat, text)
        right += verdict is not False
        print(f"{chat.kind:12} {len(prompt):4} + {len(written):3} tokens, logits differ by {error:.1e}, greedy text {'the same' if said == written else 'DIFFERS'}, {'right' if verdict else 'not judged' if verdict is None else 'WRONG'}")
        if a.show:
            print("   asked:", repr(chat.messages[max(n for n, m in enumerate(chat.messages) if m.role in ('user', 'tool'))].content), "\n   wrote:", repr(text))
    print(f"largest relative difference of a text's logits {worst:.1e}; {same} of {total} greedy tokens the same; {right} of {a.prompts} not wrong")


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    main()
