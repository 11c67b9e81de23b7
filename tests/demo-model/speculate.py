"""Blocks of the drafter over rows of several texts: what they see, what they guess, how much of it a target keeps."""

import torch

from config import PADDING, token
from model import same_text
from stream import HEARD, SAID, pack

ROW = 1280


def masks(d, text, place, anchors, size):
    """Places of the blocks' rows [b, r * size], and what they see of context and blocks, one mask a layer.

    A block begins at its anchor, a token whose features are not yet known: it sees the features of the
    tokens before it. Full layers see their whole block; sliding ones what is behind, within the window.
    """
    steps = torch.arange(size, device=text.device)
    start = place.gather(1, anchors)
    at = (start[..., None] + steps).flatten(1)
    start, owner = (t.repeat_interleave(size, 1)[..., None] for t in (start, text.gather(1, anchors)))
    context = (owner == text[:, None]) & (place[:, None] < start)
    number = torch.arange(anchors.shape[1], device=text.device).repeat_interleave(size)
    block = (number[:, None] == number[None, :]).expand(len(text), -1, -1)
    near = at[..., None] - place[:, None] < d.window
    full = torch.cat([context, block], 2)[:, None]
    sliding = torch.cat([context & near, block.tril()], 2)[:, None]
    return at, [full if kind == "full_attention" else sliding for kind in d.kinds]


def guess(target, drafter, ids, text, place, features, anchors, size, dtype):
    """Hidden states [b, r, size - 1, hidden] of the rows that guess."""
    at, seen = masks(drafter.d, text, place, anchors, size)
    rows = torch.full((*anchors.shape, size), token(target.s, "<|audio_start|>"), device=ids.device)
    rows[..., 0] = ids.gather(1, anchors)
    h = target.embed_tokens(rows.flatten(1)).to(dtype)
    h = drafter(h, at, drafter.context(features), place, seen)
    return h.unflatten(1, (-1, size))[:, :, 1:]


@torch.no_grad()
def _runs(target, drafter, batch, n, dtype):
    """For each token that the target said: how many of n guesses after it are what the target said."""
    ids, text, place, weight = batch
    legal = target.s.vocabulary - PADDING
    _, features = target(ids, place, same_text(text, place), dtype, drafter.d.features)
    said = weight >= SAID
    counts = said.sum(1)
    # The places of what was said, first in each row; rows with fewer of them repeat their first place.
    order = said.float().sort(dim=1, descending=True, stable=True).indices[:, : int(counts.max())]
    order = torch.where(torch.arange(order.shape[1], device=ids.device) < counts[:, None], order, order[:, :1])
    runs = torch.zeros_like(ids)
    for part in order.split(32, 1):
        h = guess(target, drafter, ids, text, place, features, part, n + 1, dtype)
        tokens = target.logits(h)[..., :legal].argmax(-1)
        there = part[..., None] + torch.arange(1, n + 1, device=ids.device)
        inside = there < ids.shape[1]
        there = there.clamp(max=ids.shape[1] - 1).flatten(1)
        same = (text.gather(1, there) == text.gather(1, part).repeat_interleave(n, 1)).view_as(tokens) & inside
        right = (ids.gather(1, there).view_as(tokens) == tokens) & same & (weight.gather(1, there).view_as(tokens) >= SAID)
        runs.scatter_(1, part, right.long().cumprod(-1).sum(-1))
    return runs


def acceptance(target, drafter, prompts, said, n, rows=16):
    """What greedy speculation with n guesses gives on texts that the target wrote."""
    device = target.embed_tokens.weight.device
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    texts = [(p + s, [HEARD] * len(p) + [SAID] * len(s)) for p, s in zip(prompts, said) if len(s) > 1]
    packed = pack(texts, token(target.s, "<|endoftext|>"), ROW)
    cycles = accepted = emitted = 0
    places = torch.zeros(n)
    for at in range(0, len(packed[0]), rows):
        ids, text, place, weight = batch = [t[at : at + rows].to(device).long() if t.dtype != torch.float32 else t[at : at + rows].to(device) for t in packed]
        runs = _runs(target, drafter, batch, n, dtype).cpu()
        text, spoken = text.cpu(), (weight >= SAID).cpu()
        for row in range(len(runs)):
            for number in range(int(text[row].max()) + 1):
                where = (spoken[row] & (text[row] == number)).nonzero().flatten().tolist()
                if len(where) < 2:
                    continue
                here, end = where[0], where[-1]
                while here < end:
                    run = int(runs[row, here])
                    accepted += min(run, end - here)
                    places[: min(run, end - here)] += 1
                    emitted += min(run + 1, end - here)
                    cycles += 1
                    here += run + 1
    return {
        "accepted per cycle": round(accepted / cycles, 4), "tokens per cycle": round(emitted / cycles, 4), "cycles": cycles,
        "accepted by place": [round(v, 3) for v in (places / cycles).tolist()],
    }
