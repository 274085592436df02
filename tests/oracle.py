"""A slow second opinion on what a conversation means, in plain Python and by the contract alone.

`differences` compares one conversation, read without loss, with the row it became and
says in words whatever is wrong. It shares no code with the package.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from chatdash_analysis.schema import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

SCALARS = [column for column in COLUMNS if column.path and column.kind != "json"]
SPELLINGS = ("mistunderstoodQueries", "misunderstoodQueries", "misunderstoodQuery")
ALIAS = "read:"
KNOWN = {re.split(r"[.\[]", column.path)[0] for column in COLUMNS} | {*SPELLINGS, ALIAS}

_HALF_PAIR = re.compile("[\ud800-\udfff]")
_DATE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:[T ](?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)(?:\.(?P<f>\d{1,9}))?"
    r"(?P<zone>Z|(?P<sign>[+-])(?P<zh>\d\d):(?P<zm>\d\d))?)?",
    re.ASCII,
)


def read_losslessly(text: str | bytes) -> Any:
    """Read JSON; numbers keep every digit, the last of doubled keys counts."""
    return whole(json.loads(text, parse_int=Decimal, parse_float=Decimal))


def whole(value: Any) -> Any:
    """Put U+FFFD for each half of a broken surrogate pair: what a table can hold."""
    if isinstance(value, str):
        return _HALF_PAIR.sub("\ufffd", value)
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {whole(key): whole(item) for key, item in value.items()}
    return value


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as dictionaries; instants as microseconds, for years that Python has no date for."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def differences(sent: dict[str, Any], row: dict[str, Any]) -> list[str]:
    """Say where `row` is not what was sent, or where something that was sent is nowhere."""
    others = read_losslessly(row["other_properties"] or "{}")
    return [
        *_wrong_scalars(sent, row, others),
        *_wrong_questions(sent, row, others),
        *_wrong_json(sent, row),
        *_lost(sent, others),
    ]


def _wrong_scalars(sent: dict[str, Any], row: dict[str, Any], others: Any) -> Iterator[str]:
    for column in SCALARS:
        value, got = _value_at(sent, column.path), row[column.name]
        if column.name == "conversation_id" and value in (None, ""):
            continue
        allowed, fits = _reading(value, column.kind)
        if not any(_equal(got, reading) for reading in allowed):
            yield f"{column.name} is {got!r}; {value!r} was sent"
        if not fits and not _put_aside(sent, others, column.path, value):
            yield f"{column.path} = {value!r} does not fit and is not in other_properties"


def _value_at(sent: dict[str, Any], path: str) -> Any:
    top, _, inner = path.partition(".")
    value = sent.get(top)
    if inner:
        return value.get(inner) if isinstance(value, dict) else None
    return sent.get(ALIAS) if path == "read" and value in (None, "") else value


def _reading(value: Any, kind: str) -> tuple[list[Any], bool]:
    """Return what the column may hold, and whether the value is of the contract's type."""
    if value is None or value == "":
        return [None], True
    if kind == "instant":
        return _instant(value)
    if kind == "text" and isinstance(value, str):
        return [value], True
    if kind == "flag" and isinstance(value, bool):
        return [value], True
    if kind == "measure" and isinstance(value, Decimal) and math.isfinite(float(value)):
        return [float(value)], True
    return [None, *_guesses(value, kind)], False


def _guesses(value: Any, kind: str) -> list[Any]:
    """Return readings of a value of another type that say the same; it is put aside as well."""
    if isinstance(value, list | dict):
        return []
    text = str(value).strip().lower()
    if kind == "flag":
        zero_or_one = bool(value) if isinstance(value, Decimal) and value in (0, 1) else None
        return [{"true": True, "1": True, "false": False, "0": False}.get(text, zero_or_one)]
    if kind == "text":
        return [text, *_written(value)]
    return _as_number(text) if isinstance(value, str) else []


def _as_number(text: str) -> list[float]:
    try:
        return [float(text)] if math.isfinite(float(text)) and "_" not in text else []
    except ValueError:
        return []


def _written(value: Any) -> list[str]:
    """Return the ways of writing a number: digit by digit, or as the nearest double."""
    if not isinstance(value, Decimal):
        return []
    double = float(value)
    ways = [repr(double), f"{double:.17g}"]
    if math.isfinite(double) and double.is_integer():
        ways += [str(int(double)), "0"] if double == 0 else [str(int(double))]
    return [*ways, f"{value:f}"]


