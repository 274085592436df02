"""Jobs on the analyses: weekly retention, a summary of channels, a crosstab of devices.

The same three questions by this package, by pandas as one writes it, by polars and by SQL,
from a DataFrame or from the files of a store. The peers count and add; the intervals, which
know that conversations cluster in people, are work of this package alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks import analysis_peers as peers
from tests.benchmarks.analysis_data import NEEDED, TZ, URL, build_analysis_store
from tests.benchmarks.measure import Inputs, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    Tables = dict[str, Any]


def frame(inputs: Inputs) -> pd.DataFrame:
    """Read the columns that the three reports need from the store."""
    import pandas as pd
    import pyarrow as pa

    from chatdash_analysis.loading.store import Store
    from tests.benchmarks.analysis_data import END, START

    store = Store(Path(inputs["store"]), URL)
    table = store.read(inputs["agents"], START, END, columns=NEEDED)
    return table.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)


def our_cohorts(conversations: Any) -> Tables:
    import chatdash_analysis as cda

    return {"cohorts": cda.retention_table(conversations, users="lead_id", freq="W", tz=TZ)}


def our_channels(conversations: Any) -> Tables:
    import chatdash_analysis as cda

    return {"channels": cda.channel_summary(conversations, users="lead_id")}


def our_devices(conversations: Any) -> Tables:
    import chatdash_analysis as cda

    return {"devices": cda.device_crosstab(conversations, users="lead_id")}


def our_reports(conversations: Any) -> Tables:
    """Answer all three questions."""
    return our_cohorts(conversations) | our_channels(conversations) | our_devices(conversations)


def our_reports_from_store(inputs: Inputs) -> Tables:
    """Read the columns needed into a DataFrame, and answer."""
    return our_reports(frame(inputs))


def our_reports_from_scan(inputs: Inputs) -> Tables:
    """Answer through DuckDB, over the files of the store."""
    import chatdash_analysis as cda

    scan = cda.scan_cache(
        engine="duckdb", columns=NEEDED, cache_dir=Path(inputs["store"]).parent, base_url=URL
    )
    return our_reports(scan)


def many_groups(inputs: Inputs) -> pd.DataFrame:
    """Count 10,000 groups; what is measured comes after that."""
    import narwhals as nw
    import numpy as np
    import pandas as pd

    from chatdash_analysis.counts import group_sums
    from chatdash_analysis.rates import PRODUCTS

    random = np.random.default_rng(0)
    rows, groups = 20 * inputs["groups"], inputs["groups"]
    known = random.random(rows) < 0.8
    table = pd.DataFrame({
        "group": np.arange(rows) % groups,
        "user": random.integers(0, rows // 3, rows),
        "n": known,
        "successes": known & (random.random(rows) < 0.6),
    })  # fmt: skip
    values = {name: nw.col(name) for name in ("n", "successes")}
    counted = group_sums(
        table, ["group"], values, users="user", counting="n", products=PRODUCTS, rest=True
    )
    return counted.assign(unknown=0, excluded=0)


def group_statistics(counted: pd.DataFrame) -> pd.DataFrame:
    """Compute intervals, clustered variances, differences and corrections."""
    from chatdash_analysis.contrasts import compare_with_rest
    from chatdash_analysis.rates import with_rate

    return with_rate(counted).join(compare_with_rest(counted))


def _check(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Reduce tables to what all of them must agree on."""
    return {
        "rows": 0,
        "columns": {
            f"{name} {column}": ["int64", size, total]
            for name, table in tables.items()
            for column, size, total in _totals(name, _pandas(table))
        },
    }


def _pandas(table: Any) -> pd.DataFrame:
    import pandas as pd

    return table if isinstance(table, pd.DataFrame) else table.to_pandas()


def _totals(name: str, table: pd.DataFrame) -> list[tuple[str, int, int]]:
    if name == "cohorts":
        if "successes" in table:
            cells = table[table["cohort"].notna() & table["n"].gt(0)]
            table = cells.assign(users=cells["successes"])
        # Of cells that nobody was in, only this package has rows.
        table = table[table["users"] > 0]
        return [("users", len(table), int(table["users"].sum()))]
    if name == "devices":
        table = table.dropna(subset=["os", "browser"])
    columns = ("conversations", "n", "successes", "users")
    return [(column, len(table), int(table[column].sum())) for column in columns]


_OURS = (
    "chatdash_analysis",
    "chatdash_analysis.engine_cohorts",
    "chatdash_analysis.loading.store",
    "narwhals",
    "pyarrow.parquet",
    "scipy.stats",
    "statsmodels.stats.multitest",
    "statsmodels.stats.proportion",
)


def _on_frame(run: Callable[[Any], Tables]) -> Job:
    # Both start from the same frame, and with the same imports.
    return Job(_OURS, run, _check, frame)


JOBS = {
    "build_analysis_store": Job(_OURS, build_analysis_store, lambda rows: {"rows": rows}),
    "our_cohorts": _on_frame(our_cohorts),
    "our_channels": _on_frame(our_channels),
    "our_devices": _on_frame(our_devices),
    "plain_cohorts": _on_frame(peers.plain_cohorts),
    "plain_channels": _on_frame(peers.plain_channels),
    "plain_devices": _on_frame(peers.plain_devices),
    "our_reports": Job(_OURS, our_reports_from_store, _check),
    "plain_reports": Job(("pandas", "pyarrow.dataset"), peers.plain_reports_from_store, _check),
    "polars_reports": Job(("polars",), peers.polars_reports, _check),
    "sql_reports": Job(("duckdb", "pyarrow"), peers.sql_reports, _check),
    "same_sql_reports": Job(("duckdb", "pyarrow"), peers.same_sql_reports, _check),
    "scan_reports": Job((*_OURS, "duckdb"), our_reports_from_scan, _check),
    "group_statistics": Job(_OURS, group_statistics, lambda t: {"rows": len(t)}, many_groups),
}
