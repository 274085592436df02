"""``chatdash demo``: from a service to tables and a picture, on made-up conversations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chatdash_analysis.channels.summary import channel_summary
from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.agents import load_agents
from chatdash_analysis.loading.client import Client
from chatdash_analysis.loading.folders import cache_folder, exports_folder
from chatdash_analysis.loading.loader import load_conversations
from chatdash_analysis.loading.quality import quality_report
from chatdash_analysis.plot import plot_rates
from chatdash_analysis.queries.clusters import cluster_queries
from chatdash_analysis.queries.impact.table import cluster_impact
from chatdash_analysis.queries.questions import misunderstood_queries
from chatdash_analysis.sandbox.sampling import stand_in
from chatdash_analysis.saving import write_file

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from chatdash_analysis.queries.clusters import QueryClusters
    from chatdash_analysis.sandbox.server import StandIn

__all__ = ["costly_clusters", "run_demo"]

# The cache knows a service by its address: on the same port a second run finds what it holds.
PORT = 8737
START, END = "2026-01-01", "2026-07-01"
# A clinic's phone, a web shop and a shop on WhatsApp: four channels in three languages.
PLATFORMS = ("retell", "voiceflow", "botpress")
# What is printed of a channel.
SHOWN = ["channel", "conversations", "n", "unknown", "excluded", "users", "rate", "low", "high"]
# What every load has; the other checks of a quality report are findings.
EXPECTED = ("rows", "coverage")
# What is printed of a cluster, and how many decimals of it.
MEASURES = {"people": 0, "rate": 3, "expected_rate": 3, "shrunken_recoverable": 1}


def run_demo(size: int = 6000, *, cache_dir: str | PathLike[str] | None = None) -> Path:
    """Load six months of three agents from the stand-in, print tables, draw one picture.

    Parameters
    ----------
    size : int
        Number of conversations that the stand-in makes up, for all of its agents.
    cache_dir : path, optional
        Folder of the cache, as in `load_conversations`.

    Returns
    -------
    pathlib.Path
        The picture.
    """
    conversations = _load(size, cache_dir)
    _print_loaded(conversations)
    channels = channel_summary(conversations)
    _print_title("Success by channel, as judged by the service")
    print(channels[SHOWN].round(3).to_string(index=False))
    clusters = cluster_queries(misunderstood_queries(conversations))
    _print_clusters(clusters, costly_clusters(clusters, conversations))
    picture = _draw(channels, exports_folder(cache_folder(cache_dir)))
    print(f"\nThe picture: {_shown(picture)}")
    print("Next: notebooks/00-quickstart.ipynb; open it with `make lab`, or")
    print("      .venv/bin/jupyter lab notebooks")
    return picture


def _load(size: int, cache_dir: str | PathLike[str] | None) -> pd.DataFrame:
    with _started(size) as service:
        print(f"The stand-in answers at {service.url}")
        client = Client(service.api_key, base_url=service.url)
        agents = load_agents(client=client).set_index("platform").loc[list(PLATFORMS), "agent_id"]
        return load_conversations(agents, start=START, end=END, client=client, cache_dir=cache_dir)


def _started(size: int) -> StandIn:
    try:
        return stand_in(size, port=PORT).start()
    except InputError:
        # Something else listens there: any port will do, at the price of loading again.
        return stand_in(size).start()


def _print_loaded(conversations: pd.DataFrame) -> None:
    origin = conversations.attrs["chatdash"]
    print(
        f"{len(conversations):,} conversations of {len(origin['agents'])} agents, "
        f"{START} to {END}; gaps: {len(origin['gaps'])}; fetched at {origin['fetched_at']}"
    )
    _print_title("Conversations by platform and channel")
    print(
        conversations.groupby(["platform", "channel"], dropna=False)
        .size()
        .to_frame("n")
        .to_string()
    )
    report = quality_report(conversations)
    findings = report[~report["check"].isin(EXPECTED)]
    _print_title("What the quality report found")
    shown = findings.groupby(["check", "column"], dropna=False)["count"].sum().reset_index()
    print("nothing" if shown.empty else shown.to_string(index=False, na_rep=""))


def _print_title(text: str) -> None:
    print(f"\n{text}")


def costly_clusters(
    clusters: QueryClusters, conversations: pd.DataFrame, *, most: int = 10
) -> pd.DataFrame:
    """Return the clusters whose fix could win back most, as `cluster_impact` ranks them."""
    impact = cluster_impact(clusters, conversations)
    return impact[impact["rank"].notna()].head(most)


def _print_clusters(clusters: QueryClusters, costly: pd.DataFrame) -> None:
    _print_title("What the agents understood least, and what a fix could win back at most")
    left = int(clusters.queries["cluster_id"].isna().sum())
    print(
        f"{len(clusters.queries):,} questions in {len(clusters.summary)} clusters; "
        f"{left:,} belong to none"
    )
    print(*(f"{name:>6}" for name in MEASURES), " question")
    for row in costly.to_dict("records"):
        numbers = (f"{row[name]:>{max(len(name), 6)}.{d}f}" for name, d in MEASURES.items())
        print(*numbers, f" {row['label']}")


def _draw(channels: pd.DataFrame, folder: Path) -> Path:
    # Not pyplot, which would look for a display.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = plot_rates(channels, ax=figure.subplots())
    axes.set_title("Success by channel (made-up conversations)")
    picture = folder / "demo-success-by-channel.png"
    write_file(picture, lambda file: figure.savefig(file, format="png", dpi=150))
    return picture


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
