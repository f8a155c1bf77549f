"""Fixed values of a model's parameters in the state of a module: written and read in double precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from amine.errors import AmineError
from amine.learn.nn.described import Described

if TYPE_CHECKING:
    from amine.learn.given import ParameterValue

PREFIX = "fixed."


class Fixed(Described):
    """A module with fixed values that decide its result, and are therefore part of its state."""

    where: str

    def deciding(self) -> dict[str, ParameterValue]:
        """Fixed values by name: numbers, or arrays with one value per neuron."""
        raise NotImplementedError

    def decide(self, values: dict[str, ParameterValue]) -> None:
        """Takes fixed values from a state."""
        raise NotImplementedError

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        for p, x in self.deciding().items():
            destination[f"{prefix}{PREFIX}{p}"] = torch.as_tensor(np.array(x, float))

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        mine, found = f"{prefix}{PREFIX}", dict[str, "ParameterValue"]()
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )
        own = self.deciding()
        unexpected_keys[:] = [k for k in unexpected_keys if not (k.startswith(mine) and k.removeprefix(mine) in own)]
        for p, x in own.items():
            if f"{mine}{p}" in state_dict:
                found[p] = self._read(p, x, state_dict[f"{mine}{p}"])
            elif strict:
                missing_keys.append(f"{mine}{p}")
        self.decide(found)

    def _read(self, name: str, own: ParameterValue, given: torch.Tensor) -> ParameterValue:
        if tuple(given.shape) != np.shape(own):
            raise AmineError(
                f"{self.where}, state to load",
                f"the shape of '{name}' is another",
                given=str(tuple(given.shape)),
                expected=str(np.shape(own)),
            )
        x = given.detach().cpu().double().numpy().copy()
        return x if x.ndim else float(x)
