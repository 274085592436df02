"""Pictures of rates by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.report import rate_figures
from chatdash_analysis.report.parts import Figure, Table
from chatdash_analysis.report.rate_figures import rates_part
from tests.report.sections.materials import drawn_texts

if TYPE_CHECKING:
    import pytest


def _rates(groups: int) -> pd.DataFrame:
    n = np.arange(100, 100 + groups)
    return pd.DataFrame(
        {
            "channel": [f"Shop {chr(65 + i)}" for i in range(groups)],
            "n": n,
            "unknown": 0,
            "rate": 0.5,
            "low": 0.4,
            "high": 0.6,
            "flags": "",
        }
    )


def _about(table: pd.DataFrame) -> Table:
    return Table("Success by channel", "rates_by.", table)


def test_few_groups_are_all_drawn_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = drawn_texts(monkeypatch, rate_figures)
    table = _rates(3)
    part = rates_part(table, _about(table), labels=["channel"], size="n")
    assert isinstance(part, Figure)
    assert part.table == _about(table)
    assert {"Shop A", "Shop B", "Shop C", "n = 102"} <= set(drawn)
    assert "Shop C: of those judged, 50.0 % (40.0 to 60.0, n = 102) succeeded." in part.alt


def test_of_many_groups_the_largest_are_drawn_and_the_table_keeps_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = drawn_texts(monkeypatch, rate_figures)
    table = _rates(20)
    part = rates_part(table, _about(table), labels=["channel"], size="n")
    assert isinstance(part, Figure)
    assert {text for text in drawn if text.startswith("Shop")} == set(table["channel"].iloc[8:])
    assert len(part.table.frame) == 20
    for words in (part.alt, part.table.method):
        assert words.endswith(" The picture shows the 12 largest of 20.")


def test_without_any_rate_the_table_stands_alone() -> None:
    table = _rates(3).assign(rate=np.nan)
    about = _about(table)
    assert rates_part(table, about, labels=["channel"], size="n") is about


def test_several_labels_name_a_group() -> None:
    table = _rates(2).assign(platform="vapi")
    part = rates_part(table, _about(table), labels=["platform", "channel"], size="n")
    assert isinstance(part, Figure)
    assert "vapi, Shop A: of those judged" in part.alt
