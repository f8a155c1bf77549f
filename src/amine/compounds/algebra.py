"""Equations of drug action as pure functions of concentration: numbers or arrays in, numbers or arrays out.

Concentrations and constants share one unit (uM inside amine). The functions use arithmetic alone, so that Numba can compile them as they are;
:func:`cleared` is the exception, a reference solution.

References: Hill (1910) J Physiol 40:iv-vii; Gaddum (1957) Pharmacol Rev 9:211-218; Arunlakshana & Schild (1959) Br J Pharmacol 14:48-58;
Woodhull (1973) J Gen Physiol 61:687-708; Black & Leff (1983) Proc R Soc Lond B 220:141-162; Ehlert (1988) Mol Pharmacol 33:187-194 for the allosteric ternary complex; Loewe (1953)
Arzneimittelforschung 3:285-290; Schnell & Mendoza (1997) J Theor Biol 187:207-212 for clearance.
"""

from __future__ import annotations

from math import exp, log, log1p
from typing import Any, Protocol

import numpy as np


class Operand(Protocol):
    """A number, an array, a tensor or a symbolic expression: anything with arithmetic."""

    def __add__(self, other: Any, /) -> Any: ...
    def __radd__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: Any, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...
    def __rtruediv__(self, other: Any, /) -> Any: ...
    def __pow__(self, other: Any, /) -> Any: ...
    def __rpow__(self, other: Any, /) -> Any: ...
    def __neg__(self) -> Any: ...


RT_F = 25.4  # mV at 22 degC, where most blockers were measured


def power(x: Operand, n: Operand) -> Any:
    """x**n; compiled formulas call it, and ``exp``, ``log`` and ``log1p``, by these names.

    >>> power(3.0, 2.0)
    9.0
    """
    return x**n


def load(c: Operand, k: Operand, n: Operand = 1.0) -> Any:
    """Load of a ligand at a site, (c/k)^n: the loads of competitors at one site add up.

    >>> load(3.0, 1.0, 2.0)
    9.0
    """
    return power(c / k, n)


def share(mine: Operand, total: Operand) -> Any:
    """Occupancy of a site by one of several competitors, from its load and the sum of all loads.

    >>> share(1.0, 3.0)
    0.25
    """
    return mine / (1.0 + total)


def response(bound: Operand, shift: Operand, hill: Operand, added: Operand, efficacy: Operand) -> Any:
    """Response of a receptor to slow agonists in the presence of drugs, as a fraction of its maximum.

    Parameters
    ----------
    bound : concentration of the natural agonist over its EC50. shift : factor on that EC50. hill : Hill coefficient.
    added : occupancy by agonist drugs times their efficacy. efficacy : factor on the response.

    Examples
    --------
    >>> response(1.0, 1.0, 1.0, 0.0, 1.0), response(1.0, 1.0, 1.0, 0.5, 1.0)
    (0.5, 0.75)
    """
    y = power(bound / shift, hill)
    own = y / (1.0 + y)
    return (own + added * (1.0 - own)) * efficacy


def operational(efficacy: float, n: float = 1.0) -> tuple[float, float]:
    """Transducer ratio of a partial agonist, and its dissociation constant over its EC50 (Black & Leff 1983).

    The stimulus of an agonist is tau x / (1 + x) with x = c/K, the response S^n / (1 + S^n): its maximum is tau^n / (1 + tau^n), and
    its EC50 K / ((2 + tau^n)^(1/n) - 1), far below K where receptors are spare.

    Parameters
    ----------
    efficacy : maximum relative to that of the natural agonist, between 0 and 1. n : slope of the transducer.

    Examples
    --------
    >>> operational(0.5)
    (1.0, 2.0)
    """
    tau = (efficacy / (1.0 - efficacy)) ** (1.0 / n)
    return tau, (2.0 + tau**n) ** (1.0 / n) - 1.0


