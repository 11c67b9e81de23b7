#!/usr/bin/env python3
"""Trains the tokenizer on chats of the lessons, or loads it.

    python tokens.py OUTPUT_DIRECTORY
"""

import json
import re
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from config import PADDING, SPECIAL, VISIBLE, token
from lessons.mix import chats
from lessons.render import render
from model import Sizes

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How text is split before merges: letters with marks, single digits, signs, white space."""
SEED, CHATS = 77, 40_000


def train(sizes):
    """A tokenizer with as many tokens as the vocabulary has room for."""
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERN), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    made.decoder = decoders.ByteLevel()
    room = sizes.vocabulary - PADDING - len(SPECIAL)
    trainer = trainers.BpeTrainer(vocab_size=room, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    marks = re.compile("|".join(map(re.escape, SPECIAL)))
    texts = (part for chat in chats(SEED, CHATS) for piece, _ in render(chat) for part in marks.split(piece) if part)
    made.train_from_iterator(texts, trainer)
    assert made.get_vocab_size() == room, made.get_vocab_size()
    made.add_tokens([AddedToken(text, special=text not in VISIBLE, normalized=False) for text in SPECIAL])
    assert made.token_to_id("<|im_end|>") == token(sizes, "<|im_end|>")
    return made


def settings(sizes):
    """`tokenizer_config.json`."""
    added = {
        str(token(sizes, text)): {"content": text, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": text not in VISIBLE}
        for text in SPECIAL
    }
    return {
        "add_prefix_space": False, "added_tokens_decoder": added, "bos_token": None, "clean_up_tokenization_spaces": False, "eos_token": "<|im_end|>",
        "errors": "replace", "model_max_length": sizes.context, "pad_token": "<|endoftext|>", "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer", "unk_token": None,
    }


def load(directory):
    return Tokenizer.from_file(str(Path(directory) / "tokenizer.json"))


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    train(Sizes()).save(str(out / "tokenizer.json"), pretty=False)
    (out / "tokenizer_config.json").write_text(json.dumps(settings(Sizes()), indent=2) + "\n")
