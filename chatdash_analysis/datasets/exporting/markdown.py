"""Texts as Markdown that shows them as they are, whatever is in them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["bullets", "code_block", "escaped", "name", "one_line", "quoted", "table"]

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_]+")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# `:` and `.` where GitHub would make a link of an address.
_MARKS = re.compile(
    r"[\\`*\[\]{}|#~!$@^]|(?<=\w):(?=//)|(?i:(?<=www)\.)|(?i:(?<=mailto):)"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # inside a word it means nothing
)
# What at the start of a line makes a list, a rule or a heading.
_START = re.compile(r"\A(?:(?=[-+=])|\d{1,9}(?=[.)]))")


def one_line(text: str) -> str:
    """Return a text without line breaks and other things that cannot be printed."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())


def escaped(text: str) -> str:
    """Return a text in one line, in which no mark means anything to Markdown or HTML."""
    plain = re.sub("[&<>]", lambda found: _ENTITIES[found[0]], one_line(text))
    marked = _MARKS.sub(lambda found: f"\\{found[0]}", plain)
    return _START.sub(lambda found: f"{found[0]}\\", marked)


def name(text: str) -> str:
    """Return the name of a column: as code where it is an ordinary one."""
    return f"`{text}`" if _PLAIN_NAME.fullmatch(text) else escaped(text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are escaped already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def bullets(lines: Iterable[str]) -> str:
    """Return a list of lines that are escaped already."""
    return "\n".join(f"- {line}" for line in lines)


def quoted(text: str) -> str:
    """Return a text as a literal that Python, JSON and YAML read, and no fence breaks at."""
    return json.dumps(one_line(text), ensure_ascii=False).replace("`", "\\u0060")


def code_block(code: str, language: str) -> str:
    """Return code in a fence. Literals in it are made by `quoted` or by JSON."""
    safe = code.replace("`", "\\u0060")
    return f"```{language}\n{safe}\n```"
