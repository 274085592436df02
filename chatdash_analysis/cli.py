"""The ``chatdash`` command.

Exit codes: 0 fine; 1 an error of this package, said in one paragraph on the
error output; 2 a command that cannot be understood; 3 `verify` found damage;
130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import warnings
from typing import TYPE_CHECKING

from chatdash_analysis import commands
from chatdash_analysis.errors import ChatDashError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]

__all__ = ["main"]

FAILED, INTERRUPTED = 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(argv)
    _accept_every_letter()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code: int = options.run(options)
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_has_gone()
    except ChatDashError as error:
        print(f"chatdash: {error}", file=sys.stderr)
        return FAILED
    return code


def _accept_every_letter() -> None:
    # Names and questions hold letters that some terminals lack; nothing should fail for that.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"chatdash: {message}", file=sys.stderr)


def _reader_has_gone() -> int:
    # Python flushes the output once more when it ends, which would raise again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return commands.FINE


def _parser() -> argparse.ArgumentParser:
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
    _add_choices(fetch)
    _add_cache_dir(fetch)


def _add_choices(fetch: argparse.ArgumentParser) -> None:
    fetch.add_argument(
        "--refresh",
        choices=["auto", "all", "never"],
        default="auto",
        help="auto: what is missing, and the last days, which may still change; all: everything "
        "again; never: only what is in the cache; default: %(default)s",
    )
    fetch.add_argument(
        "--allow-gaps",
        action="store_true",
        help="take what can be had and name the rest, instead of failing",
    )
    for flag, done in (("record", "are recorded"), ("interacted", "the customer took part in")):
        fetch.add_argument(
            f"--{flag}",
            action=argparse.BooleanOptionalAction,
            help=f"only conversations that {done}, or only the others; default: both",
        )
    fetch.add_argument("--base-url", metavar="URL", help="another address of the service")


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


def _add_columns(verbs: Verbs) -> None:
    _add_verb(
        verbs,
        "columns",
        commands.columns,
        "print the data dictionary as Markdown",
        "chatdash columns > data/README.md",
    )
