"""What a report is made of: material that every section reads, and what a section gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from chatdash_analysis.report.periods import Period

__all__ = ["Card", "Figure", "Material", "Section", "Table"]


@dataclass(frozen=True)
class Material:
    """What every section reads.

    Attributes
    ----------
    conversations : pandas.DataFrame
        All conversations before the end of the period, in an order of their own, with ``user_id``.
    now, before : Period
        The period of the report and the one it is compared with.
    tz : str
        Name of the time zone in which days, hours and months are meant.
    outcome : str
        Column that says whether a conversation succeeded.
    min_users : int
        Least number of people behind a text that is shown.
    sightings : pandas.DataFrame or None
        When the cache saw each conversation, as `load_sightings` gives it.
    undated : int
        How many conversations were left out, as nobody knows when they were.
    impossible : int
        How many conversations had a length or a cost below nought or without end, which is
        missing here.
    """

    conversations: pd.DataFrame
    now: Period
    before: Period
    tz: str
    outcome: str
    min_users: int
    sightings: pd.DataFrame | None = None
    undated: int = 0
    impossible: int = 0

    @property
    def current(self) -> pd.DataFrame:
        """Conversations that started in the period."""
        return self.now.of(self.conversations)

    @property
    def previous(self) -> pd.DataFrame:
        """Conversations that started in the period it is compared with."""
        return self.before.of(self.conversations)


@dataclass(frozen=True)
class Table:
    """A table as a public function gave it, and how it came about.

    Attributes
    ----------
    caption : str
        What it shows, in the words of a client.
    method : str
        One line, ``public_function: how it counts.``, the latter in the words of a client.
    frame : pandas.DataFrame
        The table; formatted when it is written.
    columns : sequence of str, optional
        Columns that are shown, in this order; default: all.
    open : bool
        Whether it is shown unfolded.
    headings : mapping of str to str
        Headings of this table alone, such as ``{"Successes": "Calls"}``.
    """

    caption: str
    method: str
    frame: pd.DataFrame
    columns: Sequence[str] | None = None
    open: bool = False
    headings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """A picture and the table that it was drawn from.

    Attributes
    ----------
    picture : bytes
        An SVG drawing.
    alt : str
        What the picture shows, with its main figures, for those who cannot see it.
    table : Table
        Every figure in the picture.
    """

    picture: bytes
    alt: str
    table: Table


@dataclass(frozen=True)
class Card:
    """A key figure at the top of the page, as plain text.

    Attributes
    ----------
    name : str
        What it counts.
    value : str
        The figure.
    beside : str
        Its interval, n and what it was before.
    """

    name: str
    value: str
    beside: str


@dataclass(frozen=True)
class Section:
    """One part of a report.

    Attributes
    ----------
    anchor : str
        Name in links.
    title : str
        Heading.
    sentences : sequence of str
        What it says, a paragraph each, as plain text.
    parts : sequence of Figure or Table
        In the order of reading.
    notes : sequence of str
        Cautions, as plain text: what is missing, provisional or too small.
    cards : sequence of Card
        Key figures for the top of the page.
    """

    anchor: str
    title: str
    sentences: Sequence[str] = ()
    parts: Sequence[Figure | Table] = field(default=())
    notes: Sequence[str] = ()
    cards: Sequence[Card] = ()
