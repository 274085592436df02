"""One table on what a load holds, lacks, changed or should be doubted."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.flattening.catalogue import field_catalogue
from chatdash_analysis.flattening.names import CLASH
from chatdash_analysis.schema import BY_NAME, COLUMNS
from chatdash_analysis.tables import require_columns, typed_table

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quality_report"]

_DTYPES = {
    "check": "str",
    "agent_id": "str",
    "column": "str",
    "count": "int64",
    "total": "int64",
    "share": "float64",
    "detail": "str",
}
_BY_PATH = {c.path.partition("[")[0]: c.name for c in COLUMNS if c.path}
# An agent is silent by chance for a stretch in which it usually has this many
# conversations once in e**12, some 160,000 stretches.
_EXPECTED = 12
_SHORTEST = pd.Timedelta(days=2)

Row = tuple[str, object, object, int, int, str]


def quality_report(conversations: pd.DataFrame) -> pd.DataFrame:
    """Report on the quality of loaded conversations.

    Parameters
    ----------
    conversations : pandas.DataFrame
        A table as `load_conversations` or `read_conversations` return it.

    Returns
    -------
    pandas.DataFrame
        One row a finding: ``check``, ``agent_id``, ``column``, ``count`` of ``total``,
        ``share`` (their ratio) and ``detail``. The checks are ``rows`` (conversations
        of an agent), ``coverage`` (values in a column), ``coerced`` (values that were
        turned into the type of their column), ``rejected`` (values that could not be,
        and are missing), ``unknown_property`` (kept in ``other_properties``),
        ``replaced_characters`` (texts that were no sound Unicode), ``missing_id``,
        ``conflict`` (fields whose values differ in type), ``name_clash`` (fields whose
        column has a suffix, because another field has the name), ``no_column`` (fields
        beyond the largest number of columns), ``gap`` (stretches that could
        not be loaded), ``rejected_rows`` (list elements that were no conversations),
        ``ingestion_gap`` (an agent without conversations for unusually long) and
        ``unit`` (cost or duration that look like another unit).

    Raises
    ------
    MissingColumnsError
        If a declared column is not there.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> report = cda.quality_report(cda.load_sample(300))
    >>> int(report.loc[report["check"] == "rows", "count"].sum())
    300
    """
    require_columns(conversations, [c.name for c in COLUMNS], "quality_report")
    plain = _plain(conversations)
    found = [row for check in _CHECKS for row in check(plain)]
    rows = [
        (check, agent, column, count, total, count / total if total else np.nan, detail)
        for check, agent, column, count, total, detail in found
    ]
    return typed_table(rows, _DTYPES)


def _plain(conversations: pd.DataFrame) -> pd.DataFrame:
    """Return the table as it was loaded, whatever concatenating or CSV did to it."""
    origin = conversations.attrs
    plain = conversations.reset_index(drop=True)
    dtypes = {c.name: c.dtype for c in COLUMNS if plain[c.name].dtype != c.dtype}
    instants = {
        n: pd.to_datetime(plain[n], utc=True) for n in dtypes if BY_NAME[n].kind == "instant"
    }
    plain = plain.assign(**instants).astype(dtypes)
    plain.attrs = origin
    return plain


def _rows(conversations: pd.DataFrame) -> Iterator[Row]:
    for agent, count in conversations["agent_id"].value_counts(dropna=False).sort_index().items():
        yield "rows", agent, None, int(count), len(conversations), ""


def _coverage(conversations: pd.DataFrame) -> Iterator[Row]:
    for name in conversations.columns:
        count = int(conversations[name].notna().sum())
        yield "coverage", None, name, count, len(conversations), ""


def _other_properties(conversations: pd.DataFrame) -> Iterator[Row]:
    held = conversations[conversations["other_properties"].notna()]
    counts: Counter[tuple[str, str, str]] = Counter()
    for place, text in held["other_properties"].items():
        for key in json.loads(text):
            counts[_verdict(held, place, key)] += 1
    for (check, column, key), count in sorted(counts.items()):
        yield check, None, column, count, len(conversations), f"property {key}"


def _verdict(held: pd.DataFrame, place: object, key: str) -> tuple[str, str, str]:
    column = _BY_PATH.get(key, "")
    if not column:
        return "unknown_property", "other_properties", key
    if column == "conversation_id":
        return "missing_id", column, key
    fits = held[column].notna().loc[place]
    return "coerced" if fits else "rejected", column, key


def _replaced(conversations: pd.DataFrame) -> Iterator[Row]:
    for column in COLUMNS:
        if column.kind == "text":
            broken = conversations[column.name].str.contains("\ufffd", regex=False)
            if count := int(broken.fillna(False).sum()):
                yield "replaced_characters", None, column.name, count, len(conversations), ""


def _fields(conversations: pd.DataFrame) -> Iterator[Row]:
    catalogue = field_catalogue(conversations)
    clashing = catalogue[catalogue["column"].str.contains(CLASH).fillna(False)]
    for field in clashing.to_dict("records"):
        detail = f"field {field['raw_key']} shares its name with another field"
        names = field["agent_id"], field["column"]
        yield "name_clash", *names, field["values"], field["rows"], detail
    for field in catalogue[catalogue["column"].isna()].to_dict("records"):
        detail = f"field {field['raw_key']} stayed in custom_analysis: there are too many fields"
        yield "no_column", field["agent_id"], None, field["values"], field["rows"], detail
    for field in catalogue[catalogue["conflicts"] > 0].to_dict("records"):
        detail = f"field {field['raw_key']}"
        names = field["agent_id"], field["column"]
        yield "conflict", *names, field["conflicts"], field["values"], detail


def _gaps(conversations: pd.DataFrame) -> Iterator[Row]:
    origin = conversations.attrs.get("chatdash", {})
    for gap in origin.get("gaps", []):
        detail = "{start} to {end}, record={record}, interacted={interacted}: {reason}"
        yield "gap", gap["agent_id"], None, 1, 1, detail.format(**gap)
    if rejected := origin.get("rejected", 0):
        total = len(conversations) + rejected
        yield "rejected_rows", None, None, rejected, total, "list elements that are no objects"


def _ingestion_gaps(conversations: pd.DataFrame) -> Iterator[Row]:
    dated = conversations.dropna(subset=["created_at"])
    for agent, times in dated.groupby("agent_id")["created_at"]:
        ordered = times.sort_values(ignore_index=True)
        usual = (ordered.iloc[-1] - ordered.iloc[0]) / max(len(ordered) - 1, 1)
        limit = max(_SHORTEST, _EXPECTED * usual)
        # Silence up to the end of what was asked for counts, too.
        seen = pd.concat([ordered, _until(conversations)], ignore_index=True)
        pauses = seen.diff().iloc[1:]
        for place in pauses.index[pauses > limit]:
            pause = pauses.loc[place]
            end = seen.loc[place]
            detail = f"no conversations from {end - pause:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
            yield "ingestion_gap", agent, "created_at", 1, len(ordered), detail


def _until(conversations: pd.DataFrame) -> pd.Series:
    origin = conversations.attrs.get("chatdash", {})
    ends = [pd.Timestamp(origin[key]) for key in ("end", "fetched_at") if origin.get(key)]
    return pd.Series([min(ends)] if ends else [], dtype="datetime64[us, UTC]")


def _units(conversations: pd.DataFrame) -> Iterator[Row]:
    calls = conversations[conversations["duration_minutes"].gt(0)]
    for agent, part in calls.groupby("agent_id"):
        ratio, count = _median(
            (part["ended_at"] - part["created_at"]).dt.total_seconds() / 60, part
        )
        if count and not 0.5 < ratio < 2:
            detail = f"duration is {ratio:.3g} times the minutes from creation to end"
            yield (
                "unit",
                agent,
                "duration_minutes",
                count,
                len(part),
                detail + _duration_unit(ratio),
            )
        priced = part[part["cost"].gt(0)]
        if len(priced) and (
            unit := _cost_unit(float((priced["cost"] / priced["duration_minutes"]).median()))
        ):
            yield "unit", agent, "cost", len(priced), len(part), unit


def _median(minutes: pd.Series, part: pd.DataFrame) -> tuple[float, int]:
    timed = minutes[minutes > 0]
    if timed.empty:
        return 1.0, 0
    return float((part["duration_minutes"] / timed).median()), len(timed)


def _duration_unit(ratio: float) -> str:
    for factor, unit in ((60, "seconds"), (60_000, "milliseconds")):
        if 0.5 < ratio / factor < 2:
            return f": looks like {unit}"
    return ""


def _cost_unit(per_minute: float) -> str:
    if 0.03 <= per_minute <= 0.6:
        return ""
    looks = (
        "cents" if 3 <= per_minute <= 60 else "credits" if per_minute >= 100 else "no known unit"
    )
    return f"median cost per minute {per_minute:.3g}: looks like {looks}, not like US dollars"


_CHECKS = (
    _rows,
    _coverage,
    _other_properties,
    _replaced,
    _fields,
    _gaps,
    _ingestion_gaps,
    _units,
)
