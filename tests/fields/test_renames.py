"""Renames: found where they were planted, and seldom where they were not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chatdash_analysis.fields.profile import profile_fields
from tests.fields.rows import conversations, field, key

SIZE = 300


def _renamed(rows: pd.DataFrame) -> dict[str, str]:
    table = profile_fields(rows).dropna(subset="renamed_to")
    return dict(zip(table["column"], table["renamed_to"], strict=True))


def _noise(rng, cut: int) -> dict[str, pd.Series]:
    """Return fields of a prompt that was rewritten at a moment: none has to do with another."""
    made = {key(rng): field(rng, SIZE) for _ in range(10)}
    for _ in range(5):
        start, stop = np.sort(rng.integers(0, SIZE, 2))
        made[key(rng)] = field(rng, SIZE, start=start, stop=stop)
    made |= {key(rng): field(rng, SIZE, stop=cut) for _ in range(rng.integers(2, 7))}
    return made | {key(rng): field(rng, SIZE, start=cut) for _ in range(rng.integers(2, 7))}


def test_unrelated_fields_are_seldom_taken_for_renames():
    alarms = fields = agents = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found = _renamed(conversations(**_noise(rng, int(SIZE * rng.uniform(0.2, 0.8)))))
        alarms, agents, fields = alarms + len(found), agents + bool(found), fields + 20
    # A rewrite in which nothing was renamed: in about one of thirty there is a false alarm.
    assert agents <= 4
    assert alarms / fields < 0.01


def test_planted_renames_are_found_among_them():
    found = {"custom_motive": 0, "custom_is_vip": 0, "custom_zeta": 0}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        cut = int(SIZE * rng.uniform(0.3, 0.7))
        rows = conversations(**_noise(rng, cut))
        before = np.arange(SIZE) < cut
        kept = rng.random(SIZE) < 0.8
        for old, new, values in (
            ("custom_motive", "custom_motive_of_caller", rng.choice(["p", "q", "r", "s"], SIZE)),
            ("custom_is_vip", "custom_vip", rng.random(SIZE) < 0.3),
            ("custom_zeta", "custom_omega", rng.choice(["t", "u", "v", "w"], SIZE)),
        ):
            column = pd.Series(values, dtype="boolean" if values.dtype == bool else "str")
            rows = rows.assign(
                **{old: column.where(before & kept), new: column.where(~before & kept)}
            )
            found[old] += _renamed(rows).get(old) == new
    assert found["custom_motive"] == 20
    assert min(found.values()) >= 16


def _pair(old_values, new_values, cut=150) -> dict[str, str]:
    before = np.arange(SIZE) < cut
    old, new = (pd.Series(v) for v in (old_values, new_values))
    return _renamed(conversations(custom_old=old.where(before), custom_new=new.where(~before)))


def test_another_kind_or_other_values_are_no_rename():
    rng = np.random.default_rng(0)
    texts = pd.Series(rng.choice(["a", "b", "c"], SIZE), dtype="str")
    assert _pair(texts, texts) == {"custom_old": "custom_new"}
    assert _pair(texts, texts + "x") == {}
    assert _pair(texts, rng.normal(size=SIZE)) == {}


def test_a_field_that_goes_on_was_not_renamed():
    rng = np.random.default_rng(0)
    texts = pd.Series(rng.choice(["a", "b", "c"], SIZE), dtype="str")
    later = texts.where(np.arange(SIZE) >= 150)
    assert _renamed(conversations(custom_old=texts, custom_new=later)) == {}


def test_a_field_that_begins_long_after_the_end_of_another_is_no_rename():
    rng = np.random.default_rng(0)
    place = np.arange(SIZE)
    texts = pd.Series(rng.choice(["a", "b", "c"], SIZE), dtype="str")
    rows = conversations(custom_old=texts.where(place < 100), custom_new=texts.where(place > 180))
    assert _renamed(rows) == {}


def test_two_equal_heirs_are_none():
    rng = np.random.default_rng(0)
    before = np.arange(SIZE) < 150
    texts = pd.Series(rng.choice(["a", "b", "c"], SIZE), dtype="str")
    rows = conversations(
        custom_old=texts.where(before),
        custom_n1=texts.where(~before),
        custom_n2=texts.where(~before),
    )
    assert _renamed(rows) == {}


def test_an_agent_is_no_heir_of_another():
    rng = np.random.default_rng(0)
    before = np.arange(SIZE) < 150
    texts = pd.Series(rng.choice(["a", "b", "c"], SIZE), dtype="str")
    rows = conversations(custom_old=texts.where(before), custom_new=texts.where(~before))
    agents = pd.Series(np.where(before, "a", "b"), dtype="str")
    assert _renamed(rows.assign(agent_id=agents)) == {}
