"""The peers of the analyses: the same questions as one writes them without this package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.analysis_data import NEEDED, TZ

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from tests.benchmarks.measure import Inputs

    Tables = dict[str, Any]


def _files(inputs: Inputs) -> str:
    return str(Path(inputs["store"]) / "parts")


def plain_cohorts(conversations: pd.DataFrame) -> Tables:
    """Count people by the week of their first conversation and the weeks since."""
    import pandas as pd

    local = conversations["created_at"].dt.tz_convert(TZ).dt.tz_localize(None)
    day = local.dt.normalize()
    week = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    cohort = week.groupby(conversations["lead_id"]).transform("min")
    cells = conversations.assign(cohort=cohort, period=(week - cohort).dt.days // 7)
    users = cells.groupby(["cohort", "period"])["lead_id"].nunique().reset_index(name="users")
    # The last week is not over.
    over = users["cohort"] + pd.to_timedelta(7 * users["period"], unit="D") < week.max()
    return {"cohorts": users[over]}


def plain_channels(conversations: pd.DataFrame) -> Tables:
    """Summarise the channels; people are counted where the outcome is known."""
    groups = conversations.assign(human=conversations["status"].eq("human")).groupby("channel")
    table = groups.agg(
        conversations=("lead_id", "size"),
        n=("evaluation_is_success", "count"),
        successes=("evaluation_is_success", "sum"),
        humans=("human", "sum"),
        no_answer=("no_answer", "sum"),
        minutes=("duration_minutes", "mean"),
        cost=("cost", "sum"),
    )
    known = conversations[conversations["evaluation_is_success"].notna()]
    people = known.groupby("channel")["lead_id"].nunique().rename("users")
    return {"channels": table.merge(people, left_index=True, right_index=True).reset_index()}


def plain_devices(conversations: pd.DataFrame) -> Tables:
    """Count by operating system and browser."""
    by = ["os", "browser"]
    table = conversations.groupby(by).agg(
        conversations=("lead_id", "size"),
        n=("evaluation_is_success", "count"),
        successes=("evaluation_is_success", "sum"),
    )
    known = conversations[conversations["evaluation_is_success"].notna()]
    people = known.groupby(by)["lead_id"].nunique().rename("users")
    return {"devices": table.merge(people, left_index=True, right_index=True).reset_index()}


def plain_reports_from_store(inputs: Inputs) -> Tables:
    """Read the same files with pandas, and answer as one writes it."""
    import pandas as pd

    rows = pd.read_parquet(_files(inputs), columns=NEEDED)
    return plain_cohorts(rows) | plain_channels(rows) | plain_devices(rows)


def polars_reports(inputs: Inputs) -> Tables:
    """Answer lazily over the files."""
    import polars as pl

    rows = pl.scan_parquet(f"{_files(inputs)}/*.parquet").select(NEEDED)
    week = pl.col("created_at").dt.convert_time_zone(TZ).dt.truncate("1w")
    weeks = rows.select("lead_id", week=week).unique()
    first = weeks.group_by("lead_id").agg(cohort=pl.col("week").min())
    cells = weeks.join(first, on="lead_id").group_by("cohort", "week").agg(users=pl.len())
    success = pl.col("evaluation_is_success")
    rates = {
        "conversations": pl.len(),
        "n": success.count(),
        "successes": success.sum(),
        "users": pl.col("lead_id").filter(success.is_not_null()).n_unique(),
    }
    channels = rows.group_by("channel").agg(
        **rates,
        humans=(pl.col("status") == "human").sum(),
        no_answer=pl.col("no_answer").sum(),
        minutes=pl.col("duration_minutes").mean(),
        cost=pl.col("cost").sum(),
    )
    devices = rows.filter(pl.col("os").is_not_null()).group_by("os", "browser").agg(**rates)
    found = pl.collect_all([cells, channels, devices])
    over = found[0].filter(pl.col("week") < pl.col("week").max())
    return {"cohorts": over, "channels": found[1], "devices": found[2]}


_RATES = """count(*) AS conversations, count(evaluation_is_success) AS n,
    count_if(evaluation_is_success) AS successes,
    count(DISTINCT lead_id) FILTER (evaluation_is_success IS NOT NULL) AS users"""
_SQL = {
    "cohorts": f"""
        WITH weeks AS (
            SELECT DISTINCT lead_id, date_trunc('week', created_at AT TIME ZONE '{TZ}') AS week
            FROM rows),
        firsts AS (SELECT lead_id, min(week) AS cohort FROM weeks GROUP BY lead_id),
        cells AS (SELECT cohort, week, count(*) AS users
                  FROM weeks JOIN firsts USING (lead_id) GROUP BY ALL)
        SELECT * FROM cells WHERE week < (SELECT max(week) FROM cells)""",
    "channels": f"""
        SELECT channel, {_RATES}, count_if(status = 'human') AS humans,
            count_if(no_answer) AS no_answer, avg(duration_minutes) AS minutes, sum(cost) AS cost
        FROM rows GROUP BY channel""",
    "devices": f"SELECT os, browser, {_RATES} FROM rows WHERE os IS NOT NULL GROUP BY ALL",
}


# The sums over people from which intervals that know of people are made.
_PEOPLE = """count(*) AS c, count(evaluation_is_success) AS n,
    count_if(evaluation_is_success) AS s"""
_OF_PEOPLE = """sum(c) AS conversations, sum(n) AS n, sum(s) AS successes,
    count_if(n > 0) AS users, sum(n * n) AS nn, sum(n * s) AS ns, sum(s * s) AS ss,
    sum(n::DOUBLE * n * n) AS nnn, sum(n::DOUBLE * n * n * n) AS nnnn"""
_SAME_SQL = {
    "cohorts": _SQL["cohorts"],
    "channels": f"""
        WITH people AS (
            SELECT channel, lead_id, {_PEOPLE}, count_if(status = 'human') AS h,
                count(no_answer) AS a, count_if(no_answer) AS b, count(duration_minutes) AS m,
                sum(duration_minutes) AS t, count(cost) AS p, sum(cost) AS q,
                count_if(evaluation_is_success AND cost IS NOT NULL) AS w
            FROM rows GROUP BY ALL)
        SELECT channel, {_OF_PEOPLE}, sum(h), sum(c * c), sum(c * h), sum(h * h), sum(a), sum(b),
            sum(a * a), sum(a * b), sum(b * b), sum(m), sum(t), sum(m * m), sum(m * t),
            sum(t * t), sum(p), sum(q), sum(p * p), sum(q * q), sum(q * w), sum(w * w)
        FROM people GROUP BY ALL""",
    "devices": f"""
        WITH people AS (SELECT os, browser, lead_id, {_PEOPLE}
                        FROM rows WHERE os IS NOT NULL GROUP BY ALL)
        SELECT os, browser, {_OF_PEOPLE} FROM people GROUP BY ALL""",
}


def sql_reports(inputs: Inputs) -> Tables:
    """Answer by SQL over the files."""
    return _answers(inputs, _SQL)


def same_sql_reports(inputs: Inputs) -> Tables:
    """Fetch by SQL also the sums for the intervals that this package gives."""
    return _answers(inputs, _SAME_SQL)


def _answers(inputs: Inputs, queries: Mapping[str, str]) -> Tables:
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW rows AS FROM read_parquet('{_files(inputs)}/*.parquet')")
    return {name: connection.sql(query).to_arrow_table() for name, query in queries.items()}
