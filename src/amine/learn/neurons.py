"""The neurons of an estimator, and what goes with spiking ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amine import models
from amine.errors import AmineError, did_you_mean
from amine.learn import checks
from amine.learn.layers import ACTIVATIONS
from amine.learn.spiking import ENCODERS, READOUTS
from amine.models.model import Model

if TYPE_CHECKING:
    from amine.learn.base import Estimator
    from amine.learn.given import NeuronKind


def check_spiking(where: str, estimator: Estimator) -> None:
    """Raises AmineError if encoder, read-out or scaler do not fit an estimator with spiking neurons."""
    checks.one_of(f"{where}, encoder", "encoder", estimator.encoder, ENCODERS)
    checks.one_of(f"{where}, readout", "read-out", estimator.readout, READOUTS)
    if getattr(estimator, "steps_", 0) and estimator.encoder != "current":
        raise AmineError(
            f"{where}, encoder",
            "samples that are sequences are the input of each step as they are",
            given=repr(estimator.encoder),
            expected="'current'",
        )
    if getattr(estimator, "steps_", 0) and not isinstance(estimator.scaler, str):
        raise AmineError(
            f"{where}, scaler",
            "transformers take no sequences",
            hint="transform them before, or use scaler='robust'",
        )


def neuron_of(where: str, neurons: NeuronKind) -> NeuronKind:
    """The name of an activation, or a spiking model; raises AmineError if it is neither."""
    known = [*ACTIVATIONS, *models.names("neuron")]
    if isinstance(neurons, str) and neurons in ACTIVATIONS:
        return neurons
    found = models.get(neurons) if isinstance(neurons, str) and neurons in known else neurons
    if isinstance(found, str) or not isinstance(found, Model):
        raise AmineError(f"{where}, neurons", f"neuron {found!r} is not known", hint=did_you_mean(str(found), known))
    if found.kind != "neuron":
        raise AmineError(f"{where}, neurons", f"'{found.name}' is a {found.kind} model", expected="a neuron model")
    return found
