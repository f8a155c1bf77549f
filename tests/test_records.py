"""Classes of named fields behave as the standard library's, for all that this code asks of them."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from typing import Any, ClassVar

import pytest

from amine import records


def _own(decorate: Any) -> list[Any]:
    """Classes of all kinds, made by a decorator."""

    @decorate
    class Plain:
        """Says what it is."""

        x: int
        y: list[int] = field(default_factory=list, repr=False, compare=False)
        z: ClassVar[int] = 7

    @decorate(frozen=True)
    class Frozen:
        """Says what it is."""

        x: int
        y: int = 2
        sums: int = field(init=False, repr=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "sums", self.x + self.y)

    @decorate(frozen=True)
    class Derived(Frozen):
        """Says what it is."""

        z: tuple[int, ...] = ()

    @decorate(frozen=True, eq=False)
    class ByIdentity:
        """Says what it is."""

        x: int

    @decorate(frozen=True, slots=True)
    class Slots:
        """Says what it is."""

        x: int
        y: int = 3

    @decorate(frozen=True, kw_only=True)
    class ByName:
        """Says what it is."""

        x: int = 1
        y: int

    @decorate(frozen=True)
    class Own:
        """Says what it is."""

        x: int

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "own"

    @decorate(frozen=True)
    class PartlyHashed:
        """Says what it is."""

        x: int
        table: dict[str, int] = field(default_factory=dict, hash=False)  # compared, and cannot be hashed

    return [Plain, Frozen, Derived, ByIdentity, Slots, ByName, Own, PartlyHashed]


KINDS = list(zip(_own(dataclasses.dataclass), _own(records.dataclass)))


def _of(make: Any, x: int = 1) -> Any:
    return make(x=x, y=5) if make.__name__ == "ByName" else make(x)


@pytest.mark.parametrize("known, own", KINDS, ids=lambda c: c.__name__)
def test_same_as_the_standard_library(known: Any, own: Any) -> None:
    assert "__init__" in vars(own) and not inspect.isfunction(vars(own)["__init__"])  # compiled when it is asked for
    a, b = _of(known), _of(own)
    assert inspect.isfunction(vars(own)["__init__"])
    assert own.__init__.__annotations__ == known.__init__.__annotations__
    assert list(inspect.signature(own).parameters) == list(inspect.signature(known).parameters)
    assert [f.name for f in fields(own)] == [f.name for f in fields(known)]
    assert repr(b) == repr(a) and asdict(b) == asdict(a) and own.__match_args__ == known.__match_args__
    assert repr(replace(b, x=4)) == repr(replace(a, x=4)) and repr(copy.copy(b)) == repr(a)
    for x in (1, 2):
        assert (b == _of(own, x)) is (a == _of(known, x)), x
    assert (own.__hash__ is None) is (known.__hash__ is None)
    if a == _of(known) and known.__hash__ is not None:
        assert (hash(b) == hash(_of(own))) is (hash(a) == hash(_of(known)))
    assert b != 1 and a != b or own.__name__ == "Own"


@pytest.mark.parametrize("known, own", KINDS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("name", ["x", "other"])
def test_what_is_frozen_refuses_as_in_the_standard_library(known: Any, own: Any, name: str) -> None:
    said = []
    for x in (_of(known), _of(own)):
        for change in (lambda x=x: setattr(x, name, 2), lambda x=x: delattr(x, name)):
            try:
                change()
                said.append("done")
            except Exception as e:
                said.append(f"{type(e).__name__}: {e}".replace(type(x).__qualname__, ""))
    assert said[:2] == said[2:]


@pytest.mark.parametrize("wrong", [{}, {"x": 1, "none": 2}])
def test_wrong_arguments_are_refused_as_in_the_standard_library(wrong: dict[str, int]) -> None:
    for known, own in KINDS[:5]:
        said = []
        for make in (known, own):
            with pytest.raises(TypeError) as refused:
                make(**wrong)
            said.append(f"{refused.value}")
        assert said[0] == said[1]


@records.dataclass(frozen=True, slots=True)
class Kept:
    """Goes through pickle."""

    x: int


def test_pickled() -> None:
    assert pickle.loads(pickle.dumps(Kept(3))) == Kept(3)


def test_classes_of_the_standard_library_can_be_built_on_them() -> None:
    @dataclasses.dataclass(frozen=True)
    class More(KINDS[1][1]):
        z: int = 4

    assert More(1).sums == 3 and More(1) == More(1) and More(1) != More(2)
    with pytest.raises(FrozenInstanceError):
        More(1).z = 2  # type: ignore[misc]


def test_a_base_that_can_change_is_refused_below_a_frozen_one() -> None:
    with pytest.raises(TypeError, match="frozen"):

        @records.dataclass
        class More(KINDS[1][1]):
            z: int = 4
