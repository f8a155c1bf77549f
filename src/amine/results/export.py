"""Export of results to other libraries."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.optional import optional

if TYPE_CHECKING:
    from amine.results.run import Run


def _need(name: str) -> ModuleType:
    with optional("export"):
        return import_module(name)


def to_xarray(run: Run) -> Any:
    """Dataset of the spikes (time, neuron and population along ``spike``) and of each probe's variables (time, neuron)."""
    xr = _need("xarray")
    names = np.array([p[0] for p in run.spikes.populations])
    first = np.array([p[1] for p in run.spikes.populations])
    which = np.searchsorted(first, run.spikes.ids, side="right") - 1
    data: dict[str, Any] = {
        "spike_time": ("spike", run.spikes.times, {"units": "ms"}),
        "spike_neuron": ("spike", run.spikes.ids - first[which] if len(which) else run.spikes.ids),
        "spike_population": ("spike", names[which] if len(which) else np.empty(0, names.dtype)),
    }
    for name, p in run.probes.items():
        time, neuron = f"{name}_time", f"{name}_neuron"
        if p.at:
            data |= {
                f"{name}.{v}": (f"{name}_spike", np.asarray(x), {"units": p.units[v]}) for v, x in p.values.items()
            }
            data[time] = (f"{name}_spike", p.times, {"units": "ms"})
            continue
        data |= {f"{name}.{v}": ((time, neuron), np.asarray(x), {"units": p.units[v]}) for v, x in p.values.items()}
        data |= {time: (time, p.times, {"units": "ms"}), neuron: (neuron, p.indices)}
    return xr.Dataset(
        data,
        attrs={"network_hash": run.info.get("network_hash", ""), "seed": run.network.seed, "duration_ms": run.duration},
    )


def to_neo(run: Run) -> Any:
    """Block with one segment: a spike train for each neuron, grouped by population, and an analog signal for each probed variable."""
    neo, pq = _need("neo"), _need("quantities")
    block, segment = neo.Block(name=run.network.name or "amine"), neo.Segment(name="run")
    block.segments.append(segment)
    for name in run.spikes:
        group = neo.Group(name=name)
        block.groups.append(group)
        for i, times in enumerate(run.spikes[name].trains()):
            train = neo.SpikeTrain(
                times * pq.ms, t_stop=run.duration * pq.ms, name=f"{name}[{i}]", population=name, neuron=i
            )
            segment.spiketrains.append(train)
            group.add(train)
    for p in run.probes.values():
        if len(p.times) < 2 or p.at:  # values at spikes are no signal
            continue
        for v, x in p.values.items():
            unit = (
                pq.Quantity(1, "dimensionless" if p.units[v] == "1" else p.units[v].replace("uM", "umol/L"))
                if _known(pq, p.units[v])
                else pq.dimensionless
            )
            segment.analogsignals.append(
                neo.AnalogSignal(
                    np.asarray(x),
                    units=unit,
                    t_start=p.times[0] * pq.ms,
                    sampling_period=(p.times[1] - p.times[0]) * pq.ms,
                    name=f"{p.name}.{v}",
                )
            )
    return block


def _known(pq: ModuleType, unit: str) -> bool:
    try:
        pq.Quantity(1, unit)
    except (LookupError, ValueError, TypeError):
        return False
    return True
