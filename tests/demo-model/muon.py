"""Muon for matrices (momentum made orthogonal by Newton-Schulz steps), in stacks of equal shape; AdamW for the rest."""

import torch


def orthogonal(g):
    """[n, rows, columns] with singular values brought near 1."""
    x = g.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.mT if tall else x).float()


class Muon:
    """Steps of matrices; the update's root mean square is 0.2 times the rate."""

    def __init__(self, parameters, momentum=0.95, decay=0.05):
        self.stacks, self.momentum, self.decay = {}, momentum, decay
        for p in parameters:
            self.stacks.setdefault(tuple(p.shape), []).append(p)
        self.buffers = {shape: torch.zeros(len(ps), *shape, device=ps[0].device) for shape, ps in self.stacks.items()}

    @torch.no_grad()
    def step(self, rate):
        for shape, ps in self.stacks.items():
            g, buffer = torch.stack([p.grad for p in ps]), self.buffers[shape]
            buffer.lerp_(g, 1 - self.momentum)
            update = orthogonal(g.lerp(buffer, self.momentum)) * (0.2 * max(shape) ** 0.5 * rate)
            torch._foreach_mul_(ps, 1 - rate * self.decay)
            torch._foreach_sub_(ps, list(update.unbind(0)))


class Optimizer:
    """Both together, with one rate each that a schedule scales."""

    def __init__(self, model, matrix_rate, other_rate):
        small = ("embed", "in_proj_a", "in_proj_b", "conv1d", "norm", "A_log", "dt_bias")
        named = list(model.named_parameters())
        self.matrices = [p for n, p in named if p.ndim == 2 and not any(s in n for s in small)]
        known = {id(p) for p in self.matrices}
        others = [p for _, p in named if id(p) not in known]
        self.matrix_rate, self.other_rate = matrix_rate, other_rate
        self.muon = Muon(self.matrices)
        self.adam = torch.optim.AdamW(others, lr=other_rate, betas=(0.9, 0.97), weight_decay=0.0, fused=others[0].is_cuda)

    def step(self, scale):
        for group in self.adam.param_groups:
            group["lr"] = self.other_rate * scale
        self.adam.step()
        self.muon.step(self.matrix_rate * scale)

    def state(self):
        return {"muon": self.muon.buffers, "adam": self.adam.state_dict()}

    def load(self, state):
        self.adam.load_state_dict(state["adam"])
        for shape, buffer in state["muon"].items():
            self.muon.buffers[shape].copy_(buffer)
