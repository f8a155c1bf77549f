"""What a notebook shows in place of a line of text: HTML with pictures and tables, without JavaScript, made when it is shown."""

from __future__ import annotations

from collections.abc import Collection

LIMIT = 100_000  # characters of HTML


class Shown:
    """Base of what notebooks show as HTML (Jupyter, VS Code, Colab, marimo).

    Examples
    --------
    >>> import amine as am
    >>> sorted(am.models.get("lif")._repr_mimebundle_())
    ['text/html', 'text/plain']
    """

    __slots__ = ()

    def html(self) -> str:
        """Return this as HTML: pictures and tables, without JavaScript, below 100 kB."""
        from amine.view.notebook import html_of  # the door to figures

        return html_of(self)

    def _repr_html_(self) -> str | None:
        """HTML for a notebook, or None if it cannot be made: a notebook then shows text."""
        try:
            text = self.html()
        except Exception:
            return None
        return text if len(text) <= LIMIT else None

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        out = {"text/plain": repr(self)}
        wanted = (not include or "text/html" in include) and "text/html" not in (exclude or ())
        text = self._repr_html_() if wanted else None
        return out if text is None else {**out, "text/html": text}


__all__ = ["LIMIT", "Shown"]
