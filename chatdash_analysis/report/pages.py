"""The page of a report: everything that goes in is text, and nothing in it acts."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING, Any

from chatdash_analysis.report.page_parts import MOST_ROWS, page_sections, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

    from chatdash_analysis.report.parts import Card, Material, Section

__all__ = ["page_text"]

_TEMPLATES = "chatdash_analysis.report"
_QUOTED = re.compile("(“[^”]*”)")
_MOST_CARDS = 4
_SOURCE = "data:image/svg+xml;base64,"


def page_text(
    title: str, sections: Sequence[Section], material: Material, *, most_rows: int = MOST_ROWS
) -> str:
    """Return the page as HTML: one file that asks for no other and runs nothing."""
    cards: list[Card] = [card for section in sections for card in section.cards]
    page = _environment().get_template("page.html.jinja")
    return page.render(
        title=title,
        period=material.now.label,
        before=material.before.label,
        tz=material.tz,
        cards=cards[:_MOST_CARDS],
        sections=page_sections(sections, most_rows=most_rows),
    )


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finished,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = resources.files(_TEMPLATES).joinpath("templates", "style.css").read_text("utf-8")
    # The only text that is not escaped: it is a file of this package.
    environment.globals["style"] = Markup(style)  # noqa: S704
    environment.filters["pieces"] = _pieces
    return environment


def _finished(value: Any) -> Any:
    """Return what a template writes; texts lose the signs that HTML cannot hold."""
    from markupsafe import Markup

    # A source of a picture is as long as the picture.
    if isinstance(value, Markup) or (isinstance(value, str) and value.startswith(_SOURCE)):
        return value
    text = plain(value)
    # A piece of a sentence keeps the space before the next one.
    return value if text == str(value).strip(" ") else text


def _pieces(text: str) -> list[tuple[str, bool]]:
    """Return a text in pieces, each with whether others wrote it."""
    return [(piece, piece[0] == "“") for piece in _QUOTED.split(text) if piece]
