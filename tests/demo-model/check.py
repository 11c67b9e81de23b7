#!/usr/bin/env python3
"""Compares this folder's own code with independent implementations, on the CPU in f32:

* the model with transformers' `qwen3_5`, with random weights and rows of several texts;
* decoding token by token with one pass over all tokens;
* the shipped drafter with the package `dflash`, if it is installed, on a chat longer than its window;
* the rendering of chats with `chat_template.jinja`;
* packing to nibbles with `compressed-tensors`, if it is installed.

    pip install torch transformers==5.24.0 jinja2 tokenizers dflash==0.1.0
    python check.py
"""

import json
from pathlib import Path

import jinja2
import torch
from transformers import DynamicCache
from transformers.models.qwen3.modeling_qwen3 import Qwen3Config
from transformers.models.qwen3_5.configuration_qwen3_5 import Qwen3_5TextConfig
from transformers.models.qwen3_5.modeling_qwen3_5 import Qwen3_5ForCausalLM

import tokens
from config import text_config
from decode import Decoder
from export import read_drafter, read_target
from lessons.mix import chats
from lessons.render import render
from model import Sizes, Target, same_text
from quantise import dequantise, pack, quantise
from speculate import guess


def near(what, got, want, bound):
    error = ((got - want).norm() / want.norm()).item()
    print(f"{what}: relative difference {error:.2e}")
    assert error < bound, what


def model():
    torch.manual_seed(1)
    s = Sizes(vocabulary=320, hidden=96, intermediate=128, layers=4)
    ours = Target(s).eval()
    for name, p in ours.named_parameters():
        if "norm" in name or "dt_bias" in name:
            p.data += 0.2 * torch.randn_like(p)
    kept = {k: v for k, v in text_config(s).items() if k not in ("attn_output_gate", "output_gate_type", "mamba_ssm_dtype", "full_attention_interval", "dtype")}
    config = Qwen3_5TextConfig(**{k: v for k, v in kept.items() if not k.startswith("mtp_")})
    theirs = Qwen3_5ForCausalLM._from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
    state = {f"model.{k}": v for k, v in ours.state_dict().items()}
    theirs.load_state_dict({**state, "lm_head.weight": ours.embed_tokens.weight.data}, strict=True)
    lengths = [75, 120, 61]
    texts = [torch.randint(0, 320, (n,)) for n in lengths]
    ids = torch.cat(texts)[None]
    place = torch.cat([torch.arange(n) for n in lengths])[None]
    text = torch.cat([torch.full((n,), at) for at, n in enumerate(lengths)])[None]
    with torch.no_grad():
        got, features = ours(ids, place, same_text(text, place), torch.float32, (1, 2))
        got = ours.logits(got)[0].split(lengths)
        for at, one in enumerate(texts):
            out = theirs(input_ids=one[None], output_hidden_states=True)
            near(f"text {at} of {lengths[at]} tokens against transformers", got[at], out.logits[0], 1e-5)
            want = torch.cat([out.hidden_states[2], out.hidden_states[3]], -1)[0]
            near("its features", features[0].split(lengths)[at], want, 1e-5)
        decoder = Decoder(ours, 2, 64, torch.float32)
        both = torch.stack([texts[0][:60], texts[1][:60]])
        steps = torch.stack([decoder.step(both[:, at]).clone() for at in range(60)], 1)
        near("decoding", steps, torch.stack([got[0][:60], got[1][:60]]), 1e-5)


def template():
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = lambda x: json.dumps(x, ensure_ascii=False)
    source = (Path(__file__).parent / "chat_template.jinja").read_text()
    compiled = environment.from_string(source)
    for chat in chats(5, 3000):
        messages = [
            {"role": m.role, "content": m.content} | ({"reasoning_content": m.reasoning} if m.reasoning else {})
            | ({"tool_calls": [{"type": "function", "function": {"name": c.name, "arguments": c.arguments}} for c in m.calls]} if m.calls else {})
            for m in chat.messages
        ]
        if not chat.thinking:
            for m in messages:
                m.pop("reasoning_content", None)
        pieces = render(chat)
        rendered = compiled.render(messages=messages, tools=chat.tools or None)
        want = "".join(p for p, _ in pieces)
        assert rendered == want, (rendered, want)
        prompt = compiled.render(messages=messages[:-1], tools=chat.tools or None, add_generation_prompt=True, enable_thinking=chat.thinking)
        assert prompt == "".join(p for p, _ in render(chat, last=False))
    print("template: 3000 chats rendered alike")


def drafter():
    try:
        from dflash.model import DFlashDraftModel
    except ImportError:
        return
    here = Path(__file__).parent / "model"
    target, ours, tokenizer = read_target(here), read_drafter(here), tokens.load(here)
    fields = json.loads((here / "drafter" / "config.json").read_text())
    config = Qwen3Config(**{k: v for k, v in fields.items() if k not in ("architectures", "dtype")})
    config._attn_implementation = "sdpa"
    theirs = DFlashDraftModel(config).float().eval()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    texts = ("".join(p for p, _ in render(chat)) for chat in chats(6, 400))
    ids = next(e for e in (tokenizer.encode(t, add_special_tokens=False).ids for t in texts) if 384 <= len(e) < 600)[:384]
    row, place = torch.tensor([ids]), torch.arange(384)[None]
    text = torch.zeros_like(row)
    _, features = target(row, place, same_text(text, place), torch.float32, ours.d.features)
    for start, size in [(300, 16), (330, 9), (40, 16)]:
        got = guess(target, ours, row, text, place, features, torch.tensor([[start]]), size, torch.float32)[0, 0]
        block = torch.tensor([[ids[start]] + [theirs.mask_token_id] * (size - 1)])
        want = theirs(
            target_hidden=features[:, :start], noise_embedding=target.embed_tokens(block),
            position_ids=torch.arange(start + size)[None], past_key_values=DynamicCache(config=config), use_cache=True,
        )[0, 1:]
        near(f"drafter after {start} tokens, {size} rows, against dflash", got, want, 1e-5)


def nibbles():
    torch.manual_seed(2)
    w = torch.randn(24, 96)
    codes, scale, zero = quantise(w)
    packed = pack(codes, scale, zero)
    again = dequantise(packed)
    error = (again - w).abs().max() / (w.view(24, 3, 32).amax(-1) - w.view(24, 3, 32).amin(-1)).max()
    print(f"nibbles: largest error {error:.3f} of a group's range")
    assert error < 0.6 / 15
    try:
        from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32
    except ImportError:
        return
    want = pack_to_int32((codes - 8).to(torch.int8), 4)
    assert torch.equal(packed["weight_packed"], want)
    print("nibbles: packed as compressed-tensors packs them")


if __name__ == "__main__":
    template()
    nibbles()
    model()
    with torch.no_grad():
        drafter()
