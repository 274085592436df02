"""A styled table reads as text where no HTML is shown, and without addresses."""

from __future__ import annotations

import copy

import pandas as pd
import pytest
from pandas.io.formats.style import Styler

import chatdash_analysis as cda


@pytest.fixture
def styled():
    table = pd.DataFrame({"channel": ["phone", "a & b"], "n": [1_204, 3], "mine": ["x", "y"]})
    return cda.style_table(table, caption="Calls & chats")


def test_its_text_is_the_table(styled):
    assert repr(styled).splitlines() == [
        "Calls & chats",
        "Channel  n      Mine",
        "phone    1,204  x",
        "a & b    3      y",
    ]


def test_it_is_a_styler_of_pandas_that_can_be_changed(styled):
    assert isinstance(styled, Styler)
    changed = copy.deepcopy(styled).hide(["Mine"], axis="columns").hide([0]).set_caption("New")
    assert repr(changed).splitlines() == ["New", "Channel  n", "a & b    3"]


def test_long_and_wide_tables_are_cut():
    table = pd.DataFrame({f"column_{n}": ["text " * 20] * 40 for n in range(30)})
    lines = repr(cda.style_table(table)).splitlines()
    assert lines[-1].endswith("35 more")
    assert len(lines) == 7
    assert max(map(len, lines)) == 100


@pytest.mark.parametrize("table", [pd.DataFrame(), pd.DataFrame({"n": []})], ids=["none", "rows"])
def test_empty_tables_have_a_text(table):
    assert repr(cda.style_table(table)) == "".join(table.columns)
