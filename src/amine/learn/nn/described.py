"""What decides a module's result beside its parameters: written to its state, and compared when a state is loaded."""

from __future__ import annotations

import json
from typing import Any

import torch
from torch import nn

from amine.errors import AmineError


class Described(nn.Module):
    """A module whose state also says what it is; a state of another one is refused by name.

    >>> class Twice(Described):
    ...     def described(self):
    ...         return {"factor": 2}
    >>> class Thrice(Described):
    ...     def described(self):
    ...         return {"factor": 3}
    >>> Twice().load_state_dict(Thrice().state_dict())
    Traceback (most recent call last):
    amine.errors.AmineError: Twice, state to load: its factor is another (given 3, expected 2); make the module as it was when saved
    """

    def described(self) -> dict[str, Any]:
        """Plain values by name that must be the same in a state that is loaded."""
        raise NotImplementedError

    def get_extra_state(self) -> torch.Tensor:
        """The description as bytes, which all formats of files can hold."""
        return torch.tensor(list(json.dumps(self.described()).encode()), dtype=torch.uint8)

    def set_extra_state(self, state: torch.Tensor) -> None:
        """Raises AmineError if the state is that of another module."""
        where, own = getattr(self, "where", type(self).__name__), self.described()
        given = json.loads(bytes(state.tolist()))
        for name in {**own, **given}:
            if given.get(name) != own.get(name):
                raise AmineError(
                    f"{where}, state to load",
                    f"its {name} is another",
                    given=_text(given.get(name)),
                    expected=_text(own.get(name)),
                    hint="make the module as it was when saved",
                )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
