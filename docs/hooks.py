"""Fills pages from the package itself when the site is built: models, circuits, recordings, and what each block of code prints and draws."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from blocks import with_outputs

RECORDINGS: dict[str, tuple[str, list[float]]] = {}  # experiments of the lab that pages show: control and values
TITLES = {"neuron": "Neurons", "receptor": "Receptors", "release": "Release", "source": "Sources of spikes"}


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Replaces the marker of each generated part, and puts under each Python block what it gives."""
    if "<!-- models -->" in markdown:
        markdown = markdown.replace("<!-- models -->", models())
    if "<!-- circuits -->" in markdown:
        markdown = markdown.replace("<!-- circuits -->", circuits())
    markdown = re.sub(r"<!-- example (\w+) -->", lambda m: example(m[1]), markdown)
    markdown = re.sub(r"<!-- recording (\w+) (\S+) ([\d. ]+) -->", lambda m: recording(*m.groups()), markdown)
    return with_outputs(markdown, page.file.src_uri)


def recording(name: str, over: str, values: str) -> str:
    """A recorded experiment of the lab as a page within the page."""
    RECORDINGS[name] = over, [float(x) for x in values.split()]
    address = f"../recorded/{name}.html"
    frame = f'<iframe src="{address}" title="A recording of {name}" loading="lazy" width="100%" height="860"></iframe>'
    return f'{frame}\n\n<a href="{address}">The recording on a page of its own</a>\n'


def on_post_build(config: Any, **_: Any) -> None:
    """Records the experiments that pages show."""
    from amine import lab

    for name, (over, values) in RECORDINGS.items():
        path = Path(config["site_dir"]) / "recorded" / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        lab.record(name, over, values, path, overwrite=True)


def example(name: str) -> str:
    """The code of an example of the gallery, which is not run when the site is built."""
    path = Path(__file__).parents[1] / "examples" / "gallery" / f"{name}.py"
    return f"```py\n{path.read_text().strip()}\n```"


def models() -> str:
    """All models of the library, by kind."""
    from amine import models as library

    parts = []
    for kind, title in TITLES.items():
        parts.append(f"## {title}\n")
        parts += [_model(library.get(name)) for name in library.names(kind)]
    return "\n".join(parts)


def _model(m: Any) -> str:
    text = [f"### `{m.name}`\n", _plain(m.doc) + "\n"]
    if m.equations.strip():
        text += ["```text", m.equations.strip(), "```\n", _latex(m) + "\n"]
    if m.units:
        text += ["| parameter | default | unit | meaning |", "|---|---|---|---|"]
        text += [
            f"| `{n}` | {_value(m.parameters[n])} | {_unit(u)} | {m.symbols.get(n, '')} |" for n, u in m.units.items()
        ]
        text.append("")
    if m.kind == "receptor":
        text.append(f"Unit of the weight: {_unit(m.weight_unit)}.\n")
    if m.integrators:
        text.append(
            "Advanced by: " + ", ".join(f"`{s}` {how.replace('_', ' ')}" for s, how in m.integrators.items()) + ".\n"
        )
    if m.receptors:
        text.append("Receptors from the start: " + ", ".join(f"`{label}`" for label in m.receptors) + ".\n")
    if m.source:
        text.append(f"Source: {_plain(m.source)}.\n")
    return "\n".join(text)


def _latex(m: Any) -> str:
    lines = [_aligned(line) for line in m.latex().splitlines()]
    return "\\[\n\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}\n\\]" if lines else ""


def _aligned(line: str) -> str:
    left, equals, right = line.partition(" = ")
    return f"{left} &= {right}" if equals and not line.startswith("\\text") else f"& {line}"


def _plain(text: str) -> str:
    """Text in which names with underscores stay as they are."""
    return text.replace("``", "`").replace("_", "\\_") if "`" not in text else text.replace("``", "`")


def _value(value: Any) -> str:
    return (
        f"`{value}`"
        if isinstance(value, str)
        else "none"
        if getattr(getattr(value, "values", None), "size", 1) == 0
        else f"`{value!r}`"
    )


def _unit(unit: str) -> str:
    return "none (a number)" if unit == "1" else f"`{unit}`"


def circuits() -> str:
    """All circuits with their arguments and sources."""
    from amine import circuits as library

    parts = []
    for name in library.names():
        make = library.get(name)
        arguments = ", ".join(f"{k}={p.default!r}" for k, p in inspect.signature(make).parameters.items())
        size = make().estimate()
        parts += [
            f"## `{name}`\n",
            f"`{name}({arguments})`\n",
            *_docstring(make),
            f"At full size: {size['neurons']:,} neurons, "
            f"{size['synapses']:,} synapses expected, {size['synapse_bytes'] / 1e6:,.0f} MB for them in float32.\n",
            f"Source: {(inspect.getdoc(inspect.getmodule(make)) or '').splitlines()[0]}\n",
        ]
    return "\n".join(parts)


def _docstring(make: Any) -> list[str]:
    """The prose of a docstring and its parameters as a list, without the examples."""
    text = (inspect.getdoc(make) or "").split("\n>>> ")[0].split("\nExamples\n")[0]
    prose, _, parameters = text.partition("Parameters\n----------\n")
    out = [" ".join(line.strip() for line in prose.split("\n\n")[0].splitlines()).replace(":func:", "") + "\n"]
    rest = " ".join(prose.split("\n\n")[1:]).replace("\n", " ").replace(":func:", "").strip()
    if rest:
        out.append(rest + "\n")
    items: list[str] = []
    for line in parameters.splitlines():
        if line.startswith(" ") and items:
            items[-1] += " " + line.strip()
        elif line.strip():
            name, _, meaning = line.partition(" : ")
            items.append(f"- `{name}`: {meaning}")
    return [*out, "\n".join(items) + "\n" if items else ""]
