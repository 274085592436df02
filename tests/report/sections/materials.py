"""What sections are made of in tests, and every text that a section holds."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.testing import assert_frame_equal

import chatdash_analysis as cda
from chatdash_analysis.report.parts import Figure, Material, Section, Table
from chatdash_analysis.report.periods import Period
from chatdash_analysis.showing import readable_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

TZ = "Europe/Berlin"
JUDGED = "evaluation_is_success"


def month(text: str, tz: str = TZ) -> Period:
    start = pd.Timestamp(f"{text}-01", tz=tz)
    return Period(text, start, start + pd.offsets.MonthBegin(1))


def material_of(conversations: pd.DataFrame, now: str = "2026-05", **how: Any) -> Material:
    """Return conversations as sections get them, for a month and the one before."""
    period, before = month(now), month(how.pop("before", "2026-04"))
    frame = conversations if "user_id" in conversations else cda.identify_users(conversations)
    frame = frame[frame["created_at"] < period.end]
    frame = frame.sort_values(["created_at", "conversation_id"], ignore_index=True)
    defaults: dict[str, Any] = {"tz": TZ, "outcome": JUDGED, "min_users": 5}
    return Material(frame, period, before, **defaults | how)


def without_questions(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(misunderstood_queries="[]", misunderstood_count=0)


def nobody_known(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(user_id=pd.Series(None, index=frame.index, dtype="str"))


def nobody_judged(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{JUDGED: pd.Series(None, index=frame.index, dtype="boolean")})


def tables(section: Section) -> list[Table]:
    return [part.table if isinstance(part, Figure) else part for part in section.parts]


def table_of(section: Section, caption: str) -> pd.DataFrame:
    """Return the frame of the table whose caption begins so."""
    (found,) = [table.frame for table in tables(section) if table.caption.startswith(caption)]
    return found


def said(section: Section) -> str:
    return " ".join([*section.sentences, *section.notes])


def texts(thing: Any) -> Iterator[str]:
    """Yield every text in a section, down to the last cell of each table, shown or not."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, bytes):
        yield thing.decode()
    elif isinstance(thing, pd.DataFrame):
        yield from map(str, thing.columns)
        for name in thing.columns:
            yield from map(str, thing[name].unique())
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from texts(getattr(thing, field.name))
    elif isinstance(thing, list | tuple):
        for part in thing:
            yield from texts(part)


def assert_same(one: Section, other: Section) -> None:
    """Compare two sections: words, captions, pictures to the byte, tables to the last cell."""
    assert (one.title, list(one.sentences)) == (other.title, list(other.sentences))
    assert list(one.notes) == list(other.notes)
    pictures = [
        [(part.picture, part.alt) for part in section.parts if isinstance(part, Figure)]
        for section in (one, other)
    ]
    assert pictures[0] == pictures[1]
    for mine, yours in zip(tables(one), tables(other), strict=True):
        assert (mine.caption, mine.method) == (yours.caption, yours.method)
        assert_frame_equal(mine.frame, yours.frame)


def assert_sound(section: Section) -> None:
    """Check what holds of every section: words everywhere, and no number that is none."""
    assert section.sentences
    for words in (*section.sentences, *section.notes):
        assert words[0] != " "
        assert words[-1] in ".!"
        assert not {"nan", "NaN", "None", "<NA>", "NaT"} & set(words.replace(",", " ").split())
    for part in section.parts:
        table = part.table if isinstance(part, Figure) else part
        assert table.caption
        assert table.method.endswith(".")
        assert set(table.columns or ()) <= set(table.frame.columns)
        # Words for a heading that the table does not have would be lost.
        assert set(table.headings) <= set(readable_table(table.frame, table.columns).columns)
        if isinstance(part, Figure):
            assert part.picture.startswith(b"<?xml")
            assert len(part.alt) > 40


def drawn_texts(monkeypatch: pytest.MonkeyPatch, module: Any) -> list[str]:
    """Draw as ever, and note the texts that stand in the pictures of a section."""
    found: list[str] = []
    draw = module.picture

    def noting(plot: Any, table: pd.DataFrame, **how: Any) -> bytes:
        def plotted(rows: pd.DataFrame, *, ax: Any, **arguments: Any) -> None:
            from matplotlib.text import Text

            plot(rows, ax=ax, **arguments)
            found.extend(text.get_text() for text in ax.figure.findobj(Text))

        return draw(plotted, table, **how)

    monkeypatch.setattr(module, "picture", noting)
    return found
