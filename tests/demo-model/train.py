#!/usr/bin/env python3
"""Trains the target. Late steps see the weights as the packed format rounds them (straight-through), so
that packing changes nothing in the end.

    python train.py --steps N [--minutes M] --state FILE --out DIRECTORY

Begins where FILE ends, if there is one, and stops after N steps or M minutes. In DIRECTORY it leaves
`target.safetensors` in BF16, in parts of 15 MB: concatenated they are one file.
"""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save

import tokens
from config import token
from model import Sizes, Target, same_text
from muon import Optimizer
from quantise import rounded
from stream import Batches, Shards

SEED = 1_000_000
"""Shard n is made from the seed SEED + n; every other use of chats takes its seeds elsewhere."""
PART = 15_000_000


def packed_weights(model):
    """The weights that are stored in 4 bits: every linear layer but the projections to beta and decay."""
    return [m.weight for n, m in model.named_modules() if n.endswith("_proj") or n.endswith("in_proj_qkv") or n.endswith("in_proj_z")]


def schedule(step, steps, warm=150, cool=0.5):
    """Scale of the rates: up, level, and linearly down over the last part."""
    return min(1.0, (step + 1) / warm, max(0.02, (steps - step) / (steps * cool)))


def loss_of(h, embedding, ids, text, weight):
    """Weighted surprise of the next tokens, of what the assistant says alone, and the share of its tokens that are the likeliest."""
    logits = F.linear(h[:, :-1], embedding.to(h.dtype)).float()
    labels = ids[:, 1:]
    w = weight[:, 1:] * (text[:, 1:] == text[:, :-1])
    each = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view_as(w)
    said = (w >= 1).float()
    right = (logits.argmax(-1) == labels).float()
    return (each * w).sum() / w.sum(), (each * said).sum() / said.sum(), (right * said).sum() / said.sum()


class Rounding:
    """Swaps weights for their rounded values and back."""

    def __init__(self, parameters):
        self.stacks = {}
        for p in parameters:
            self.stacks.setdefault(tuple(p.shape), []).append(p)
        self.kept = None

    @torch.no_grad()
    def on(self):
        self.kept = {shape: torch.stack(list(ps)) for shape, ps in self.stacks.items()}
        for shape, ps in self.stacks.items():
            torch._foreach_copy_(ps, list(_round(self.kept[shape]).unbind(0)))

    @torch.no_grad()
    def off(self):
        for shape, ps in self.stacks.items():
            torch._foreach_copy_(ps, list(self.kept[shape].unbind(0)))


def _round(w):
    return rounded(w.flatten(0, 1)).view_as(w)


def write_parts(out, name, tensors):
    """One safetensors file in parts."""
    Path(out).mkdir(parents=True, exist_ok=True)
    data = save({k: v.detach().cpu().contiguous() for k, v in tensors.items()})
    for at in range(0, len(data), PART):
        (Path(out) / f"{name}.{at // PART}").write_bytes(data[at : at + PART])


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--steps", type=int, required=True)
    a.add_argument("--minutes", type=float, default=1e9)
    a.add_argument("--rounding", type=float, default=0.6, help="share of the steps before weights are rounded")
    a.add_argument("--rows", type=int, default=64)
    a.add_argument("--workers", type=int, default=14)
    a.add_argument("--begin", help="a target.safetensors to begin with, with fresh momenta")
    a.add_argument("--first", type=int, default=0, help="the first shard")
    a.add_argument("--peak", type=float, default=1.0, help="scales every rate")
    a.add_argument("--cool", type=float, default=0.5, help="share of the steps in which rates fall")
    a.add_argument("--state", default="state.pt")
    a.add_argument("--out", default="out")
    a = a.parse_args()
    began = time.time()
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = True
    device = "cuda" if torch.cuda.is_available() else "cpu"
    s = Sizes()
    model = Target(s).to(device)
    optimizer = Optimizer(model, 3e-3, 2e-3)
    step, first = 0, a.first
    if a.begin:
        model.load_state_dict({k: v.to(device) for k, v in load_file(a.begin).items()})
    if Path(a.state).exists():
        kept = torch.load(a.state, map_location=device, weights_only=True)
        model.load_state_dict(kept["model"])
        optimizer.load(kept["optimizer"])
        step, first = kept["step"], kept["shard"]
    rounding = Rounding(packed_weights(model))
    measure = loss_of
    if device == "cuda":
        torch._dynamo.config.recompile_limit = 64
        global _round
        _round, measure = torch.compile(_round), torch.compile(loss_of)
        for layer in model.layers:
            layer.compile()
    tokenizer = tokens.load(Path(__file__).parent / "model")
    batches = Batches(Shards(tokenizer, token(s, "<|endoftext|>"), SEED, first), a.rows, device, a.workers)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {sum(p.numel() for p in rounding.stacks and packed_weights(model)):,} of them packed", flush=True)
    shown, seen = time.time(), 0
    while step < a.steps and time.time() - began < a.minutes * 60:
        ids, text, place, weight = next(batches)
        rounds = step >= a.rounding * a.steps
        if rounds:
            rounding.on()
        h = model(ids, place, same_text(text, place))
        loss, said, right = measure(h, model.embed_tokens.weight, ids, text, weight)
        loss.backward()
        if rounds:
            rounding.off()
        torch.nn.utils.clip_grad_norm_(optimizer.adam.param_groups[0]["params"], 1.0)
        optimizer.step(a.peak * schedule(step, a.steps, cool=a.cool))
        model.zero_grad(set_to_none=True)
        step, seen = step + 1, seen + ids.numel()
        if step % 100 == 0 or step in (1, 10, 30):
            values = [loss.item(), said.item(), right.item()]
            speed = seen / (time.time() - shown)
            print(f"step {step} loss {values[0]:.4f} said {values[1]:.4f} right {values[2]:.4f} {'rounded' if rounds else ''} {speed / 1e3:.0f}k tokens/s {time.time() - began:.0f} s", flush=True)
            shown, seen = time.time(), 0
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state(), "step": step, "shard": batches.shard}, a.state)
    write_parts(a.out, "target.safetensors", {k: v.bfloat16() for k, v in model.state_dict().items()})
    print(f"stopped at step {step} of {a.steps}, shard {batches.shard}, {torch.cuda.max_memory_allocated() / 2**30 if device == 'cuda' else 0:.1f} GiB", flush=True)


if __name__ == "__main__":
    main()
