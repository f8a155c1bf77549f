"""Models: equations as text, parameters with units, and their sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeGuard

from amine import equations
from amine.equations.assigned import assigned, at_start
from amine.equations.schemes import read
from amine.errors import AmineError, did_you_mean
from amine.frozen import FrozenDict, closed, fix
from amine.models.firing import point_accuracy
from amine.models.limits import demands, limits_of
from amine.models.sums import explicit_lines, kinetic_lines
from amine.records import dataclass
from amine.shown import Shown
from amine.values import Value, from_plain, normalise, to_plain, unit_of

if TYPE_CHECKING:
    from amine.given import Quantity

_STATE_LINE = re.compile(r"^[ \t]*d\s*([A-Za-z_]\w*)\s*/\s*dt\s*=[^\n#]*:([^:#\n;]+)", re.M)
_HELD_LINE = re.compile(r"^[ \t]*([A-Za-z_]\w*)[ \t]*:([^:#\n;]+)", re.M)  # a state that only events change
_EVENT_LINE = re.compile(r"^[ \t]*event[ \t]+([A-Za-z_]\w*)[ \t]", re.M)  # a state counts the events
_ON_SPIKE = re.compile(r"on\s+spike\s+([A-Za-z_]\w*)\s*\+=")
_VOLTAGE_LINE = re.compile(r"^[ \t]*voltage\s+([A-Za-z_]\w*)\s*$", re.M)
_INPUT_LINE = re.compile(r"^[ \t]*input\s+([A-Za-z_]\w*)\s*:\s*([^:#\n;]+)", re.M)
_GATED = re.compile(r"^(mass|input|impulse) ", re.M)

HOLDING = ("neuron", "receptor", "release", "channel")  # kinds of models whose events may change states of this kind
WEIGHTS = ("nS", "pA", "mV", "1")  # units that a weight can have
KINDS = ("neuron", "receptor", "release", "source", "rule", "channel", "scheme", "cleft")


def _one_a_line(text: str) -> str:
    """Equations with one statement a line, without comments."""
    return re.sub(r"#[^\n]*", "", text).replace(";", "\n")


def _weight_value(value: object, where: str) -> str:
    """A weight as text in any unit."""
    unit = unit_of(value, where)
    found = normalise(value, unit, where)
    if not isinstance(found, str):
        raise AmineError(where, "it must be one value", given=repr(value)[:40])
    return found


@closed("model({attribute}=...) gives a copy with another value")
@dataclass(frozen=True, eq=False)
class Model(Shown):
    """Equations with parameters; calling it with parameters gives a copy in which these have other values.

    Parameters
    ----------
    name : its name.
    kind : ``neuron``, ``receptor``, ``release``, ``source``, ``rule``, ``channel``, ``scheme`` or ``cleft``.
    equations : text; see the page on equations of the documentation.
    units : the unit of each parameter.
    parameters : the value of each parameter: text with a unit, a distribution, or an array.
    source : paper or data base of equations and defaults, or ``source of parameter: ...`` lines.
    doc : one paragraph on what it is and when to use it.
    receptors : for a neuron, its default receptors by label.
    symbols : meaning of each parameter in words.
    limits : ``positive``, ``nonnegative`` or ``share`` (0 to 1) for parameters whose range does not follow from the equations
        (:mod:`amine.models.limits`).
    voltage : for a receptor, the unit of the voltage of its neuron.
    stands_for : parameter that represents each drug target: the conductance of an ion channel (``{"Nav": "g_Na"}``), a threshold
        that stands for sodium channels (``{"Nav.threshold": "V_T"}``), the decay time constant of a receptor (``{"decay": "tau"}``).
    peak_open : for a receptor, the probability that a channel is open at the peak of a synaptic event.

    Raises
    ------
    AmineError
        An equation or a value is invalid.

    Examples
    --------
    >>> import amine as am
    >>> am.models.get("lif")(tau_m="15 ms").parameters["tau_m"]
    '15 ms'
    """

    name: str
    kind: str
    equations: str
    units: Mapping[str, str]
    parameters: Mapping[str, Value]
    source: str = ""
    doc: str = ""
    receptors: Mapping[str, Model] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    voltage: str = "mV"
    stands_for: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    peak_open: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise AmineError(
                self.where, "unknown kind", given=repr(self.kind), hint=did_you_mean(str(self.kind), KINDS)
            )
        self._complete()
        values = {n: self._value(n, v) for n, v in self.parameters.items()}
        hint = "model(name=value) gives a copy with another value"
        fix(self, parameters=values)
        for a in ("parameters", "units", "receptors", "symbols", "limits", "stands_for"):
            fix(self, **{a: FrozenDict(getattr(self, a), f"{self.where}, {a}", hint)})
        self._check_declarations()

    def _check_declarations(self) -> None:
        for role, name in self.stands_for.items():
            if name not in self.units:
                hint = did_you_mean(str(name), self.units)
                raise AmineError(f"{self.where}, stands_for '{role}'", f"parameter '{name}' is not known", hint=hint)
        if self.peak_open is not None and not 0.0 < self.peak_open <= 1.0:
            raise AmineError(
                f"{self.where}, peak_open",
                "this is not a probability",
                given=str(self.peak_open),
                expected="above 0, at most 1",
            )

    @cached_property
    def all_limits(self) -> Mapping[str, str]:
        """Limits of parameters, declared or derived from the equations."""
        return limits_of(self.kind, self.equations, self.units, self.limits, self.where)

    @property
    def where(self) -> str:
        """Place named in error messages."""
        return f"{str(self.kind).capitalize()} '{self.name}'"

    def _complete(self) -> None:
        for n in self.parameters:
            if n not in self.units:
                raise AmineError(self.where, f"parameter '{n}' is not known", hint=did_you_mean(n, self.units))
        missing = sorted(set(self.units) - set(self.parameters))
        if missing:
            raise AmineError(
                self.where,
                f"parameter '{missing[0]}' has no value",
                hint=f'give {missing[0]}="... {self.units[missing[0]]}"',
            )

    def _value(self, name: str, value: object) -> Value:
        where = f"{self.where}, parameter '{name}'"
        if self.kind == "source" and "times" in self.units:
            return normalise(value, self.units[name], where)
        if self.units[name] == "weight":  # its unit is that of the synapses that use the rule
            return _weight_value(value, where)
        return normalise(value, self.units[name], where, **demands(self.all_limits.get(name)))

    def __call__(self, **changes: Any) -> Model:
        """A copy with other values of some parameters."""
        for n in changes:
            if n not in self.units:
                raise AmineError(self.where, f"parameter '{n}' is not known", hint=did_you_mean(n, self.units))
        return replace(self, parameters={**self.parameters, **changes})

    @cached_property
    def parsed(self) -> Any:
        """The parsed equations (:class:`amine.equations.system.Equations`); raises AmineError if they are invalid.

        For a scheme, those of its sums at a target (:mod:`amine.models.sums`).
        """
        special = {"scheme": _parsed_scheme, "rule": _parsed_rule}.get(self.kind)
        return equations.parse(self) if special is None else special(self)

    @staticmethod
    def depends_on_path(value: object) -> TypeGuard[str]:
        """Whether a parameter value is a formula of the path distance from the soma, as only multicompartment neurons have."""
        return False

    @property
    def integrators(self) -> dict[str, str]:
        """Integration method of each state: exact, exponential_euler, rk4 or euler_maruyama."""
        return equations.integrators(self.parsed) if self.kind != "source" else {}

    @cached_property
    def state_units(self) -> dict[str, str]:
        """Units of the states, read from the text without the parser, which is slow to import."""
        lines = _one_a_line(self.equations)
        found = {m.group(1): m.group(2).strip() for m in _STATE_LINE.finditer(lines)}
        if self.kind in HOLDING:
            found |= {m.group(1): m.group(2).strip() for m in _HELD_LINE.finditer(lines)}
            found |= {m.group(1): "1" for m in _EVENT_LINE.finditer(lines)}
        found |= {n: self.units[n] for n in self.moved}
        found = {"v" if n == self.voltage_name else n: u for n, u in found.items()}
        return FrozenDict(found | dict(self.inputs), self.where, "write other equations")

    @cached_property
    def voltage_name(self) -> str:
        """Name of a neuron's voltage in its own equations, probes and initial values; receptors and rules read it as ``v``."""
        m = _VOLTAGE_LINE.search(_one_a_line(self.equations)) if self.kind == "neuron" else None
        return m.group(1) if m else "v"

    @cached_property
    def moved(self) -> tuple[str, ...]:
        """Parameters of a neuron that its spikes or events change: states of these names that begin at the parameters' values."""
        return assigned(self.equations, self.units) if self.kind == "neuron" else ()

    def read_as(self, name: str) -> str:
        """The name by which the equations read the value of a parameter: one that spikes change is the value at the start."""
        return at_start(name) if name in self.moved else name

    @cached_property
    def events(self) -> tuple[str, ...]:
        """Names of the events of a neuron's equations that are no spikes; a state of each name counts them."""
        return tuple(m.group(1) for m in _EVENT_LINE.finditer(_one_a_line(self.equations)))

    @cached_property
    def inputs(self) -> dict[str, str]:
        """Units of the named inputs of a neuron or a receptor (``input x_in : pA``), which are recorded like states."""
        found = {m.group(1): m.group(2).strip() for m in _INPUT_LINE.finditer(_one_a_line(self.equations))}
        return FrozenDict(found, self.where, "write other equations")

    @cached_property
    def weight_unit(self) -> str:
        """Unit of a synaptic weight at this receptor."""
        if self.kind == "scheme" or _GATED.search(self.equations):
            return "nS"
        name = self.adds_to
        return self.state_units.get(name, self.voltage if name == "v" else "1")

    @property
    def adds_to(self) -> str:
        """State of a receptor to which a spike adds the weight; empty if there is none."""
        m = _ON_SPIKE.search(self.equations)
        return m.group(1) if m else ""

    @property
    def differs(self) -> bool:
        """Whether a parameter differs between neurons, or for a release model between synapses."""
        return any(not isinstance(v, str) for v in self.parameters.values())

    def as_receptor(self, lines: list[str], reserved: Mapping[str, tuple[str, str]]) -> Model:
        """For a scheme, the receptor model with other equations, the same parameters, and ``reserved`` ones (unit, value)."""
        clash = next((n for n in reserved if n in self.units), None)
        if clash:
            raise AmineError(self.where, f"'{clash}' is a reserved name", hint="rename the parameter")
        return Model(
            self.name,
            "receptor",
            "\n".join(lines),
            {**self.units, **{n: u for n, (u, _) in reserved.items()}},
            {**self.parameters, **{n: v for n, (_, v) in reserved.items()}},
            self.source,
            self.doc,
            symbols={**self.symbols, **dict.fromkeys(reserved, "filled in by the engine")},
        )

    @property
    def quantal(self) -> bool:
        """Whether a release model has independent stochastic release sites."""
        return self.quanta is not None

    @cached_property
    def quanta(self) -> tuple[str, str, str] | None:
        """Parameters of a quantal release model: number of sites, variation of a quantum, recovery time of a site.

        None for a model of mean release. The line ``quanta sites, variation, recovery`` names them; any names may be used.
        """
        line = re.search(r"^\s*quanta\b([^#\n;]*)", self.equations, re.M)
        if line is None:
            return None
        names = tuple(n.strip() for n in line.group(1).split(","))
        unknown = [n for n in names if n not in self.units]
        if len(names) != 3 or unknown:
            given = f"'{unknown[0]}', which is no parameter" if unknown else f"{len(names)} names"
            expected = "quanta sites, variation, recovery: three parameters"
            raise AmineError(f"{self.where}, in 'quanta'", "it is not complete", given=given, expected=expected)
        return names[0], names[1], names[2]

    def bytes_per_neuron(self, real: int = 4) -> int:
        """Minimum memory for the states of one neuron in bytes; ``real`` is the size of a floating-point number."""
        return (len(self.state_units) + 4) * real

    def accuracy(self, dt: Quantity) -> dict[str, float]:
        """Estimated error of a neuron's integration with steps of ``dt``, against steps eight times finer.

        The neuron alone is advanced for 300 ms, without noise, under a constant current that makes it fire at about 40 Hz: its own
        equations and parameters (the means of distributions and arrays), in plain Python, within seconds.

        Parameters
        ----------
        dt : time step, such as ``"0.1 ms"``; a bare number is in ms.

        Returns
        -------
        dict
            ``rate``: relative error of the firing rate, on the grid of steps; or ``voltage``: largest error in mV under 100 pA, of a neuron
            that does not fire. ``current`` is the current in pA.

        Raises
        ------
        AmineError
            If the model is no neuron, or ``dt`` is no time step.

        Examples
        --------
        >>> import amine as am
        >>> sorted(am.models.get("lif").accuracy(0.1))
        ['current', 'rate']
        """
        return point_accuracy(self, dt)

    def latex(self) -> str:
        """The equations as LaTeX, one line each."""
        return equations.typeset(self.parsed) if self.kind != "source" else ""

    def to_dict(self) -> dict[str, Any]:
        """The model as plain data, sufficient to rebuild it without the library."""
        out: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "equations": self.equations,
            "units": dict(self.units),
            "parameters": {n: to_plain(v) for n, v in self.parameters.items()},
            "source": self.source,
            "doc": self.doc,
        }
        if self.limits:
            out["limits"] = dict(self.limits)
        if self.voltage != "mV":
            out["voltage"] = self.voltage
        if self.symbols:
            out["symbols"] = dict(self.symbols)
        if self.stands_for:
            out["stands_for"] = dict(self.stands_for)
        if self.peak_open is not None:
            out["peak_open"] = self.peak_open
        if self.receptors:
            out["receptors"] = {n: r.to_dict() for n, r in self.receptors.items()}
        return out

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Model:
        """Model from its plain data; raises AmineError if they are damaged. For any kind: :func:`amine.models.find.from_dict`."""
        try:
            receptors = {str(n): Model.from_dict(r) for n, r in data.get("receptors", {}).items()}
            parameters = {str(n): from_plain(v) for n, v in data["parameters"].items()}
            return Model(
                str(data["name"]),
                str(data["kind"]),
                str(data["equations"]),
                dict(data["units"]),
                parameters,
                str(data.get("source", "")),
                str(data.get("doc", "")),
                receptors,
                dict(data.get("symbols", {})),
                dict(data.get("limits", {})),
                str(data.get("voltage", "mV")),
                stands_for=dict(data.get("stands_for", {})),
                peak_open=None if data.get("peak_open") is None else float(data["peak_open"]),
            )
        except (KeyError, TypeError, AttributeError) as e:
            raise AmineError("model", "damaged description", given=repr(data)[:60]) from e

    def __repr__(self) -> str:
        return f"<{str(self.kind).capitalize()} {self.name}>"

    def structure(self) -> list[Any]:
        """All that determines generated code: everything but the parameter values."""
        return [self.kind, self.name, self.equations, sorted(self.units.items())]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.name, self.kind, self.equations))


def _parsed_rule(model: Model) -> Any:
    """A rule parsed with the first unit of weight that fits its equations; its synapses determine the actual unit."""
    first: AmineError | None = None
    for unit in WEIGHTS:
        try:
            return equations.parse_rule_model(model, weight=unit)
        except AmineError as e:
            first = first or e
    raise first or AmineError(model.where, "it fits no unit of weight")


def _parsed_scheme(model: Model) -> Any:
    scheme = read(model.equations, model.where)
    equations.check_scheme(scheme, dict(model.units))
    at_synapse = scheme.voltage_dependent or scheme.rest in (scheme.opens or ())
    lines = explicit_lines(scheme) if at_synapse else kinetic_lines(scheme, model.where)
    return equations.parse(model.as_receptor(*lines))
