"""The verbs of the ``chatdash`` command, and their options."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from chatdash_analysis import commands

if TYPE_CHECKING:
    from collections.abc import Callable

    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]

__all__ = ["command_parser"]


def command_parser() -> argparse.ArgumentParser:
    """Return what reads the words after ``chatdash``."""
    parser = argparse.ArgumentParser(
        prog="chatdash",
        description="Load the conversations of a ChatDash agency and keep them as parquet.",
        epilog="Try it without a key: chatdash demo. The key is read from CHATDASH_API_KEY and "
        "never from the command line, where others on the machine could see it.",
    )
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (
        _add_fetch,
        _add_info,
        _add_verify,
        _add_clear,
        _add_serve,
        _add_demo,
        _add_report,
        _add_notebook,
        _add_columns,
    ):
        add(verbs)
    return parser


def _add_verb(
    verbs: Verbs, name: str, run: Callable[[argparse.Namespace], int], summary: str, example: str
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"Example: {example}",
    )
    verb.set_defaults(run=run)
    return verb


def _add_cache_dir(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--cache-dir",
        metavar="FOLDER",
        help="folder of the cache; else CHATDASH_CACHE_DIR, else data/cache of the project you "
        "stand in, else the cache folder of your account",
    )


def _add_fetch(verbs: Verbs) -> None:
    fetch = _add_verb(
        verbs,
        "fetch",
        commands.fetch,
        "load every conversation of agents into the cache, or say what is missing",
        "chatdash fetch 68be9e6e4c0f9a0011a70011 --start 2026-01-01 --end 2026-07-01 "
        "-o conversations.parquet",
    )
    fetch.add_argument("agents", nargs="+", metavar="AGENT", help="id of an agent")
    fetch.add_argument(
        "--start", metavar="DATE", help="first moment, ISO 8601, UTC unless it has a zone"
    )
    fetch.add_argument("--end", metavar="DATE", help="first moment after the range; default: now")
    fetch.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="also save the table: .parquet is lossless; .csv is for spreadsheets: UTF-8, every "
        "cell quoted, and texts that start with = + - @ tab or carriage return get a leading "
        "apostrophe, so that they are not run as formulas",
    )
    for flag, done in (("record", "are recorded"), ("interacted", "the customer took part in")):
        fetch.add_argument(
            f"--{flag}",
            action=argparse.BooleanOptionalAction,
            help=f"only conversations that {done}, or only the others; default: both",
        )
    _add_loading(fetch)


def _add_loading(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--refresh",
        choices=["auto", "all", "never"],
        default="auto",
        help="auto: what is missing, and the last days, which may still change; all: everything "
        "again; never: only what is in the cache; default: %(default)s",
    )
    verb.add_argument(
        "--allow-gaps",
        action="store_true",
        help="take what can be had and name the rest, instead of failing",
    )
    verb.add_argument("--base-url", metavar="URL", help="another address of the service")
    _add_cache_dir(verb)


def _add_info(verbs: Verbs) -> None:
    info = _add_verb(verbs, "info", commands.info, "say what the cache holds", "chatdash info")
    _add_cache_dir(info)


def _add_verify(verbs: Verbs) -> None:
    verify = _add_verb(
        verbs,
        "verify",
        commands.verify,
        "read every byte of the cache; the exit code is 3 if something is damaged",
        "chatdash verify || chatdash verify --repair",
    )
    verify.add_argument(
        "--repair",
        action="store_true",
        help="take damaged files out; the next load fetches again what they held",
    )
    _add_cache_dir(verify)


def _add_clear(verbs: Verbs) -> None:
    clear = _add_verb(
        verbs,
        "clear",
        commands.clear,
        "remove conversations from the cache",
        "chatdash clear 68be9e6e4c0f9a0011a70011",
    )
    what = clear.add_mutually_exclusive_group(required=True)
    what.add_argument("agents", nargs="*", default=[], metavar="AGENT", help="id of an agent")
    what.add_argument("--all", action="store_true", help="remove those of all agents")
    _add_cache_dir(clear)


def _add_serve(verbs: Verbs) -> None:
    serve = _add_verb(
        verbs,
        "serve",
        commands.serve,
        "run a stand-in for the service with made-up conversations, on this machine alone",
        "chatdash serve --size 20000",
    )
    serve.add_argument("--port", type=int, default=8737, help="default: %(default)s")
    serve.add_argument(
        "--size", type=int, default=6000, help="number of conversations; default: %(default)s"
    )
    serve.add_argument("--seed", type=int, default=0, help="another seed, other conversations")


def _add_demo(verbs: Verbs) -> None:
    demo = _add_verb(
        verbs,
        "demo",
        commands.demo,
        "load six months of three agents from the stand-in, and show what can be done with them",
        "chatdash demo",
    )
    demo.add_argument(
        "--size", type=int, default=6000, help="number of conversations; default: %(default)s"
    )
    _add_cache_dir(demo)


def _add_report(verbs: Verbs) -> None:
    report = _add_verb(
        verbs,
        "report",
        commands.report,
        "write one HTML file on a month of one agent or more, to hand to a client",
        "chatdash report 68be9e6e4c0f9a0011a70011 --month 2026-05 --tz Europe/Berlin "
        "-o report.html",
    )
    report.add_argument("agents", nargs="+", metavar="AGENT", help="id of an agent")
    report.add_argument(
        "--month", metavar="YYYY-MM", help="month of the report; default: the last that is over"
    )
    report.add_argument("--start", metavar="DATE", help="first day, instead of a month; ISO 8601")
    report.add_argument("--end", metavar="DATE", help="first day after it")
    report.add_argument(
        "--compare-with",
        metavar="YYYY-MM",
        help="earlier month beside it; default: the one before, or as many days",
    )
    report.add_argument(
        "--tz", default="UTC", help="time zone of months, days and hours; default: %(default)s"
    )
    report.add_argument(
        "--outcome",
        default="evaluation_is_success",
        metavar="COLUMN",
        help="what counts as success; default: %(default)s",
    )
    report.add_argument("--title", help="heading; default: the agents and the month")
    report.add_argument(
        "--min-users",
        type=int,
        default=5,
        help="least number of people behind a text that is shown; default: %(default)s",
    )
    report.add_argument(
        "--history-days",
        type=int,
        default=180,
        help="days loaded before the earlier month, to know who comes back and what is asked "
        "anew; default: %(default)s",
    )
    report.add_argument(
        "-o", "--output", metavar="FILE", help="the file; default: report-YYYY-MM.html"
    )
    _add_loading(report)


def _add_notebook(verbs: Verbs) -> None:
    notebook = _add_verb(
        verbs,
        "notebook",
        commands.notebook,
        "run a notebook with your own agents and save the result; without a name, list them",
        "chatdash notebook 02-cohorts -p agents=68be9e6e4c0f9a0011a70011 -p tz=Europe/Berlin",
    )
    notebook.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="02-cohorts, 02, cohorts, or the path of a file that ends in .ipynb",
    )
    notebook.add_argument(
        "-p",
        "--parameter",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the notebook; repeat it for more; items of a list are separated by "
        "commas",
    )
    notebook.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="where to save the result, in place of a file that is there; else a new file in "
        "data/exports of the project you stand in, else in the working folder",
    )


def _add_columns(verbs: Verbs) -> None:
    _add_verb(
        verbs,
        "columns",
        commands.columns,
        "print the data dictionary as Markdown",
        "chatdash columns > data/README.md",
    )
