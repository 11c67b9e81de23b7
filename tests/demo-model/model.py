"""The architecture `qwen3_5` (text alone) and its DFlash drafter, in PyTorch.

Names of parameters are those of the published checkpoints. Rows hold several texts one after the
other: `place` is a token's position in its own text, 0 at each beginning, and nothing passes from one
text to the next. Linear attention works in chunks (the WY form): with G the running sum of a chunk's
log decays, D_ij = exp(G_i - G_j) for i >= j, and T = (I + tril(beta K K^T D, -1))^-1, a chunk takes the state S to
exp(G_C) S + sum_i exp(G_C - G_i) k_i d_i^T, where d = T (beta V) - T (beta exp(G) K) S.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from inverse import inverse

CHUNK = 64
FAR = -40.0
"""Log decay at the beginning of a text: nothing is left of what was before."""


@dataclass
class Sizes:
    """Sizes of the target."""

    vocabulary: int = 4096
    hidden: int = 384
    intermediate: int = 768
    layers: int = 12
    heads: int = 6
    kv_heads: int = 1
    head: int = 64
    rotary: int = 16
    theta: float = 1e5
    key_heads: int = 2
    value_heads: int = 6
    key_head: int = 64
    value_head: int = 64
    taps: int = 4
    epsilon: float = 1e-6
    context: int = 2048

    @property
    def keys(self):
        return self.key_heads * self.key_head

    @property
    def values(self):
        return self.value_heads * self.value_head


@dataclass
class DraftSizes:
    """Sizes of the drafter."""

    layers: int = 2
    intermediate: int = 768
    heads: int = 8
    kv_heads: int = 2
    head: int = 64
    theta: float = 1e5
    block: int = 16
    window: int = 256
    features: tuple = (2, 6, 10)
    """Layers of the target, counted from 0, after which the residual stream is read."""
    kinds: tuple = ("sliding_attention", "full_attention")


def norm(x, weight, epsilon, centre=1.0):
    """Root mean square norm in f32; the target stores its weights less one."""
    f = x.float()
    f = f * torch.rsqrt(f.square().mean(-1, keepdim=True) + epsilon)
    return (f * (centre + weight.float())).to(x.dtype)


def rotate(x, place, rotary, theta):
    """Rotary positions on the first dims of [..., rows, heads, head]; pairs are half the rotary dims apart."""
    half = rotary // 2
    rates = theta ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angles = place[..., None, None].float() * rates
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., :half].float(), x[..., half:rotary].float()
    turned = torch.cat([a * cos - b * sin, b * cos + a * sin], -1).to(x.dtype)
    return torch.cat([turned, x[..., rotary:]], -1)


def weight(*shape, scale=None):
    """A parameter drawn with the deviation that keeps magnitudes."""
    return nn.Parameter(torch.randn(*shape) * (scale if scale is not None else shape[-1] ** -0.5))


class Linear(nn.Module):
    """A linear layer without bias."""

    def __init__(self, rows, columns, scale=None):
        super().__init__()
        self.weight = weight(rows, columns, scale=scale)

    def forward(self, x):
        return F.linear(x, self.weight.to(x.dtype))


class Norm(nn.Module):
    """Holds the weight of a norm."""

    def __init__(self, size, value=0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full((size,), value))


class Mlp(nn.Module):
    """SwiGLU."""

    def __init__(self, hidden, inner, layers):
        super().__init__()
        self.gate_proj = Linear(inner, hidden)
        self.up_proj = Linear(inner, hidden)
        self.down_proj = Linear(hidden, inner, scale=(2 * layers * inner) ** -0.5)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Conv(nn.Module):
    """Taps of the depthwise convolution."""

    def __init__(self, channels, taps):
        super().__init__()
        self.weight = weight(channels, 1, taps, scale=taps**-0.5)

    def forward(self, x, place):
        taps = self.weight.shape[-1]
        w = self.weight[:, 0].to(x.dtype)
        y = x * w[:, -1]
        for back in range(1, taps):
            moved = F.pad(x, (0, 0, back, 0))[:, : x.shape[1]]
            y = y + moved * (place >= back)[..., None] * w[:, taps - 1 - back]
        return y


def delta(q, k, v, beta, g):
    """The gated delta rule in chunks, f32: q, k [b, t, key heads, dk], v [b, t, value heads, dv], beta, g [b, t, value heads]."""
    b, t, kh, dk = k.shape
    vh, dv = v.shape[2:]
    n = t // CHUNK

    def chunks(x):
        return x.reshape(b, n, CHUNK, x.shape[2], -1).permute(0, 3, 1, 2, 4)

    q, k, v = chunks(q), chunks(k), chunks(v)
    beta, total = chunks(beta)[..., 0], chunks(g)[..., 0].cumsum(-1)
    lower = torch.ones(CHUNK, CHUNK, dtype=torch.bool, device=q.device).tril()
    decay = (total[..., :, None] - total[..., None, :]).masked_fill(~lower, -torch.inf).exp()
    kk = (k @ k.mT).repeat_interleave(vh // kh, 1)
    qk = (q @ k.mT).repeat_interleave(vh // kh, 1)
    q, k = q.repeat_interleave(vh // kh, 1), k.repeat_interleave(vh // kh, 1)
    a = (kk * decay * beta[..., None]).masked_fill(~lower.tril(-1), 0.0)
    solved = inverse(a)
    u = solved @ (v * beta[..., None])
    w = solved @ (k * (beta * total.exp())[..., None])
    last = total[..., -1]
    kept = k * (last[..., None] - total).exp()[..., None]
    # A chunk takes the state S to M S + R.
    m = torch.eye(dk, device=q.device) * last.exp()[..., None, None] - kept.mT @ w
    r = kept.mT @ u
    m, r = m.unbind(2), r.unbind(2)
    state, states = torch.zeros(b, vh, dk, dv, device=q.device), []
    for at in range(n):
        states.append(state)
        state = torch.baddbmm(r[at].flatten(0, 1), m[at].flatten(0, 1), state.flatten(0, 1)).view(b, vh, dk, dv)
    states = torch.stack(states, 2)
    d = u - w @ states
    o = (q * total.exp()[..., None]) @ states + (qk * decay) @ d
    return o.permute(0, 2, 3, 1, 4).reshape(b, t, vh, dv)


def unit(x):
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + 1e-6)


class DeltaNet(nn.Module):
    """Linear attention: the gated delta rule behind a short convolution."""

    def __init__(self, s):
        super().__init__()
        self.s = s
        self.in_proj_qkv = Linear(2 * s.keys + s.values, s.hidden)
        self.in_proj_z = Linear(s.values, s.hidden)
        self.in_proj_b = Linear(s.value_heads, s.hidden)
        self.in_proj_a = Linear(s.value_heads, s.hidden)
        self.conv1d = Conv(2 * s.keys + s.values, s.taps)
        self.A_log = nn.Parameter(torch.linspace(0.5, 8.0, s.value_heads).log())
        self.dt_bias = nn.Parameter(torch.linspace(-4.0, -2.0, s.value_heads))
        self.norm = Norm(s.value_head, 1.0)
        self.out_proj = Linear(s.hidden, s.values, scale=(2 * s.layers * s.values) ** -0.5)

    def parts(self, mixed, a, b):
        """q, k, v, beta and log decay in f32 from what the convolution gives."""
        s = self.s
        q, k, v = F.silu(mixed.float()).split([s.keys, s.keys, s.values], -1)
        q = unit(q.unflatten(-1, (s.key_heads, s.key_head))) * s.key_head**-0.5
        k = unit(k.unflatten(-1, (s.key_heads, s.key_head)))
        g = -self.A_log.float().exp() * F.softplus(a.float() + self.dt_bias.float())
        return q, k, v.unflatten(-1, (s.value_heads, s.value_head)), b.float().sigmoid(), g

    def gated(self, o, z):
        """The gated norm of [..., value heads, value head]."""
        y = norm(o, self.norm.weight, self.s.epsilon, 0.0) * F.silu(z.float().view_as(o))
        return y.flatten(-2)

    def forward(self, x, place, mask):
        mixed = self.conv1d(self.in_proj_qkv(x), place)
        q, k, v, beta, g = self.parts(mixed, self.in_proj_a(x), self.in_proj_b(x))
        o = delta(q, k, v, beta, torch.where((place == 0)[..., None], FAR, g))
        return self.out_proj(self.gated(o, self.in_proj_z(x)).to(x.dtype))


class Attention(nn.Module):
    """Gated attention with shared keys and partly rotated heads."""

    def __init__(self, s):
        super().__init__()
        self.s = s
        self.q_proj = Linear(s.heads * s.head * 2, s.hidden)
        self.k_proj = Linear(s.kv_heads * s.head, s.hidden)
        self.v_proj = Linear(s.kv_heads * s.head, s.hidden)
        self.o_proj = Linear(s.hidden, s.heads * s.head, scale=(2 * s.layers * s.heads * s.head) ** -0.5)
        self.q_norm = Norm(s.head)
        self.k_norm = Norm(s.head)

    def parts(self, x, place):
        """Rotated queries and keys, values, and the gate, [..., heads, head]."""
        s = self.s
        q, gate = self.q_proj(x).unflatten(-1, (s.heads, 2 * s.head)).chunk(2, -1)
        k, v = (p(x).unflatten(-1, (s.kv_heads, s.head)) for p in (self.k_proj, self.v_proj))
        q = rotate(norm(q, self.q_norm.weight, s.epsilon), place, s.rotary, s.theta)
        k = rotate(norm(k, self.k_norm.weight, s.epsilon), place, s.rotary, s.theta)
        return q, k, v, gate

    def forward(self, x, place, mask):
        s = self.s
        q, k, v, gate = self.parts(x, place)
        k, v = (t.repeat_interleave(s.heads // s.kv_heads, 2) for t in (k, v))
        y = F.scaled_dot_product_attention(*(t.transpose(1, 2) for t in (q, k, v)), attn_mask=mask)
        return self.o_proj((y.transpose(1, 2) * gate.float().sigmoid().to(x.dtype)).flatten(-2))


class Layer(nn.Module):
    """A mixer and an MLP, each behind a norm."""

    def __init__(self, s, full):
        super().__init__()
        self.epsilon = s.epsilon
        self.input_layernorm = Norm(s.hidden)
        self.post_attention_layernorm = Norm(s.hidden)
        self.full = full
        if full:
            self.self_attn = Attention(s)
        else:
            self.linear_attn = DeltaNet(s)
        self.mlp = Mlp(s.hidden, s.intermediate, s.layers)

    @property
    def mixer(self):
        return self.self_attn if self.full else self.linear_attn

    def forward(self, h, place, mask):
        h = h + self.mixer(norm(h, self.input_layernorm.weight, self.epsilon), place, mask)
        return h + self.mlp(norm(h, self.post_attention_layernorm.weight, self.epsilon))


class Target(nn.Module):
    """The language model; embedding and head are one array."""

    def __init__(self, s):
        super().__init__()
        self.s = s
        self.embed_tokens = nn.Embedding(s.vocabulary, s.hidden)
        nn.init.normal_(self.embed_tokens.weight, std=s.hidden**-0.5)
        self.layers = nn.ModuleList(Layer(s, at % 4 == 3) for at in range(s.layers))
        self.norm = Norm(s.hidden)

    def forward(self, ids, place, mask, dtype=torch.bfloat16, features=()):
        """Normed hidden states, and the residual stream after the layers of `features`, one beside the other."""
        h, read = self.embed_tokens(ids).to(dtype), []
        for at, layer in enumerate(self.layers):
            h = layer(h, place, mask)
            if at in features:
                read.append(h)
        h = norm(h, self.norm.weight, self.s.epsilon)
        return (h, torch.cat(read, -1)) if features else h

    def logits(self, h):
        return F.linear(h, self.embed_tokens.weight.to(h.dtype))


def same_text(text, place):
    """[b, 1, t, t]: whether a row sees a column, in rows of several texts."""
    seen = (text[:, :, None] == text[:, None, :]) & (place[:, :, None] >= place[:, None, :])
    return seen[:, None]


class DraftAttention(nn.Module):
    """Attention of a block's rows over features of the context and over the block."""

    def __init__(self, s, d):
        super().__init__()
        self.s, self.d = s, d
        self.q_proj = Linear(d.heads * d.head, s.hidden)
        self.k_proj = Linear(d.kv_heads * d.head, s.hidden)
        self.v_proj = Linear(d.kv_heads * d.head, s.hidden)
        self.o_proj = Linear(s.hidden, d.heads * d.head, scale=(2 * d.layers * d.heads * d.head) ** -0.5)
        self.q_norm = Norm(d.head, 1.0)
        self.k_norm = Norm(d.head, 1.0)

    def keys(self, x, place):
        """Keys and values of context features or of a block's rows."""
        d = self.d
        k, v = (p(x).unflatten(-1, (d.kv_heads, d.head)) for p in (self.k_proj, self.v_proj))
        return rotate(norm(k, self.k_norm.weight, self.s.epsilon, 0.0), place, d.head, d.theta), v

    def forward(self, x, place, context, context_place, mask):
        d = self.d
        q = norm(self.q_proj(x).unflatten(-1, (d.heads, d.head)), self.q_norm.weight, self.s.epsilon, 0.0)
        q = rotate(q, place, d.head, d.theta)
        (ck, cv), (bk, bv) = self.keys(context, context_place), self.keys(x, place)
        k, v = torch.cat([ck, bk], 1), torch.cat([cv, bv], 1)
        k, v = (t.repeat_interleave(d.heads // d.kv_heads, 2) for t in (k, v))
        y = F.scaled_dot_product_attention(*(t.transpose(1, 2) for t in (q, k, v)), attn_mask=mask)
        return self.o_proj(y.transpose(1, 2).flatten(-2))


class DraftLayer(nn.Module):
    """A layer of the drafter."""

    def __init__(self, s, d):
        super().__init__()
        self.epsilon = s.epsilon
        self.input_layernorm = Norm(s.hidden, 1.0)
        self.post_attention_layernorm = Norm(s.hidden, 1.0)
        self.self_attn = DraftAttention(s, d)
        self.mlp = Mlp(s.hidden, d.intermediate, d.layers)

    def forward(self, h, place, context, context_place, mask):
        x = norm(h, self.input_layernorm.weight, self.epsilon, 0.0)
        h = h + self.self_attn(x, place, context, context_place, mask)
        return h + self.mlp(norm(h, self.post_attention_layernorm.weight, self.epsilon, 0.0))


class Drafter(nn.Module):
    """DFlash: guesses a block of tokens at once from the target's features; embedding and head are the target's."""

    def __init__(self, s, d):
        super().__init__()
        self.s, self.d = s, d
        self.fc = Linear(s.hidden, len(d.features) * s.hidden)
        self.hidden_norm = Norm(s.hidden, 1.0)
        self.layers = nn.ModuleList(DraftLayer(s, d) for _ in range(d.layers))
        self.norm = Norm(s.hidden, 1.0)

    def context(self, features):
        """What every layer attends to, from the target's features."""
        return norm(self.fc(features), self.hidden_norm.weight, self.s.epsilon, 0.0)

    def forward(self, h, place, context, context_place, masks):
        """Hidden states of the rows of blocks; `masks` are one a layer."""
        for layer, mask in zip(self.layers, masks):
            h = layer(h, place, context, context_place, mask)
        return norm(h, self.norm.weight, self.s.epsilon, 0.0)


