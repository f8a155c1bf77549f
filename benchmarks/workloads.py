"""What is measured: groups of contestants that take turns, and the claims made about them.

A group's contestants run one after the other, round after round; a claim is about two of them (ratio of their
times in the same round) or about one (a bound). ``limit`` names the C program printed beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from _contest import Amine, Draw, Limit, Peer, Start
from cables import cables
from chemistry import chemistry
from plasticity import plasticity
from training import training


@dataclass(frozen=True)
class Claim:
    """``slow`` over ``fast`` is at least ``least`` or at most ``most``; or ``what`` of ``fast`` is."""

    text: str
    fast: str
    slow: str = ""
    least: float | None = None
    most: float | None = None
    what: str = "s per bio s"
    required: bool = True


@dataclass(frozen=True)
class Group:
    """Contestants by name (made late, so that listing costs nothing) and the claims about them."""

    name: str
    contestants: dict[str, Callable[[], object]]
    claims: list[Claim]
    subject: str = "amine"
    limit: str = "limit in C"
    needs: str = ""
    notes: list[str] = field(default_factory=list)


def against(brian: float | None, nest: float | None) -> list[Claim]:
    """The usual claims of a workload."""
    claims = []
    if brian:
        claims.append(Claim(f"{brian:g} times Brian2", "amine", "brian2", least=brian))
    if nest:
        claims.append(Claim(f"{nest:g} times NEST", "amine", "nest", least=nest))
    return claims


def random_network(name: str, n: int, nest_bio: float, claims: list[Claim], quick: bool, two: bool = False) -> Group:
    """A Brette network of ``n`` neurons: amine, Brian2 in float32, NEST and the limit, one thread each."""
    bio = 1.0 if n <= 20_000 and not quick else 0.5
    warm = {"coba": min(1.0, nest_bio * 100), "cuba": 1.0, "cobahh": 100.0}[name]
    size = ("--neurons", str(n))
    contestants: dict[str, Callable[[], object]] = {"amine": lambda: Amine(name, bio, *size)}
    if two:
        contestants["amine, 2 threads"] = lambda: Amine(name, bio, *size, threads=2)
        claims = [*claims, Claim("2 threads over 1", "amine, 2 threads", "amine", least=1.6)]
    contestants["brian2"] = lambda: Peer(f"{name}_brian2.py", "--n", str(n), "--bio", str(bio))
    contestants["nest"] = lambda: Peer(f"{name}_nest.py", "--n", str(n), "--bio", str(nest_bio), "--warm", str(warm))
    contestants["limit in C"] = lambda: Limit(name, str(n), str(bio))
    return Group(f"{name} {n}", contestants, claims)


def microcircuit(quick: bool) -> list[Group]:
    """Full scale (a tenth with ``quick``), DC and Poisson drive; and a tenth against NEST."""
    scale, bio = (0.3, 0.5) if quick else (1.0, 1.0)
    size, small = ("--scale", str(scale)), ("--scale", "0.05")
    bounds = [
        Claim("1 thread, at most 7 s", "amine", most=7.0),
        Claim("2 threads, at most 4 s", "amine, 2 threads", most=4.0),
        Claim("at most 4 GB", "amine", most=4096.0, what="MB"),
        Claim("at most 4 GB, 2 threads", "amine, 2 threads", most=4096.0, what="MB"),
        Claim("built in 60 s", "amine", most=60.0, what="s to build"),
        Claim("Poisson drive at most 1.6 times DC", "amine", "amine, Poisson", most=1.6),
        Claim("Poisson drive at most 4 GB", "amine, Poisson", most=4096.0, what="MB"),
    ]
    full = Group(
        f"microcircuit scale {scale:g}",
        {
            "amine": lambda: Amine("microcircuit", bio, *size, "--drive", "dc", small=small),
            "amine, 2 threads": lambda: Amine("microcircuit", bio, *size, "--drive", "dc", threads=2, small=small),
            "amine, Poisson": lambda: Amine("microcircuit", bio, *size, "--drive", "poisson", small=small),
            "limit in C": lambda: Limit("microcircuit", str(scale), str(bio)),
        },
        bounds,
        notes=[
            "Recorded before, on another 2-core machine: NEST 3.10 at full scale, Poisson drive, 4 threads: "
            "167 s per biological second, 14.4 GB, built in 200 s."
        ],
    )
    tenth = Group(
        "microcircuit scale 0.1, Poisson drive",
        {
            "amine": lambda: Amine("microcircuit", 1.0, "--scale", "0.1", "--drive", "poisson"),
            "nest": lambda: Peer("microcircuit_nest.py", "--scale", "0.1", "--bio", "0.5"),
        },
        [Claim("against NEST", "amine", "nest", required=False)],
        limit="",
    )
    return [full, tenth]


def starts() -> Group:
    """Process start to first step, cold and warm; Brian2's compile time beside it."""
    return Group(
        "start of coba 4000",
        {
            "amine, cold": lambda: Start("coba", "--neurons", "4000", cold=True),
            "amine, warm": lambda: Start("coba", "--neurons", "4000", cold=False),
        },
        [
            Claim("cold, at most 5 s", "amine, cold", most=5.0, what="s"),
            Claim("warm, at most 1.2 s", "amine, warm", most=1.2, what="s"),
        ],
        subject="amine, cold",
        limit="",
    )


def drawing(quick: bool) -> list[Group]:
    """Drawing random connectivity on one core."""
    millions = 10 if quick else 100
    groups = []
    for kind, most in (("shared", 6.0), ("individual", 20.0)):
        scale = str((millions / 298.88) ** 0.5)
        inputs = str(10 * millions)
        limits = {
            "shared": lambda inputs=inputs: Limit("coba", "100000", "0.001", "1", inputs, field="build_s"),
            "individual": lambda scale=scale: Limit("microcircuit", scale, "0.001", "1", "0", field="build_s"),
        }
        most_bytes = 5.0 if kind == "shared" else 9.0
        groups.append(
            Group(
                f"drawing {millions} million synapses, {kind}",
                {"amine": lambda kind=kind: Draw(kind, millions * 1e6), "limit in C": limits[kind]},
                [
                    Claim(f"at most {most * millions / 100:g} s", "amine", most=most * millions / 100, what="s"),
                    Claim(
                        f"at most {most_bytes:g} bytes a synapse",
                        "amine",
                        most=most_bytes,
                        what="bytes a synapse",
                    ),
                ],
            )
        )
    return groups


def groups(quick: bool) -> list[Group]:
    """Everything, in the order of the table."""
    networks = [
        random_network("coba", 4_000, 0.5, against(8, 100), quick),
        random_network("coba", 20_000, 0.1, against(8, 100), quick),
        random_network("coba", 100_000, 0.02, against(8, 100), quick, two=True),
        random_network("cuba", 4_000, 1.0, against(6, 30), quick),
        random_network("cuba", 20_000, 0.5, against(6, 30), quick),
        random_network("cobahh", 4_000, 0.1, against(8, None), quick),
    ]
    return [
        *networks,
        *microcircuit(quick),
        starts(),
        *drawing(quick),
        *cables(quick),
        *plasticity(quick),
        *training(),
        *chemistry(quick),
    ]
