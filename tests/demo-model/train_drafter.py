#!/usr/bin/env python3
"""Trains the drafter on features of a written target: on the lessons' chats first, then on what the target itself says.

    python train_drafter.py --model DIRECTORY --steps N [--minutes M] --out DIRECTORY

Of each row of texts some tokens that the assistant said are drawn as anchors; the block after each is
guessed at once. A guess far from its anchor counts less, since it is kept only if all before it are.
"""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

import tokens
from config import token
from evaluate import answers, encode_prompts
from export import read_target, write_drafter
from lessons.mix import chats
from model import DraftSizes, Drafter, Sizes, same_text
from muon import Optimizer
from speculate import guess
from stream import HEARD, SAID, Batches, Shards, pack
from train import write_parts

GOLD, OWN = 1_500_000_000, 2_000_000_000
"""Seeds of the chats of either part."""
DECAY = 7.0
"""A guess i places from its anchor counts exp(-(i - 1) / DECAY)."""


def anchors_of(text, weight, count):
    """Places of tokens that the assistant said and that it did not end with."""
    good = (weight[:, :-1] >= SAID) & (weight[:, 1:] >= SAID) & (text[:, :-1] == text[:, 1:])
    return torch.multinomial(good.float() + 1e-6, count, replacement=True)


def loss_of(h, embedding, ids, text, weight, anchors):
    """Weighted surprise of the tokens after the anchors, and how many of them would be kept."""
    n = h.shape[2]
    there = anchors[..., None] + torch.arange(1, n + 1, device=ids.device)
    inside = there < ids.shape[1]
    flat = there.clamp(max=ids.shape[1] - 1).flatten(1)
    labels = ids.gather(1, flat).view_as(there)
    good = inside & (weight.gather(1, flat).view_as(there) >= SAID) & (text.gather(1, flat).view_as(there) == text.gather(1, anchors)[..., None])
    logits = F.linear(h, embedding.to(h.dtype)).float()
    w = good * torch.exp(-torch.arange(n, device=ids.device) / DECAY)
    each = F.cross_entropy(logits.flatten(0, 2), labels.flatten(), reduction="none").view_as(w)
    kept = ((logits.argmax(-1) == labels) & good).float().cumprod(-1).sum(-1)
    some = good[..., 0]
    return (each * w).sum() / w.sum(), (kept * some).sum() / some.sum()


def own_rows(target, tokenizer, count):
    """Rows of chats that end with what the target says, most of it greedy."""
    held = chats(OWN, count)
    prompts = encode_prompts(tokenizer, held)
    cut = int(0.75 * count)
    said = answers(target, tokenizer, prompts[:cut], 2048) + answers(target, tokenizer, prompts[cut:], 2048, 0.8)
    texts = [(p + s, [HEARD] * len(p) + [SAID] * len(s)) for p, s in zip(prompts, said)]
    return pack(texts, token(target.s, "<|endoftext|>"))


class Own:
    """Batches of given rows, shuffled anew in each round."""

    def __init__(self, packed, rows, device):
        self.packed, self.rows, self.device, self.order = packed, rows, device, torch.empty(0, dtype=torch.int64)

    def __next__(self):
        if len(self.order) < self.rows:
            self.order = torch.randperm(len(self.packed[0]))
        now, self.order = self.order[: self.rows], self.order[self.rows :]
        ids, text, place, weight = (t[now].to(self.device) for t in self.packed)
        return ids.long(), text.long(), place.long(), weight


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--model", required=True)
    a.add_argument("--steps", type=int, default=6000)
    a.add_argument("--own", type=float, default=0.45, help="share of the steps, at the end, on the target's own texts")
    a.add_argument("--own-chats", type=int, default=40960)
    a.add_argument("--rows", type=int, default=32)
    a.add_argument("--anchors", type=int, default=48)
    a.add_argument("--workers", type=int, default=14)
    a.add_argument("--minutes", type=float, default=1e9, help="of training; the schedule is shortened to fit")
    a.add_argument("--begin", help="a drafter.safetensors to begin with, with fresh momenta")
    a.add_argument("--peak", type=float, default=1.0, help="scales every rate")
    a.add_argument("--out", required=True)
    a = a.parse_args()
    began = time.time()
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = True
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    target, tokenizer = read_target(a.model, device), tokens.load(a.model)
    s, d = Sizes(), DraftSizes()
    drafter = Drafter(s, d).to(device)
    if a.begin:
        drafter.load_state_dict({k: v.to(device) for k, v in load_file(a.begin).items()})
    print(f"{sum(p.numel() for p in drafter.parameters()):,} parameters", flush=True)
    optimizer = Optimizer(drafter, 4e-3, 2e-3)
    measure = loss_of
    own = Own(own_rows(target, tokenizer, a.own_chats), a.rows, device)
    print(f"own chats written after {time.time() - began:.0f} s", flush=True)
    if device == "cuda":
        torch._dynamo.config.recompile_limit = 64
        measure = torch.compile(loss_of, dynamic=False)
        for layer in list(target.layers) + list(drafter.layers):
            layer.compile(dynamic=False)
    gold = Batches(Shards(tokenizer, token(s, "<|endoftext|>"), GOLD, 0), a.rows, device, a.workers)
    kept, done, step = [], 0.0, 0
    began = time.time()
    while done < 1:
        ids, text, place, weight = next(gold if done < 1 - a.own else own)
        with torch.no_grad():
            _, features = target(ids, place, same_text(text, place), dtype, d.features)
        size = (16, 16, 9)[step % 3]
        anchors = anchors_of(text, weight, a.anchors)
        h = guess(target, drafter, ids, text, place, features, anchors, size, dtype)
        loss, run = measure(h, target.embed_tokens.weight, ids, text, weight, anchors)
        loss.backward()
        optimizer.step(a.peak * min(1.0, (step + 1) / 100, max(0.02, (1 - done) / 0.7)))
        drafter.zero_grad(set_to_none=True)
        if size == 16:
            kept.append(run.detach())
        step += 1
        done = max(step / a.steps, (time.time() - began) / (60 * a.minutes))
        if step % 200 == 0 or step in (1, 20) or done >= 1:
            print(f"step {step} {'own' if done > 1 - a.own else 'gold'} loss {loss.item():.4f} kept of 15 {torch.stack(kept[-60:]).mean().item():.3f} {time.time() - began:.0f} s", flush=True)
    write_parts(a.out, "drafter.safetensors", {k: v.bfloat16() for k, v in drafter.state_dict().items()})
    write_drafter(Path(a.out), drafter)


if __name__ == "__main__":
    main()
