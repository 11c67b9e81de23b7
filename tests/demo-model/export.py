#!/usr/bin/env python3
"""Writes the checkpoint: the target packed to 4 bits, the drafter in BF16, their configurations.

    python export.py TARGET.safetensors [DRAFTER.safetensors] --out DIRECTORY
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from config import drafter_config, generation_config, target_config
from model import DraftSizes, Drafter, Sizes, Target
from quantise import dequantise, pack, quantise
from train import packed_weights

PREFIX = "model.language_model."


def packed(model):
    """Tensors of a target's checkpoint, by name."""
    four_bits = {id(p) for p in packed_weights(model)}
    tensors = {}
    for name, p in model.named_parameters():
        if id(p) in four_bits:
            module = name.removesuffix(".weight")
            tensors |= {f"{PREFIX}{module}.{suffix}": t for suffix, t in pack(*quantise(p.data)).items()}
        else:
            tensors[PREFIX + name] = p.data.bfloat16()
    return {k: v.cpu().contiguous() for k, v in tensors.items()}


def unpacked(tensors):
    """The state of a target from a checkpoint's tensors, in f32."""
    state = {}
    for name, tensor in tensors.items():
        plain = name.removeprefix(PREFIX)
        module, _, suffix = plain.rpartition(".")
        if suffix == "weight_packed":
            parts = {k: tensors[f"{PREFIX}{module}.{k}"] for k in ("weight_packed", "weight_scale", "weight_zero_point")}
            state[f"{module}.weight"] = dequantise(parts)
        elif not suffix.startswith("weight_"):
            state[plain] = tensor.float()
    return state


def read_target(directory, device="cpu"):
    """The target of a written checkpoint."""
    model = Target(Sizes())
    model.load_state_dict(unpacked(load_file(Path(directory) / "model.safetensors")))
    return model.to(device).eval().requires_grad_(False)


def read_drafter(directory, device="cpu"):
    """The drafter of a written checkpoint."""
    model = Drafter(Sizes(), DraftSizes())
    model.load_state_dict({k: v.float() for k, v in load_file(Path(directory) / "drafter" / "model.safetensors").items()})
    return model.to(device).eval().requires_grad_(False)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


def write_target(out, model):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    save_file(packed(model), out / "model.safetensors", metadata={"format": "pt"})
    write_json(out / "config.json", target_config(model.s))
    write_json(out / "generation_config.json", generation_config(model.s))
    source = Path(__file__).parent / "chat_template.jinja"
    shutil.copyfile(source, out / "chat_template.jinja")


def write_drafter(out, drafter):
    out = Path(out) / "drafter"
    out.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.bfloat16().cpu().contiguous() for k, v in drafter.state_dict().items()}
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    write_json(out / "config.json", drafter_config(drafter.s, drafter.d))


def main():
    a = argparse.ArgumentParser()
    a.add_argument("target")
    a.add_argument("drafter", nargs="?")
    a.add_argument("--out", required=True)
    a = a.parse_args()
    model = Target(Sizes())
    model.load_state_dict({k: v.float() for k, v in load_file(a.target).items()})
    write_target(a.out, model)
    if a.drafter:
        drafter = Drafter(Sizes(), DraftSizes())
        drafter.load_state_dict({k: v.float() for k, v in load_file(a.drafter).items()})
        write_drafter(a.out, drafter)
    files = [f for f in Path(a.out).rglob("*") if f.is_file()]
    print(f"{sum(f.stat().st_size for f in files):,} bytes in {len(files)} files")


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    main()
