"""The reports over a scan of the cache are those over the same conversations in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.sandbox import stand_in
from tests.engines_data import ENGINES, spark

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

END = "2026-10-01"

REPORTS: dict[str, Callable[[Any], pd.DataFrame]] = {
    "rates_by": lambda c: cda.rates_by(c, ["channel", "country_code"], users="lead_id"),
    "rates_by field": lambda c: cda.rates_by(
        c, "agent_id", users="lead_id", outcome="custom_appointment_booked"
    ),
    "channel_summary": lambda c: cda.channel_summary(c, users="lead_id"),
    "device_summary": lambda c: cda.device_summary(c, users="lead_id", strata=["channel"]),
    "retention_table": lambda c: cda.retention_table(
        c, users="lead_id", tz="Europe/Berlin", as_of="2026-06-15T12:00"
    ),
    "retention_table by": lambda c: cda.retention_table(
        c, users="lead_id", freq="M", kind="unbounded", window="rolling", by="channel", as_of=END
    ),
}


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("cache")
    with stand_in(1_500) as service:
        client = cda.Client(service.api_key, base_url=service.url)
        agents = cda.load_agents(client=client)["agent_id"]
        loaded = cda.load_conversations(
            agents, start="2025-01-01", end=END, client=client, cache_dir=folder
        )
        return folder, client.base_url, loaded


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("report", REPORTS)
def test_a_report_over_a_scan_is_the_one_over_the_frame(
    report: str, engine: Any, cached: tuple[Path, str, pd.DataFrame]
) -> None:
    folder, address, loaded = cached
    if engine == "spark":
        spark()
    scan = cda.scan_cache(engine=engine, cache_dir=folder, base_url=address)
    found, expected = REPORTS[report](scan), REPORTS[report](loaded)
    assert len(expected) > 1
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_what_does_not_say_what_was_loaded_ends_at_its_latest_conversation(
    engine: Any, cached: tuple[Path, str, pd.DataFrame]
) -> None:
    folder, address, loaded = cached
    untold = loaded.copy()
    untold.attrs.clear()
    scan = cda.scan_cache(engine=engine, cache_dir=folder, base_url=address)
    found, expected = (cda.retention_table(c, users="lead_id") for c in (scan, untold))
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-9)
    latest = loaded.loc[loaded["lead_id"].notna(), "created_at"].max()
    assert pd.Timestamp(found.attrs["cohorts"]["as_of"]) == latest
    assert expected.attrs["cohorts"] == found.attrs["cohorts"]
