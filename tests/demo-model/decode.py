"""Many texts at once, a token each a step; on a GPU the step is a captured graph."""

import torch
import torch.nn.functional as F

from model import norm


class Decoder:
    """States of a batch of texts, all at the same place."""

    def __init__(self, model, batch, context, dtype):
        s = self.s = model.s
        device = model.embed_tokens.weight.device
        self.model, self.batch, self.context, self.dtype = model, batch, context, dtype
        full = [layer.full for layer in model.layers]
        self.place = torch.zeros(1, dtype=torch.int64, device=device)
        self.states = [None if f else torch.zeros(batch, s.value_heads, s.key_head, s.value_head, device=device) for f in full]
        self.convs = [None if f else torch.zeros(batch, s.taps - 1, 2 * s.keys + s.values, dtype=dtype, device=device) for f in full]
        self.caches = [[torch.zeros(batch, context, s.kv_heads, s.head, dtype=dtype, device=device) for _ in range(2)] if f else None for f in full]
        self.ids = torch.zeros(batch, dtype=torch.int64, device=device)
        self.out = torch.zeros(batch, s.vocabulary, device=device)
        self.graph = None

    def reset(self):
        """Makes every text empty."""
        self.place.zero_()
        for state, conv, cache in zip(self.states, self.convs, self.caches):
            for tensor in cache or [state, conv]:
                tensor.zero_()

    def _linear(self, at, mixer, x):
        s, conv = self.s, self.convs[at]
        raw = mixer.in_proj_qkv(x)
        window = torch.cat([conv, raw[:, None]], 1)
        mixed = torch.einsum("btc,ct->bc", window.float(), mixer.conv1d.weight[:, 0].float())
        conv.copy_(window[:, 1:])
        q, k, v, beta, g = mixer.parts(mixed, mixer.in_proj_a(x), mixer.in_proj_b(x))
        q, k = (t.repeat_interleave(s.value_heads // s.key_heads, 1) for t in (q, k))
        state = self.states[at]
        state.mul_(g.exp()[..., None, None])
        d = beta[..., None] * (v - torch.einsum("bhkv,bhk->bhv", state, k))
        state.add_(k[..., :, None] * d[..., None, :])
        o = torch.einsum("bhkv,bhk->bhv", state, q)
        return mixer.out_proj(mixer.gated(o, mixer.in_proj_z(x)).to(x.dtype))

    def _attend(self, at, mixer, x):
        s = self.s
        q, k, v, gate = (t[:, 0] for t in mixer.parts(x[:, None], self.place.expand(self.batch, 1)))
        keys, values = self.caches[at]
        keys.index_copy_(1, self.place, k[:, None])
        values.index_copy_(1, self.place, v[:, None])
        q = q.unflatten(1, (s.kv_heads, s.heads // s.kv_heads))
        scores = torch.einsum("bgrd,btgd->bgrt", q, keys).float() * s.head**-0.5
        seen = torch.arange(self.context, device=x.device) <= self.place
        scores = scores.masked_fill(~seen, -torch.inf).softmax(-1).to(x.dtype)
        y = torch.einsum("bgrt,btgd->bgrd", scores, values).flatten(1, 2)
        return mixer.o_proj((y * gate.float().sigmoid().to(x.dtype)).flatten(-2))

    def _step(self):
        h = F.embedding(self.ids, self.model.embed_tokens.weight).to(self.dtype)
        for at, layer in enumerate(self.model.layers):
            x = norm(h, layer.input_layernorm.weight, layer.epsilon)
            h = h + (self._attend if layer.full else self._linear)(at, layer.mixer, x)
            h = h + layer.mlp(norm(h, layer.post_attention_layernorm.weight, layer.epsilon))
        self.out.copy_(self.model.logits(norm(h, self.model.norm.weight, self.s.epsilon)))
        self.place += 1

    @torch.no_grad()
    def step(self, ids):
        """Logits after one more token of each text."""
        self.ids.copy_(ids)
        if not self.ids.is_cuda:
            self._step()
            return self.out
        if self.graph is None:
            for _ in range(2):
                self._step()
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self._step()
            self.reset()
            self.ids.copy_(ids)
        self.graph.replay()
        return self.out


@torch.no_grad()
def complete(decoder, prompts, most, stops, legal, heat=0.0, generator=None):
    """What the model says after each prompt, until a stop token, which is kept, or the context's end.

    Prompts are lists of tokens; `heat` 0 takes the likeliest of the first `legal` tokens.
    """
    decoder.reset()
    device = decoder.ids.device
    longest = max(map(len, prompts))
    given = torch.full((decoder.batch, longest), stops[0], dtype=torch.int64)
    lengths = torch.zeros(decoder.batch, dtype=torch.int64)
    for at, prompt in enumerate(prompts):
        given[at, : len(prompt)] = torch.tensor(prompt)
        lengths[at] = len(prompt)
    lengths[len(prompts) :] = longest
    given, lengths = given.to(device), lengths.to(device)
    limit = min(decoder.context, longest + most)
    text = torch.full((decoder.batch, limit + 1), stops[0], dtype=torch.int64, device=device)
    text[:, :longest] = given
    done = torch.zeros(decoder.batch, dtype=torch.bool, device=device)
    done[len(prompts) :] = True
    for at in range(limit):
        logits = decoder.step(text[:, at])[:, :legal]
        if heat > 0:
            noise = torch.empty_like(logits).exponential_(generator=generator)
            chosen = ((logits / heat).softmax(-1) / noise).argmax(-1)
        else:
            chosen = logits.argmax(-1)
        own = (at + 1 >= lengths) & ~done
        text[:, at + 1] = torch.where(own, chosen, text[:, at + 1])
        ended = own & ((chosen == stops[0]) | (chosen == stops[1]))
        done |= ended | (own & (at + 2 - lengths > most))
        if at % 16 == 0 and bool(done.all()):
            break
    text, said = text.tolist(), []
    for at, prompt in enumerate(prompts):
        row = text[at][len(prompt) : len(prompt) + most]
        end = next((n + 1 for n, t in enumerate(row) if t in stops), len(row))
        said.append(row[:end])
    return said