def occupancy(c: Operand, k: Operand, n: Operand = 1.0) -> Any:
    """Fraction of receptors occupied (Hill and Langmuir).

    Parameters
    ----------
    c : concentration. k : EC50 or dissociation constant. n : Hill coefficient.

    Examples
    --------
    >>> occupancy(1.0, 1.0), round(occupancy(10.0, 1.0, 2.0), 4)
    (0.5, 0.9901)
    """
    x = (c / k) ** n
    return x / (1.0 + x)


def inhibition(c: Operand, k: Operand, n: Operand = 1.0) -> Any:
    """Fraction that remains under a non-competitive antagonist or a channel blocker at equilibrium: 1 - occupancy.

    >>> inhibition(3.0, 1.0)
    0.25
    """
    return 1.0 / (1.0 + (c / k) ** n)


def dose_ratio(b: Operand, k: Operand, slope: Operand = 1.0) -> Any:
    """Factor by which a competitive antagonist raises the agonist's EC50 (Gaddum; ``slope`` is Schild's, 1 for true competition).

    >>> dose_ratio(9.0, 1.0)
    10.0
    """
    return 1.0 + (b / k) ** slope


def gaddum(a: Operand, ka: Operand, b: Operand, kb: Operand, n: Operand = 1.0) -> Any:
    """Response to an agonist ``a`` in the presence of a competitive antagonist ``b``, which is surmountable.

    >>> gaddum(1.0, 1.0, 1.0, 1.0) == occupancy(1.0, 2.0)
    True
    """
    x = (a / (ka * (1.0 + b / kb))) ** n
    return x / (1.0 + x)


def one_site(natural: Operand, drugs: Operand, response: Operand) -> Any:
    """Response of receptors to a natural agonist and drugs at the same site, from their loads (:func:`load`).

    Parameters
    ----------
    natural : load of the natural agonist, of efficacy 1.
    drugs : sum of the loads of all drugs at the site; occupancies of competitors are additive.
    response : sum of efficacy times load of the drugs: 0 for antagonists, 0..1 for partial agonists, negative for inverse ones.

    Examples
    --------
    A partial agonist of efficacy 0.3 lowers the response to a saturating natural one:

    >>> round(one_site(100.0, 0.0, 0.0), 3), round(one_site(100.0, 1000.0, 300.0), 3)
    (0.99, 0.363)
    """
    return (natural + response) / (1.0 + natural + drugs)


def modulated(occupied: Operand, limit: Operand) -> Any:
    """Factor on a quantity that a modulator scales to ``limit`` times its value at full occupancy.

    >>> modulated(0.5, 3.0)
    2.0
    """
    return 1.0 + (limit - 1.0) * occupied


def ternary_shift(c: Operand, k: Operand, alpha: Operand) -> Any:
    """Factor on the agonist's EC50 under an allosteric modulator of cooperativity ``alpha`` (above 1: potentiates), Ehlert 1988.

    >>> ternary_shift(0.0, 1.0, 4.0), round(ternary_shift(1e9, 1.0, 4.0), 3)
    (1.0, 0.25)
    """
    x = c / k
    return (1.0 + x) / (1.0 + alpha * x)


def woodhull(
    k: Operand, v: Operand, reference: Operand, delta: Operand, valence: Operand = 1.0, rt_f: float = RT_F
) -> Any:
    """Dissociation constant at ``v`` mV of a charged blocker that binds within the membrane field, from its value ``k`` at ``reference`` mV.

    >>> round(woodhull(1.0, -66.0 + 25.4, -66.0, 1.0), 3)
    2.718
    """
    return k * 2.718281828459045 ** (valence * delta * (v - reference) / rt_f)


def block_rates(c: Operand, k: Operand, koff: Operand) -> tuple[Any, Any]:
    """Binding and unbinding rates (1/ms) of an open-channel blocker while the channel is open: ``koff c / k`` and ``koff``.

    The relaxation rate is their sum: the onset of block speeds up with concentration, recovery does not.

    >>> block_rates(10.0, 5.0, 0.1)
    (0.2, 0.1)
    """
    return koff * c / k, koff


