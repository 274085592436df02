"""What each verb of the ``chatdash`` command does; returns its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    import pandas as pd

__all__ = [
    "DAMAGED",
    "FINE",
    "clear",
    "columns",
    "demo",
    "fetch",
    "info",
    "notebook",
    "report",
    "serve",
    "verify",
]

FINE, DAMAGED = 0, 3
# Combinations of record and interacted.
EVERY = 4
ENDS = ("from", "to")


def fetch(options: argparse.Namespace) -> int:
    """Load conversations; save them if asked."""
    from chatdash_analysis import Client, load_conversations
    from chatdash_analysis.saving import check_target, save_table

    # A name that cannot be written is better known before the load than after it.
    target = check_target(options.output) if options.output else None
    conversations = load_conversations(
        options.agents,
        start=options.start,
        end=options.end,
        record=options.record,
        interacted=options.interacted,
        client=Client(base_url=options.base_url),
        cache_dir=options.cache_dir,
        refresh=options.refresh,
        allow_gaps=options.allow_gaps,
    )
    _print_loaded(conversations)
    if target:
        save_table(conversations, target)
        print(f"Saved as {target}")
    return FINE


def _print_loaded(conversations: pd.DataFrame) -> None:
    origin = conversations.attrs["chatdash"]
    print(f"{len(conversations):,} conversations from {origin['start']} to {origin['end']}")
    for agent in origin["agents"]:
        print(f"  {agent}: {conversations['agent_id'].eq(agent).sum():,}")
    for gap in origin["gaps"]:
        print(f"  missing: {gap['agent_id']}, {gap['start']} to {gap['end']}: {gap['reason']}")


def info(options: argparse.Namespace) -> int:
    """Print what the cache holds."""
    from chatdash_analysis import cache_info
    from chatdash_analysis.loading.folders import cache_folder

    held = cache_info(options.cache_dir)
    print(f"{cache_folder(options.cache_dir)}: {held['bytes'].sum() / 1e6:,.1f} MB")
    for service, agents in held.groupby("base_url"):
        print(f"\n{service}")
        _print_table(_brief(agents), "nothing")
    return FINE


def _brief(held: pd.DataFrame) -> pd.DataFrame:
    """Leave out what a line of a terminal has no room for."""
    kept = held[["agent_id", "name", "platform", "conversations", "combinations"]]
    dates = {f"covered_{end}": held[f"covered_{end}"].dt.strftime("%Y-%m-%d") for end in ENDS}
    whole = kept["combinations"].str.count(";") == EVERY - 1
    return kept.assign(**dates, combinations=kept["combinations"].mask(whole, "all"))


def _print_table(table: pd.DataFrame, otherwise: str) -> None:
    print(otherwise if table.empty else table.to_string(index=False, na_rep=""))


def verify(options: argparse.Namespace) -> int:
    """Print which files of the cache are damaged."""
    from chatdash_analysis import verify_cache

    files = verify_cache(options.cache_dir, repair=options.repair)
    damaged = files[~files["ok"]]
    _print_table(damaged[["file", "month", "problem"]], f"{len(files):,} files, all sound.")
    if damaged.empty:
        return FINE
    count = f"{len(damaged):,} of {len(files):,} files"
    if options.repair:
        print(f"{count} were damaged and are taken out. The next load fetches them again.")
        return FINE
    print(f"{count} are damaged. `chatdash verify --repair` lets the next load fetch them again.")
    return DAMAGED


def clear(options: argparse.Namespace) -> int:
    """Remove conversations from the cache."""
    from chatdash_analysis import clear_cache

    clear_cache(None if options.all else options.agents, cache_dir=options.cache_dir)
    return FINE


def serve(options: argparse.Namespace) -> int:
    """Run the stand-in until it is interrupted."""
    from chatdash_analysis.sandbox.sampling import stand_in

    with stand_in(options.size, seed=options.seed, port=options.port) as service:
        print(f"The stand-in answers at {service.url}; Ctrl-C ends it. In another shell:")
        print(f"  export CHATDASH_BASE_URL={service.url}")
        print(f"  export CHATDASH_API_KEY={service.api_key}", flush=True)
        service.serve_forever()
    return FINE


def demo(options: argparse.Namespace) -> int:
    """Run the demo."""
    from chatdash_analysis.demo import run_demo

    run_demo(options.size, cache_dir=options.cache_dir)
    return FINE


def report(options: argparse.Namespace) -> int:
    """Load what a report needs, and write it."""
    from chatdash_analysis.report_runs import run_report

    run = run_report(options)
    _print_loaded(run.conversations)
    now, before = (f"{len(p.of(run.conversations)):,} of {p.label}" for p in (run.now, run.before))
    print(f"Of these, the report is on {now}, compared with {before}.")
    print(f"Saved as {run.file}")
    return FINE


def notebook(options: argparse.Namespace) -> int:
    """Run a notebook, or list those there are."""
    from chatdash_analysis.errors import InputError
    from chatdash_analysis.notebook_runs import notebooks_text, run_notebook

    if options.name is not None:
        run_notebook(options.name, options.parameters, output=options.output)
    elif options.parameters or options.output:
        raise InputError("Which notebook? Give its name: `chatdash notebook` lists them.")
    else:
        print(notebooks_text())
    return FINE


def columns(options: argparse.Namespace) -> int:  # noqa: ARG001 - every verb takes them
    """Print the data dictionary."""
    from chatdash_analysis.schema import dictionary_markdown

    print(dictionary_markdown(), end="")
    return FINE
