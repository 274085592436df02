"""Which stage moved the result between two periods."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import chatdash_analysis as cda
from chatdash_analysis.channels.outcomes import outcome_stages, stage_change
from chatdash_analysis.errors import IncompleteError, InputError
from chatdash_analysis.sandbox.sample import Sample
from tests.channels.stage_rows import CALL, CHAT, rows, sample

MONTHS = {"before": ("2026-02-01", "2026-03-01"), "after": ("2026-03-01", "2026-04-01")}


def test_the_outage_of_the_sample_is_a_matter_of_faults():
    outage = Sample(size=20_000, seed=0).truth().outage
    table = stage_change(
        cda.load_sample(20_000), users="lead_id", before=("2026-02-01", outage.start),
        after=(outage.start, outage.end), min_n=0,
    )  # fmt: skip
    changes = table.set_index(["platform", "stage"])
    assert changes.loc[("vapi", "no_fault"), "log_change_high"] < -0.3
    assert 1 - changes.loc[("vapi", "no_fault"), "rate_after"] == pytest.approx(
        outage.share, abs=0.2
    )
    for platform in ("retell", "elevenlabs"):
        assert changes.loc[(platform, "no_fault"), "rate_after"] > 0.9
    assert changes.loc[("vapi", "success"), "log_change_low"] < 0.2


def test_changes_of_the_stages_sum_exactly_to_that_of_the_product():
    table = stage_change(sample(), ["platform", "channel"], min_n=0, **MONTHS)
    for _, part in table.groupby(["platform", "channel"], dropna=False):
        changes = part["log_change"].tolist()
        assert changes[0] + changes[1] + changes[2] == changes[3]
        assert np.log(part["rate_after"].iloc[3] / part["rate_before"].iloc[3]) == pytest.approx(
            changes[3]
        )
        assert part["share_of_change"].iloc[:3].sum() == pytest.approx(1)


def test_rates_of_the_periods_are_those_of_outcome_stages():
    table = stage_change(sample(), **MONTHS)
    for name, (start, end) in MONTHS.items():
        inside = sample()["created_at"].ge(f"{start}T00:00Z") & sample()["created_at"].lt(
            f"{end}T00:00Z"
        )
        stages = outcome_stages(sample()[inside])
        assert table[f"n_{name}"].tolist() == stages["n"].tolist()
        for column in ("rate", "low", "high"):
            assert table[f"{column}_{name}"].tolist() == pytest.approx(
                stages[column].tolist(), nan_ok=True
            )


def test_stages_of_few_conversations_show_no_change():
    usual = stage_change(sample(), ["platform", "channel"], **MONTHS)
    strict = stage_change(sample(), ["platform", "channel"], min_n=60, **MONTHS)
    few = strict[["n_before", "n_after"]].lt(60).any(axis=1) & usual["log_change"].notna()
    few &= ~strict["flags"].str.contains("not_recorded") & strict["stage"].ne("overall")
    assert 0 < few.sum() < len(strict)
    assert strict.loc[few, "log_change"].isna().all()
    assert strict.loc[few, "flags"].str.contains("small_n").all()
    assert not strict["flags"].str.contains("small_n.*no_log").any()
    for period in ("before", "after"):
        hidden = strict[f"n_{period}"] < 60
        assert strict.loc[hidden, f"rate_{period}"].isna().all()
        assert strict.loc[hidden, f"low_{period}"].isna().all()
    products = strict["stage"].eq("overall").to_numpy()
    assert strict["flags"].str.contains("small_n")[products].any()


def test_gaps_and_rows_without_a_start_are_flagged():
    created = sample()["created_at"]
    frame = sample().assign(created_at=created.where(created.index >= 3))
    frame.attrs["chatdash"] = {
        "gaps": [{"start": "2026-02-10T00:00:00Z", "end": "2026-02-11T00:00:00Z"}]
    }
    table = stage_change(frame, **MONTHS)
    assert table["flags"].str.contains("gap, undated").all()
    assert not stage_change(sample(), **MONTHS)["flags"].str.contains("gap|undated").any()


def test_a_stage_that_is_not_recorded_changes_nothing():
    table = stage_change(sample(), **MONTHS).set_index(["platform", "stage"])
    change = table.loc[("voiceflow", "no_fault")]
    assert change[["log_change", "share_of_change", "flags"]].tolist() == [0, 0, "not_recorded"]


def test_a_rate_of_zero_has_no_logarithm():
    before = rows(*[CALL | {"interacted": True, "evaluation_is_success": True}] * 20)
    after = rows(
        *[CALL | {"interacted": True, "evaluation_is_success": False}] * 20,
        created="2026-02-10T12:00Z",
    )
    periods = {"before": ("2026-01-01", "2026-02-01"), "after": ("2026-02-01", "2026-03-01")}
    table = stage_change(pd.concat([before, after], ignore_index=True), **periods)
    table = table[table["platform"] == "vapi"].set_index("stage")
    assert table.loc["reached", "log_change"] == 0
    assert table.loc[["success", "overall"], "log_change"].isna().all()
    assert table.loc[["success", "overall"], "flags"].eq("no_log").all()


def test_a_platform_of_one_period_only_has_no_change():
    later = rows(*[CALL | {"interacted": True}] * 20, created="2026-02-10T12:00Z")
    early = rows(CHAT | {"interacted": True})
    periods = {"before": ("2026-01-01", "2026-02-01"), "after": ("2026-02-01", "2026-03-01")}
    table = stage_change(pd.concat([early, later], ignore_index=True), **periods)
    vapi = table[table["platform"] == "vapi"]
    assert vapi["n_before"].eq(0).all()
    assert vapi.set_index("stage").loc["overall", "flags"] == "no_log"


def test_periods_are_half_open_and_may_not_overlap():
    early = rows(CHAT | {"interacted": True}, created="2026-01-31T23:59:59.999999Z")
    later = rows(*[CALL | {"interacted": True}] * 5, created="2026-02-01T00:00Z")
    table = stage_change(
        pd.concat([early, later], ignore_index=True), before=("2026-01-01", "2026-02-01"),
        after=("2026-02-01", "2026-03-01"),
    )  # fmt: skip
    table = table[table["stage"] == "reached"].set_index("platform")
    assert table.loc["vapi", ["n_before", "n_after"]].tolist() == [0, 5]
    assert table.loc["botpress", ["n_before", "n_after"]].tolist() == [1, 0]
    with pytest.raises(InputError, match="does not end before"):
        stage_change(sample(), before=("2026-01-01", "2026-03-02"), after=MONTHS["after"])


def test_reach_needs_the_conversations_without_interaction():
    with pytest.raises(IncompleteError, match="stage_change asks who was reached"):
        stage_change(sample()[sample()["interacted"]], **MONTHS)


def test_periods_that_were_not_loaded_are_refused():
    loaded = sample().copy()
    loaded.attrs["chatdash"] = {"start": "2026-02-15T00:00:00Z", "end": "2026-06-01T00:00:00Z"}
    with pytest.raises(IncompleteError, match="were loaded"):
        stage_change(loaded, **MONTHS)


@pytest.mark.parametrize(
    ("periods", "name"),
    [
        ({"before": ("2020-02-01", "2020-03-01"), "after": MONTHS["after"]}, "before"),
        ({"before": MONTHS["before"], "after": ("2030-02-01", "2030-03-01")}, "after"),
    ],
)
def test_periods_without_conversations_are_refused(periods, name):
    with pytest.raises(InputError, match=f"{name}=.* holds no conversations. Those of the table"):
        stage_change(sample(), **periods)
    with pytest.raises(InputError, match=r"holds no conversations\. Nor does the table"):
        stage_change(sample().iloc[:0], **periods)


def made(frame: pd.DataFrame) -> pd.DataFrame:
    return stage_change(frame, ["platform", "channel"], **MONTHS)


def test_the_order_of_the_rows_makes_no_difference_and_the_table_stays():
    given = sample().copy(deep=True)
    shuffled = sample().sample(frac=1, random_state=3)
    assert_frame_equal(made(shuffled), made(given), check_exact=True)
    assert_frame_equal(given, sample())


def test_dtypes_are_the_same_for_any_table():
    full = made(sample())
    assert full.columns.tolist() == [
        "platform", "channel", "stage", "n_before", "rate_before", "low_before", "high_before",
        "n_after", "rate_after", "low_after", "high_after", "log_change", "log_change_low",
        "log_change_high", "share_of_change", "flags",
    ]  # fmt: skip
    silent = sample()[~sample()["interacted"]]
    unknown = sample().assign(evaluation_is_success=pd.array([None] * 4_000, dtype="boolean"))
    for part in (silent, unknown):
        table = made(part)
        assert table.dtypes.equals(full.dtypes)
        assert table.index.equals(pd.RangeIndex(len(table)))
