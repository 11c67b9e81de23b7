"""4 bits a weight in groups of 32 along the columns, with a zero point: the format `pack-quantized` of compressed-tensors."""

import torch

GROUP = 32


def groups(w):
    """[rows, columns] to [rows, groups, 32]."""
    return w.reshape(*w.shape[:-1], -1, GROUP)


def quantise(w):
    """Codes 0..15 [rows, columns], scales [rows, groups] that BF16 can hold, zero points 0..15."""
    g = groups(w.float())
    low, high = g.amin(-1).clamp(max=0), g.amax(-1).clamp(min=0)
    scale = ((high - low) / 15).clamp(min=1e-6).bfloat16().float()
    zero = (-low / scale).round().clamp(0, 15)
    codes = (g / scale[..., None] + zero[..., None]).round().clamp(0, 15)
    return codes.flatten(-2), scale, zero


def rounded(w):
    """The weights that the packed format gives back."""
    codes, scale, zero = quantise(w)
    return ((groups(codes) - zero[..., None]) * scale[..., None]).flatten(-2)


def _words(codes):
    """[rows, 8 n] of 0..15 to [rows, n] int32, low nibble first."""
    shifts = torch.arange(8, device=codes.device, dtype=torch.int64) * 4
    words = (codes.long().reshape(codes.shape[0], -1, 8) << shifts).sum(-1)
    return torch.where(words >= 2**31, words - 2**32, words).to(torch.int32)


def _nibbles(words):
    shifts = torch.arange(8, device=words.device, dtype=torch.int64) * 4
    return ((words.long()[..., None] >> shifts) & 15).flatten(-2)


def pack(codes, scale, zero):
    """The tensors of one layer, by their suffix. Zero points are packed along the rows."""
    return {
        "weight_packed": _words(codes),
        "weight_scale": scale.bfloat16(),
        "weight_zero_point": _words(zero.T).T.contiguous(),
        "weight_shape": torch.tensor(codes.shape, dtype=torch.int64),
    }


def dequantise(packed):
    """The weights in f32, from packed tensors alone."""
    codes = _nibbles(packed["weight_packed"]).float()
    zero = _nibbles(packed["weight_zero_point"].T.contiguous()).T.float()
    return ((groups(codes) - zero[..., None]) * packed["weight_scale"].float()[..., None]).flatten(-2)
