"""Sound: spoken digits through a model of the cochlea, heard in time by recurrent spiking neurons, tested on voices never heard before.

python examples/spoken_digits.py
"""

from __future__ import annotations

from pathlib import Path

import torch

from amine.learn import data
from amine.learn import nn as ann
from amine.view.style import figure


def main(folder: Path) -> dict[str, float]:
    """Learns, draws the picture into ``folder`` and returns a few numbers."""
    torch.manual_seed(0)
    torch.set_num_threads(1)  # arrays are small
    d = data.get("speech")
    sound = torch.tensor(d.X, dtype=torch.float32).reshape(-1, *d.shape).permute(2, 0, 1)  # [time, sample, channel]
    sound = sound.repeat_interleave(2, 0)
    target, new = torch.tensor(d.y), torch.tensor(d.extra["voice"] % 3 == 2)
    cells = ann.Recurrent(ann.Neurons("lif", 96, surrogate="triangular", tau_m="20 ms"))
    model = ann.Sequential(torch.nn.Linear(d.shape[0], 96), cells, torch.nn.Linear(96, 10), ann.Readout("leaky"))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.008)
    old = torch.nonzero(~new).flatten()
    for _ in range(14):
        for part in old[torch.randperm(len(old))].split(40):
            loss = torch.nn.functional.cross_entropy(20 * model(sound[:, part])[0], target[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        said = model(sound)[0].argmax(1)
        spikes = cells(model[0](sound[:, :1]))[0][:, 0]
    scores = {
        "known_voices": float((said == target)[~new].float().mean()),
        "new_voices": float((said == target)[new].float().mean()),
    }
    print(f"{scores['known_voices']:.3f} with voices of the training, {scores['new_voices']:.3f} with new ones")

    fig, axes = figure(8, 3.2, 1, 2)
    axes[0, 0].imshow(d.X[0].reshape(d.shape), aspect="auto", origin="lower", cmap="viridis")
    axes[0, 0].set(xlabel="bin of time", ylabel="cochlear channel", title=f"'{d.classes[d.y[0]]}'")
    t, n = torch.nonzero(spikes, as_tuple=True)
    axes[0, 1].plot(t, n, ".", color="#0072B2", ms=3)
    axes[0, 1].set(xlabel="step", ylabel="neuron", title="spikes")
    folder.mkdir(parents=True, exist_ok=True)
    fig.savefig(folder / "spoken_digits.png")
    return scores


if __name__ == "__main__":
    main(Path("out/examples"))
