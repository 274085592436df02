"""Texts that the fonts of this machine can draw.

matplotlib warns of each character that its font lacks and draws a box for it. A figure is drawn
long after its plot function returned, so the text itself has to be right: a font that is installed
here and has the character is named for this text alone, and what no font has is replaced.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["drawable", "plain"]


def drawable(text: str) -> str:
    """Return the text with one sign in place of the characters that no font of this machine has."""
    sign = "\ufffd" if _can_draw("\ufffd") else "?"
    runs = groupby(text, key=_can_draw)
    return "".join("".join(run) if can else sign for can, run in runs)


def plain(texts: Iterable[str]) -> dict[str, Any]:
    """Return the text properties that show these texts as they are: no mathematics, no TeX."""
    properties: dict[str, Any] = {"parse_math": False, "usetex": False}
    more = {_other_font(character) for text in texts for character in set(text)} - {""}
    if more:
        properties["family"] = [*_families(), *sorted(more)]
    return properties


def _can_draw(character: str) -> bool:
    return character.isascii() or _covered(character, _families()) or _other_font(character) != ""


def _other_font(character: str) -> str:
    """Return the family that is needed besides the usual ones, or nothing."""
    if character.isascii() or _covered(character, _families()):
        return ""
    return _search(character)


def _families() -> tuple[str, ...]:
    """Return the families in which text is drawn now, those that are installed."""
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties

    names: list[str] = []
    for family in FontProperties().get_family():
        generic = f"font.{family}" in mpl.rcParams
        names += mpl.rcParams[f"font.{family}"] if generic else [family]  # type: ignore[index]
    installed = (name for name in names if f"font.{name}" not in mpl.rcParams and _path(name))
    return tuple(installed) or ("DejaVu Sans",)


@lru_cache(maxsize=256)
def _path(family: str) -> str:
    from matplotlib.font_manager import FontProperties, findfont

    try:
        return str(findfont(FontProperties(family=[family]), fallback_to_default=False))
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def _covered(character: str, families: tuple[str, ...]) -> bool:
    return any(_has(_path(family), character) for family in families)


def _has(path: str, character: str) -> bool:
    from matplotlib.font_manager import get_font

    return get_font(path).get_char_index(ord(character)) != 0


@lru_cache(maxsize=4096)
def _search(character: str) -> str:
    """Return the first installed family that has the character in its upright regular font."""
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager

    # The fonts that come with matplotlib are for mathematics, or draw a box for everything.
    own = mpl.get_data_path()
    having = (
        font.name
        for font in sorted(fontManager.ttflist, key=lambda font: (font.name, font.fname))
        if not font.fname.startswith(own)
        and (font.style, font.weight) in {("normal", 400), ("normal", "normal")}
        and _has(font.fname, character)
    )
    return next(having, "")
