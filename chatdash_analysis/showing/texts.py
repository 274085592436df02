"""Texts of customers and agencies as one harmless line."""

from __future__ import annotations

import unicodedata

__all__ = ["one_line"]

# Hidden characters that change the order in which others are shown.
_STEERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """Return a text as one line, without characters that steer how others are shown."""
    # Most texts have no such character, and long ones take long character by character.
    visible = text if text.isprintable() else "".join(map(_visible, text))
    return " ".join(visible.split())


def _visible(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    if kind == "Cs":
        # Half a character cannot be written to a file.
        return "\N{REPLACEMENT CHARACTER}"
    return "" if character in _STEERING else character
