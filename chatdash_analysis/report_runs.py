"""``chatdash report``: load what a report on a month needs, and write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.cache import cache_info
from chatdash_analysis.loading.client import Client
from chatdash_analysis.loading.loader import load_conversations
from chatdash_analysis.loading.sightings import load_sightings
from chatdash_analysis.report import write_report
from chatdash_analysis.report.periods import last_month, period_before, read_period
from chatdash_analysis.saving import check_target
from chatdash_analysis.spans import shifted

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from chatdash_analysis.report.periods import Period

__all__ = ["run_report"]

# A hundred years.
_LONGEST_HISTORY = 36_525


def run_report(options: argparse.Namespace) -> tuple[pd.DataFrame, Path]:
    """Load, and write the report; return what was loaded and the file.

    Raises
    ------
    InputError
        If a month, the time zone, the history or the file cannot be used.
    """
    if not 0 <= options.history_days <= _LONGEST_HISTORY:
        raise InputError(
            f"--history-days {options.history_days} is not from 0 to {_LONGEST_HISTORY}. Give 180,"
            " for example."
        )
    now, before = _periods(options)
    # A name that cannot be written is better known before the load than after it.
    target = check_target(options.output or _file_name(now), endings=[".html"])
    if options.output is None and target.exists():
        raise InputError(f"{target} is there already, maybe for other agents. Name a file with -o.")
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
    return conversations, written


def _periods(options: argparse.Namespace) -> tuple[Period, Period]:
    moment = pd.Timestamp.now("UTC")
    now = _period(options, moment)
    if now.end > moment:
        raise InputError(
            f"{now.label} is not over yet. Choose one that is, or its first days with --start and"
            " --end; the end is the first day outside."
        )
    if options.compare_with:
        return now, read_period(options.compare_with, "--compare-with", options.tz)
    return now, period_before(now, options.tz)


def _period(options: argparse.Namespace, moment: pd.Timestamp) -> Period:
    days = (options.start, options.end)
    if any(days) and (options.month or not all(days)):
        raise InputError("Give --month, or both --start and --end; the end is outside.")
    if options.month:
        return read_period(options.month, "--month", options.tz)
    if all(days):
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