def uptake(s: Operand, vmax: Operand, km: Operand, loads: Operand = 0.0) -> Any:
    """Rate of a Michaelis-Menten transporter or enzyme; ``loads`` sums C/Ki of competitive inhibitors, which raise Km.

    >>> uptake(1.0, 2.0, 1.0), uptake(1.0, 2.0, 1.0, 2.0)
    (1.0, 0.5)
    """
    return vmax * s / (km * (1.0 + loads) + s)


def efflux(c: Operand, k: Operand, maximum: Operand) -> Any:
    """Outward flux (uM/ms) through a transporter that a releaser drives, independent of spikes.

    >>> efflux(1.0, 1.0, 0.002)
    0.001
    """
    return maximum * c / (c + k)


def content(c: Operand, k: Operand) -> Any:
    """Factor on the content of a vesicle: it grows linearly with the concentration of a precursor and doubles at ``k``.

    >>> content(33.0, 33.0)
    2.0
    """
    return 1.0 + c / k


def remove(c: float, time: float, vmax: float, km: float, rate: float) -> Any:
    """Exact solution of dc/dt = -vmax c/(km + c) - rate c after ``time`` ms; negative times integrate backwards.

    With y = ln c the solution is implicit, km/B y + vmax/(B rate) ln(1 + rate e^y/B) = const - t with B = rate km + vmax:
    increasing and convex, so that Newton's method converges from any start. Without ``rate`` it is Lambert's W.

    >>> round(remove(0.001, 50.0, 0.004, 0.2, 0.0) / 0.001, 3)
    0.369
    """
    if c <= 0.0:
        return 0.0
    if vmax <= 0.0:
        return c * exp(-rate * time)
    b = rate * km + vmax

    def implicit(y: float) -> Any:
        e = exp(y)
        x = rate * e / b
        tail = e / b if x < 1e-300 else log1p(x) / rate
        return km / b * y + vmax / b * tail

    y = log(c)
    known = implicit(y) - time
    for _ in range(60):
        e = exp(y)
        d = (implicit(y) - known) / (km / b + vmax / b * e / (b + rate * e))
        y -= d
        if abs(d) <= 1e-15 * max(1.0, abs(y)):
            break
    return exp(y)


def cleared(s: float | np.ndarray, vmax: float, km: float, t: float | np.ndarray, loads: float = 0.0) -> Any:
    """Concentration at time ``t`` (ms) under Michaelis-Menten uptake that starts at ``s``, in closed form with Lambert's W.

    >>> round(float(cleared(0.001, 0.004, 0.2, 50.0)) / 0.001, 3)
    0.369
    """
    from scipy.special import lambertw  # a reference solution; nothing else here needs SciPy

    k = km * (1.0 + loads)
    # W(e^z) without overflow: for large z the asymptotic start and two Newton steps are exact to rounding
    z = np.log(np.asarray(s, float) / k) + (s - vmax * np.asarray(t, float)) / k
    w = np.where(z < 500.0, np.real(lambertw(np.exp(np.minimum(z, 500.0)))), z - np.log(np.maximum(z, 1.0)))
    for _ in range(3):
        w = np.where(z < 500.0, w, w - (w + np.log(np.maximum(w, 1e-300)) - z) / (1.0 + 1.0 / np.maximum(w, 1e-300)))
    return k * w


def additivity(c1: Operand, c2: Operand, alone1: Operand, alone2: Operand) -> Any:
    """Loewe's combination index: 1 on the isobole of additive drugs, below for synergy, above for antagonism.

    ``alone1``, ``alone2`` are the concentrations that have the same effect when given alone.

    >>> additivity(0.5, 1.0, 1.0, 2.0)
    1.0
    """
    return c1 / alone1 + c2 / alone2
