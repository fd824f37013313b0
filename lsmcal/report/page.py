"""The HTML page: its parts, its look, and numbers as text."""

from __future__ import annotations

import base64
import html
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from lsmcal.core.words import printable

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.8rem; margin-bottom: 0; }
h2 { font-size: 1.25rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc; }
.lead { color: #444; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.88rem; margin: 0.6rem 0; }
th, td { padding: 0.2rem 0.7rem; text-align: right; border-bottom: 1px solid #e4e4e4; vertical-align: top; }
th:first-child, td:first-child, .text td, .text th { text-align: left; }
td.short { white-space: nowrap; }
th { background: #f5f5f5; font-weight: 600; }
figure { margin: 1rem 0; } figure img { max-width: 100%; } figcaption { color: #555; font-size: 0.88rem; }
pre { background: #f5f5f5; font-size: 0.88rem; padding: 0.7rem; overflow-x: auto; }
.note { background: #fff7e0; padding: 0.5rem 0.8rem; }
@media print {
  body { max-width: none; margin: 0; font-size: 11pt; } h2 { break-after: avoid; } pre { white-space: pre-wrap; }
  figure, tr { break-inside: avoid; } .table { overflow: visible; } table { font-size: 8.5pt; }
}
"""
#: Characters of a cell that is not broken into lines.
_SHORT = 20


def _safe(text: str, quote: bool = True) -> str:
    """Text as HTML shows it, control characters as escapes."""
    return html.escape(printable(text), quote=quote)


@dataclass
class Page:
    """The parts of the page, in order; all text is escaped."""

    parts: list[str] = field(default_factory=list)

    def title(self, text: str) -> None:
        """The heading of the whole page."""
        self.parts.append(f"<h1>{_safe(text)}</h1>")

    def heading(self, text: str) -> None:
        """The heading of a section."""
        self.parts.append(f"<h2>{_safe(text)}</h2>")

    def paragraph(self, text: str, kind: str = "") -> None:
        """A paragraph; ``kind`` "note" stands out."""
        self.parts.append(f'<p class="{kind}">{_safe(text)}</p>' if kind else f"<p>{_safe(text)}</p>")

    def note(self, text: str) -> None:
        """What a reader must not miss: something is absent or doubtful."""
        self.paragraph(text, "note")

    def code(self, text: str) -> None:
        """Commands, or a file."""
        self.parts.append(f"<pre>{_safe(text)}</pre>")

    def folded(self, summary: str, text: str) -> None:
        """A long text that opens on a click."""
        self.parts.append(f"<details><summary>{_safe(summary)}</summary><pre>{_safe(text)}</pre></details>")

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]], text: bool = False) -> None:
        """A table; the first column is text, the others numbers unless all are ``text``. No head without words."""
        cells = "".join(f"<th>{_safe(str(cell))}</th>" for cell in head)
        head_row = f"<thead><tr>{cells}</tr></thead>" if any(head) else ""
        body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
        kind = "table text" if text else "table"
        self.parts.append(f'<div class="{kind}"><table>{head_row}<tbody>{body}</tbody></table></div>')

    def figure(self, figure, caption: str) -> bytes:
        """A matplotlib figure, embedded as the PNG that is returned."""
        from lsmcal.figures.style import to_png

        png = to_png(figure)
        data = base64.b64encode(png).decode()
        image = f'<img alt="{_safe(caption, quote=True)}" src="data:image/png;base64,{data}">'
        self.parts.append(f"<figure>{image}<figcaption>{_safe(caption)}</figcaption></figure>")
        return png

    def html(self, title: str) -> str:
        """The whole page."""
        view = '<meta name="viewport" content="width=device-width, initial-scale=1">'
        head = f'<meta charset="utf-8">{view}<title>{_safe(title)}</title><style>{_STYLE}</style>'
        body = "\n".join(self.parts)
        return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _cell(content: object) -> str:
    """A cell of a table; a unit or a range stays on one line."""
    text = str(content)
    kind = ' class="short"' if len(text) <= _SHORT and (" " in text or "-" in text) else ""
    return f"<td{kind}>{_safe(text)}</td>"


def number(value, digits: int = 2) -> str:
    """A number with so many decimals, a dash where there is none."""
    return "–" if value is None or not np.isfinite(value) else f"{value:.{digits}f}"


def short(value) -> str:
    """A number with four digits that count, a dash where there is none."""
    return "–" if value is None or not np.isfinite(value) else f"{value:.4g}"


def options_text(case) -> str:
    """The options that changed a case, to be put after its name in a command; empty without any."""
    return f" {shlex.join(case.options)}" if case.options else ""
