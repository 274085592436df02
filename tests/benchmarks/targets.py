"""What is measured: one line of the table each, with where it shall stand."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Target:
    """One figure: its row of the table, and what it shall reach and aims at.

    `more` says that a larger figure is the better one.
    """

    row: int
    text: str
    prototype: str = "-"
    reach: float | None = None
    aim: float | None = None
    more: bool = False


@dataclass(frozen=True)
class Figure:
    """A measured figure: one value a round, or why there is none."""

    name: str
    values: Sequence[float] = ()
    missing: str = ""
    note: str = ""


TARGETS = {
    "plain": Target(1, "CPU against json.loads + json_normalize + astype", "0.24", 0.28, 0.20),
    "plain_large": Target(1, "the same at {large} rows", "0.17", 0.20, 0.15),
    "plain_small": Target(1, "the same at {small} rows"),
    "plain_two": Target(2, "wall against the same, two windows at once", "0.12", 0.15, 0.11),
    "loads": Target(3, "CPU against json.loads alone", "0.55", 0.65, 0.50),
    "dlt": Target(4, "CPU of JSON to parquet against dlt", "0.15", 0.18, 0.10),
    "duckdb": Target(5, "CPU against DuckDB read_json and typing", "1.05", 1.3, 1.0),
    "duckdb_peak": Target(5, "peak memory against the same", "0.50", 0.55, 0.50),
    "peak": Target(6, "peak above imports per byte of JSON", "1.20", 1.3, 1.1),
    "peak_large": Target(6, "the same at {large} rows", "0.91", 1.0, 0.85),
    "fetch": Target(7, "peak of fetching against 64 MB + threads x 1.1 x window", "0.87", 1.0, 1.0),
    "fetch_flat": Target(7, "that peak for 24 months against 6", "-", 1.1, 1.0),
    "growth": Target(8, "CPU per row at {large} against {main}", "0.85-1.0", 1.15, 1.0),
    "size": Target(9, "store size per byte of JSON", "0.17", 0.22, 0.18),
    "seven": Target(10, "reopening 7 columns, times faster", "330-770", 300, 500, more=True),
    "all": Target(10, "reopening all columns, times faster", "33-55", 30, 50, more=True),
    "seven_frame": Target(10, "7 columns as DataFrame, times faster", more=True),
    "all_frame": Target(10, "all columns as DataFrame, times faster", more=True),
    "seven_20": Target(11, "7 columns, 20 agents, against a file a month", "-", 1.5, 1.1),
    "all_20": Target(11, "all columns, 20 agents, against the same", "-", 1.5, 1.1),
    "seven_300": Target(11, "7 columns, 300 agents, against the same", "-", 1.5, 1.1),
    "all_300": Target(11, "all columns, 300 agents, against the same", "-", 1.5, 1.1),
    "rewrite": Target(12, "refresh of a day of {large} rows, against one file", "0.10", 0.15, 0.05),
    "merge": Target(12, "the same against a merge by deltalake", "0.95", 1.1, 0.5),
    "same": Target(13, "tables that differ by pieces, order or windows", "-", 0, 0),
    "cohorts": Target(14, "weekly retention of a frame, CPU against pandas", "0.23", 0.33, 0.25),
    "channels": Target(14, "summary of channels, the same"),
    "devices": Target(14, "crosstab of devices, the same"),
    "reports_pandas": Target(15, "all three from the store, CPU against pandas", "0.43", 0.5, 0.4),
    "reports_polars": Target(15, "the same against polars", "0.79", 0.9, 0.7),
    "reports_sql": Target(15, "the same against SQL in DuckDB", "0.78", 0.9, 0.7),
    "scan": Target(16, "all three through DuckDB over the store, against SQL", "-", 1.3, 1.0),
    "scan_same": Target(16, "against SQL with the sums for intervals too", "-", 1.3, 1.0),
    "scan_peak": Target(16, "peak memory of that, GB", "-", 2.0, 1.5),
    "cohorts_huge": Target(17, "at {huge} rows: weekly retention of a frame", "-", 0.33, 0.25),
    "channels_huge": Target(17, "summary of channels"),
    "devices_huge": Target(17, "crosstab of devices"),
    "reports_pandas_huge": Target(18, "all three from the store, against pandas", "0.43", 0.5, 0.4),
    "reports_polars_huge": Target(18, "against polars", "0.76", 0.9, 0.7),
    "reports_sql_huge": Target(18, "against SQL in DuckDB", "0.71", 0.9, 0.7),
    "scan_huge": Target(19, "all three through DuckDB, against SQL", "-", 1.3, 1.0),
    "scan_same_huge": Target(19, "against SQL with the sums for intervals too", "-", 1.3, 1.0),
    "scan_peak_huge": Target(19, "peak memory of that, GB", "-", 2.0, 1.5),
    "groups": Target(20, "intervals and corrections of 10,000 groups, seconds", "-", 1.0, 0.1),
}


def table(figures: Iterable[Figure], sizes: dict[str, str]) -> str:
    """Lay the figures out as text, one line each, in the order of the targets."""
    found = {figure.name: figure for figure in figures}
    lines = [_HEAD]
    for name, target in TARGETS.items():
        if name in found:
            lines.append(_line(target, found[name], sizes))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
    return "\n".join(padded)


_HEAD = ["", "row", "ratio", "spread", "prototype", "reach", "aim", "verdict", "note"]


def _line(target: Target, figure: Figure, sizes: dict[str, str]) -> list[str]:
    middle = median(figure.values) if figure.values else None
    spread = f"{_shown(min(figure.values))}-{_shown(max(figure.values))}" if figure.values else ""
    return [
        str(target.row),
        target.text.format(**sizes),
        "" if middle is None else _shown(middle),
        spread,
        target.prototype,
        "-" if target.reach is None else _shown(target.reach),
        "-" if target.aim is None else _shown(target.aim),
        figure.missing or _verdict(target, middle),
        figure.note,
    ]


def _shown(value: float) -> str:
    return f"{value:.0f}" if value >= 20 or value == 0 else f"{value:.2f}"


def _verdict(target: Target, value: float | None) -> str:
    if value is None or target.reach is None or target.aim is None:
        return ""
    if _meets(target, value, target.aim):
        return "reached, and the aim"
    if _meets(target, value, target.reach):
        return "reached"
    if not target.reach:
        return "missed"
    excess = target.reach / value if target.more else value / target.reach
    return f"missed by {excess - 1:.0%}"


def _meets(target: Target, value: float, bar: float) -> bool:
    return value >= bar if target.more else value <= bar
