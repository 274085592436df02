"""``chatdash report``: load what a report on a month needs, and write it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.cache import cache_info
from chatdash_analysis.loading.client import Client
from chatdash_analysis.loading.loader import load_conversations
from chatdash_analysis.loading.sightings import load_sightings
from chatdash_analysis.report import write_report
from chatdash_analysis.report.checking import check_min_users, check_title
from chatdash_analysis.report.periods import (
    last_month,
    period_before,
    read_period,
    require_earlier,
)
from chatdash_analysis.saving import check_target
from chatdash_analysis.schema import COLUMNS
from chatdash_analysis.spans import read_moment, shifted

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from chatdash_analysis.report.periods import Period

__all__ = ["ReportRun", "run_report"]

# A hundred years.
_LONGEST_HISTORY = 36_525
# Fields of the agencies' own; which there are is known after the load.
_OWN = "custom_"


class ReportRun(NamedTuple):
    """What was loaded, the file, and the periods of the report."""

    conversations: pd.DataFrame
    file: Path
    now: Period
    before: Period


def run_report(options: argparse.Namespace) -> ReportRun:
    """Load, and write the report; what cannot be meant is refused before anything is asked.

    Raises
    ------
    InputError
        If a month, the time zone, the history, the outcome or the file cannot be used.
    """
    _check_settings(options)
    now, before = _periods(options)
    target = _target(options, now)
    client = Client(base_url=options.base_url)
    conversations = load_conversations(
        options.agents,
        start=shifted(before.start, -options.history_days, options.tz),
        end=now.end,
        client=client,
        cache_dir=options.cache_dir,
        refresh=options.refresh,
        allow_gaps=options.allow_gaps,
    )
    _require_field(options.outcome, conversations)
    sightings = load_sightings(
        options.agents, cache_dir=options.cache_dir, base_url=client.base_url
    )
    held = cache_info(options.cache_dir)
    written = write_report(
        _with_names(conversations, held, client.base_url),
        target,
        title=options.title,
        period=(now.start, now.end),
        compare_with=(before.start, before.end),
        tz=options.tz,
        outcome=options.outcome,
        min_users=options.min_users,
        sightings=sightings,
    )
    return ReportRun(conversations, written, now, before)


def _check_settings(options: argparse.Namespace) -> None:
    check_title(options.title, "--title")
    check_min_users(options.min_users, "--min-users")
    _check_outcome(options.outcome)
    if not 0 <= options.history_days <= _LONGEST_HISTORY:
        raise InputError(
            f"--history-days {options.history_days} is not from 0 to {_LONGEST_HISTORY}. Give 180,"
            " for example."
        )


def _check_outcome(outcome: str) -> None:
    flags = [column.name for column in COLUMNS if column.kind == "flag"]
    if outcome in flags or (outcome.startswith(_OWN) and outcome != _OWN):
        return
    like = difflib.get_close_matches(outcome, flags, n=1)
    meant = f" Did you mean {like[0]}?" if like else ""
    raise InputError(
        f"--outcome {outcome} is no flag of a conversation.{meant} There are {', '.join(flags)},"
        f" and the fields of the agents, whose names start with {_OWN}."
    )


def _require_field(outcome: str, conversations: pd.DataFrame) -> None:
    if outcome in conversations.columns:
        return
    flags = conversations.select_dtypes("boolean").columns
    held = [name for name in flags if name.startswith(_OWN)]
    raise InputError(
        f"--outcome {outcome} is no field of these agents. Their fields that can be one:"
        f" {', '.join(held) or 'none'}."
    )


def _target(options: argparse.Namespace, period: Period) -> Path:
    target = check_target(options.output or _file_name(period), endings=[".html"])
    if options.output is None and target.exists():
        raise InputError(f"{target} is there already, maybe for other agents. Name a file with -o.")
    return target


def _periods(options: argparse.Namespace) -> tuple[Period, Period]:
    moment = pd.Timestamp.now("UTC")
    now = _period(options, moment)
    if now.end > moment:
        raise InputError(
            f"{now.label} is not over yet. Choose one that is, or its first days with --start and"
            " --end; the end is the first day outside."
        )
    if options.compare_with is None:
        return now, period_before(now, options.tz)
    before = read_period(options.compare_with, "--compare-with", options.tz)
    require_earlier(before, now, "--compare-with")
    return now, before


def _period(options: argparse.Namespace, moment: pd.Timestamp) -> Period:
    days = (options.start, options.end)
    if any(days) and (options.month or not all(days)):
        raise InputError("Give --month, or both --start and --end; the end is outside.")
    if options.month:
        return read_period(options.month, "--month", options.tz)
    if all(days):
        for name, day in zip(("--start", "--end"), days, strict=True):
            read_moment(day, name, options.tz)
        return read_period(days, "--start and --end", options.tz)
    return last_month(moment, options.tz)


def _file_name(period: Period) -> str:
    if period.end == period.start + pd.DateOffset(months=1) and period.start.day == 1:
        return f"report-{period.start:%Y-%m}.html"
    last = period.end - pd.DateOffset(days=1)
    return f"report-{period.start:%Y-%m-%d}-to-{last:%Y-%m-%d}.html"


def _with_names(conversations: pd.DataFrame, held: pd.DataFrame, address: str) -> pd.DataFrame:
    """Return conversations with the names of their agents, where the cache knows them."""
    known = held[held["base_url"] == address].drop_duplicates("agent_id")
    names = known.set_index("agent_id")["name"]
    return conversations.assign(agent_name=conversations["agent_id"].map(names).astype("str"))