def _instant(value: Any) -> tuple[list[Any], bool]:
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found:
        micros = _micros(found)
        # Without a zone, or with more digits than a column holds, it may be put aside too.
        return [micros], micros is not None
    return [None, *_other_forms(value)], False


def _micros(found: re.Match[str]) -> int | None:
    try:
        day = dt.date.fromisoformat(found["date"]).toordinal() - dt.date(1970, 1, 1).toordinal()
    except ValueError:
        return None
    hour, minute, second, zone_hour, zone_minute = (
        int(found[name] or 0) for name in ("h", "m", "s", "zh", "zm")
    )
    if hour > 23 or minute > 59 or second > 59 or zone_hour > 23 or zone_minute > 59:
        return None
    offset = (zone_hour * 60 + zone_minute) * (-1 if found["sign"] == "-" else 1)
    minutes = (day * 24 + hour) * 60 + minute - offset
    return (minutes * 60 + second) * 10**6 + int((found["f"] or "")[:6].ljust(6, "0"))


def _other_forms(value: Any) -> list[int]:
    """Read the forms of ISO 8601 that the contract does not name but Python knows."""
    try:
        moment = dt.datetime.fromisoformat(value.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        since = moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    except (AttributeError, ValueError, OverflowError):
        return []
    return [since // dt.timedelta(microseconds=1)]


def _wrong_questions(sent: dict[str, Any], row: dict[str, Any], others: Any) -> Iterator[str]:
    expected: list[str] = []
    for spelling in SPELLINGS:
        value = sent.get(spelling)
        items = value if isinstance(value, list) else []
        expected += [text for item in items if (text := _question(item))]
        fits = value in (None, "") or (isinstance(value, list) and all(map(_is_plain, items)))
        if not fits and not _equal(others.get(spelling), value):
            yield f"{spelling} = {value!r} does not fit and is not in other_properties"
    got = json.loads(row["misunderstood_queries"] or "[]")
    if got != expected or row["misunderstood_count"] != len(expected):
        yield f"{got!r} ({row['misunderstood_count']}) are the questions; {expected!r} were sent"


def _question(item: Any) -> str:
    text = item.get("question") if isinstance(item, dict) else item
    return text if isinstance(text, str) else ""


def _is_plain(item: Any) -> bool:
    if not isinstance(item, dict):
        return isinstance(item, str)
    return item.keys() <= {"question"} and isinstance(item.get("question"), str | None)


def _wrong_json(sent: dict[str, Any], row: dict[str, Any]) -> Iterator[str]:
    for name, key in (("custom_analysis", "customAnalysis"), ("metadata", "metadata")):
        value = sent.get(key)
        got = None if row[name] is None else read_losslessly(row[name])
        if not _equal(got, None if value == "" else value):
            yield f"{name} is {row[name]!r}; {value!r} was sent"


def _lost(sent: dict[str, Any], others: Any) -> Iterator[str]:
    # Null is no value, so an unknown property that is null says nothing.
    for key in {name for name, value in sent.items() if value is not None} - KNOWN:
        if key not in others or not _equal(others[key], sent[key]):
            yield f"unknown {key!r} = {sent[key]!r} is not in other_properties"
    alias, read = sent.get(ALIAS), sent.get("read")
    if alias not in (None, "") and read not in (None, "") and not _equal(others.get(ALIAS), alias):
        yield f"{ALIAS!r} = {alias!r} is not used and not in other_properties"
    verdict = sent.get("evaluation")
    odd = not isinstance(verdict, dict) or any(
        verdict[key] is not None for key in verdict.keys() - {"isSuccess", "reason"}
    )
    if verdict not in (None, "") and odd and not _equal(others.get("evaluation"), verdict):
        yield f"evaluation = {verdict!r} does not fit and is not in other_properties"


def _put_aside(sent: dict[str, Any], others: dict[str, Any], path: str, value: Any) -> bool:
    top = path.partition(".")[0]
    names = (path, ALIAS) if path == "read" else (path,)
    if any(name in others and _equal(others[name], value) for name in names):
        return True
    return top in others and _equal(others[top], sent.get(top, value))


def _equal(one: Any, other: Any) -> bool:
    """Compare; to Python alone True would equal 1."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
