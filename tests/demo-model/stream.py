"""Chats as rows of tokens: several texts a row, made by worker processes from seeds, the same in every run."""

import random

import torch

from lessons import mix
from lessons.render import render

ROW = 1024
SAID, HEARD = 1.0, 0.1
"""Weight in the loss of what the assistant says after the last question, and of everything else."""


def encode(tokenizer, pieces_of_chats):
    """(tokens, weights) of each chat, from its pieces."""
    flat = [piece for pieces in pieces_of_chats for piece in pieces]
    ids = iter(tokenizer.encode_batch([text for text, _ in flat], add_special_tokens=False))
    texts = []
    for pieces in pieces_of_chats:
        tokens, weights = [], []
        for _, said in pieces:
            part = next(ids).ids
            tokens += part
            weights += [SAID if said else HEARD] * len(part)
        texts.append((tokens, weights))
    return texts


def pack(texts, filler, row=ROW):
    """Rows of `row` tokens: ids, number of the text, place in it, weight. A text is never cut; room left over is a text of fillers."""
    open_rows, rows = [], []
    for tokens, weights in texts:
        if len(tokens) > row:
            continue
        fit = next((r for r in open_rows if r[0] + len(tokens) <= row), None)
        if fit is None:
            fit = [0, []]
            rows.append(fit)
            open_rows.append(fit)
        fit[0] += len(tokens)
        fit[1].append((tokens, weights))
        if fit[0] > row - 48:
            open_rows.remove(fit)
        elif len(open_rows) > 24:
            open_rows.pop(0)
    ids = torch.full((len(rows), row), filler, dtype=torch.int16)
    text, place = torch.zeros_like(ids), torch.zeros_like(ids)
    weight = torch.zeros(len(rows), row)
    for n, (used, parts) in enumerate(rows):
        at = 0
        for number, (tokens, weights) in enumerate(parts):
            end = at + len(tokens)
            ids[n, at:end] = torch.tensor(tokens, dtype=torch.int16)
            text[n, at:end] = number
            place[n, at:end] = torch.arange(len(tokens), dtype=torch.int16)
            weight[n, at:end] = torch.tensor(weights)
            at = end
        text[n, at:] = len(parts)
        place[n, at:] = torch.arange(row - at, dtype=torch.int16)
    return ids, text, place, weight


class Shards(torch.utils.data.Dataset):
    """Shard number n holds the chats of seed `base + n`."""

    def __init__(self, tokenizer, filler, base, first, chats=1024):
        self.tokenizer, self.filler, self.base, self.first, self.chats = tokenizer, filler, base, first, chats

    def __len__(self):
        return 1 << 30

    def __getitem__(self, n):
        chats = mix.chats(self.base + self.first + n, self.chats)
        texts = encode(self.tokenizer, [render(chat) for chat in chats])
        random.Random(n).shuffle(texts)
        return pack(texts, self.filler)


class Batches:
    """Endless batches of rows on a device; `shard` counts the shards used up."""

    def __init__(self, shards, rows, device, workers):
        self.shard, self.rows, self.device = shards.first, rows, device
        self.loader = iter(torch.utils.data.DataLoader(
            shards, batch_size=None, sampler=range(1 << 24), num_workers=workers, prefetch_factor=4 if workers else None, persistent_workers=workers > 0,
        ))
        self.left = None

    def __next__(self):
        while self.left is None or len(self.left[0]) < self.rows:
            new = next(self.loader)
            self.shard += 1
            self.left = new if self.left is None else [torch.cat(pair) for pair in zip(self.left, new)]
        batch, self.left = [t[: self.rows] for t in self.left], [t[self.rows :] for t in self.left]
        ids, text, place, weight = (t.to(self.device, non_blocking=True) for t in batch)
        return ids.long(), text.long(), place.long(), weight
