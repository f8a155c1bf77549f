"""AdEx neurons for peers that have none: forward Euler in units of the distance from rest to threshold."""

import torch

TAU_M, TAU_W, A, B, SHARP, TOP = 9.4, 144.0, 0.13, 0.13, 0.1, 1.4
LOW = 1.0  # where the upswing starts


class TorchAdEx(torch.nn.Module):
    """A step: ``(drive, state) -> (spikes, state)``; ``spike`` is the peer's own surrogate."""

    def __init__(self, spike):
        super().__init__()
        self.spike = spike

    def forward(self, x, state=None):
        v, w = (torch.zeros_like(x), torch.zeros_like(x)) if state is None else state
        grown = SHARP * torch.exp((v.clamp_max(TOP) - LOW) / SHARP)
        new = v + (grown - v - w) / TAU_M + x
        w = w + (A * v - w) / TAU_W
        spikes = self.spike(new - TOP)
        off = spikes.detach()
        return spikes, (new * (1 - off), w + B * off)
