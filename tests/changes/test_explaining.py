"""Why a rate changed: the table, its flags and intervals, and what the sample planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import chatdash_analysis as cda
from chatdash_analysis.changes.explaining import explain_change
from chatdash_analysis.changes.sentences import change_sentence
from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox.sample import Sample
from tests.changes.cells import APRIL, EXAMPLE, MAY, conversations_of, explained


def test_example_of_the_method_is_reproduced():
    table = explained(conversations_of(EXAMPLE))

    assert table["channel"].tolist() == ["phone", "web", "all"]
    assert table["n_before"].tolist() == [300, 700, 1000]
    assert table["rate_before"].tolist() == pytest.approx([0.45, 0.80, 0.695])
    assert table["rate_after"].tolist() == pytest.approx([0.47, 0.83, 0.614])
    assert table["share_before"].tolist() == pytest.approx([0.3, 0.7, 1])
    assert table["share_after"].tolist() == pytest.approx([0.6, 0.4, 1])
    total = table.iloc[-1]
    assert total["mix"] == pytest.approx(-0.1065)
    assert total["within"] == pytest.approx(0.0255)
    assert total["total"] == pytest.approx(-0.081)


def test_columns_and_dtypes_are_those_promised():
    table = explained(conversations_of(EXAMPLE))

    counts = ("n", "successes", "unknown", "excluded", "users")
    rates = ("rate", "low", "high", "share")
    expected = {"channel": "str"}
    for period in ("before", "after"):
        expected |= {f"{name}_{period}": "int64" for name in counts}
        expected |= {f"{name}_{period}": "float64" for name in rates}
    for part in ("mix", "within", "total"):
        expected |= {f"{part}{end}": "float64" for end in ("", "_low", "_high")}
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == expected | {"flags": "str"}
    assert table.columns.tolist() == [*expected, "flags"]
    assert table.index.equals(pd.RangeIndex(3))


def test_parts_sum_to_the_change_and_cells_to_the_total():
    rng = np.random.default_rng(0)
    cells = {
        f"c{k}": tuple("".join(rng.choice(list("0011?"), rng.integers(0, 30))) for _ in "ab")
        for k in range(40)
    }

    table = explained(conversations_of(cells))

    total, rows = table.iloc[-1], table.iloc[:-1]
    assert (
        abs(total["mix"] + total["within"] - (total["rate_after"] - total["rate_before"])) < 1e-12
    )
    assert rows["mix"].sum() == pytest.approx(total["mix"], abs=1e-12)
    assert rows["total"].to_numpy() == pytest.approx((rows["mix"] + rows["within"]).to_numpy())
    assert rows["share_before"].sum() == pytest.approx(1)


def test_unknown_outcomes_are_shown_and_take_no_part():
    known = explained(conversations_of({"a": ("1100", "1110"), "b": ("10", "11")}))
    holed = explained(conversations_of({"a": ("1100???", "1110"), "b": ("10", "11--?")}))

    assert holed["unknown_before"].tolist() == [3, 0, 3]
    assert holed["unknown_after"].tolist() == [0, 1, 1]
    assert holed["excluded_after"].tolist() == [0, 2, 2]
    for column in ("n_before", "rate_before", "share_before", "mix", "within"):
        assert holed[column].tolist() == known[column].tolist()


def test_change_of_coverage_is_flagged_but_not_chance():
    steady = {"a": ("10" * 40 + "?" * 10, "10" * 40 + "?" * 13)}
    fallen = {"a": ("10" * 40 + "?" * 10, "10" * 30 + "?" * 40)}

    assert not explained(conversations_of(steady))["flags"].str.contains("coverage").any()
    assert explained(conversations_of(fallen))["flags"].str.contains("coverage_changed").all()


def test_new_and_vanished_cells_are_all_mix_and_flagged():
    table = explained(
        conversations_of(
            {"gone": ("1" * 18 + "00", ""), "new": ("", "0" * 9 + "1"), "old": ("10" * 9, "10" * 9)}
        )
    )

    assert table["flags"].tolist()[:3] == ["vanished", "new", ""]
    assert table["within"].tolist()[:2] == [0, 0]
    assert (table["mix"].iloc[:2] < 0).all()
    assert np.isnan(table["rate_before"].iloc[1])
    assert table["total"].iloc[-1] == pytest.approx(10 / 28 - 27 / 38)


def test_cells_of_few_people_have_no_interval_of_their_parts():
    frame = conversations_of({"a": ("10" * 20, "1110" * 10), "b": ("10" * 20, "1110" * 10)})
    crowd = explained(frame)
    few = explained(frame.assign(user_id=frame["user_id"].mask(frame["channel"].eq("a"), "one")))

    ends = ["mix_low", "mix_high", "within_low", "within_high", "total_low", "total_high"]
    assert crowd[ends].notna().all(axis=None)
    assert few.loc[0, "flags"] == "few_users"
    assert few.loc[0, ends].isna().all()
    assert few.loc[1:, ends].notna().all(axis=None)


def test_equal_outcomes_everywhere_have_no_interval_within():
    table = explained(conversations_of({"a": ("1" * 30, "1" * 20), "b": ("10" * 10, "10" * 20)}))

    assert table.loc[0, "flags"] == "one_outcome"
    assert table.loc[0, ["within_low", "within_high"]].isna().all()
    assert table.loc[0, ["mix_low", "mix_high"]].notna().all()


def test_all_outcomes_unknown_is_a_typed_answer():
    table = explained(conversations_of({"a": ("??", "???"), "b": ("?", "-")}))

    assert table["n_before"].tolist() == [0, 0, 0]
    assert table["unknown_before"].tolist() == [2, 1, 3]
    assert table[["mix", "within", "total", "mix_low", "rate_after"]].isna().all(axis=None)
    assert str(table["mix"].dtype) == "float64"
    assert table["flags"].str.contains("no_known").all()


@pytest.mark.parametrize("outcomes", [("1", "0"), ("1" * 9, "0" * 12)])
def test_one_cell_has_no_mix(outcomes):
    table = explained(conversations_of({"a": outcomes}))

    assert table["mix"].tolist() == [0, 0]
    assert table["within"].tolist() == [-1, -1]


def test_intervals_hold_the_parts_and_neither_order_nor_names_matter():
    frame = conversations_of(EXAMPLE)
    frame["user_id"] = [f"u{k % 400}" for k in range(len(frame))]
    shuffled = frame.sample(frac=1, random_state=5)
    renamed = shuffled.assign(user_id="x" + shuffled["user_id"].str[::-1])

    table = explained(frame)

    assert_frame_equal(table, explained(shuffled))
    assert_frame_equal(table, explained(renamed))
    for part in ("mix", "within", "total"):
        assert table[part].between(table[f"{part}_low"], table[f"{part}_high"]).all()
    other = explained(frame, random_state=1)
    assert (other["within_low"] != table["within_low"]).any()
    assert other["within"].equals(table["within"])


def test_intervals_follow_the_level():
    usual, wide = (explained(conversations_of(EXAMPLE), level=level) for level in (0.95, 0.99))

    ends = [("low_before", "high_before"), ("low_after", "high_after")]
    ends += [(f"{part}_low", f"{part}_high") for part in ("mix", "within", "total")]
    for low, high in ends:
        assert (wide[low] < usual[low]).all()
        assert (wide[high] > usual[high]).all()
    assert wide["mix"].equals(usual["mix"])
    assert "(99 % interval " in change_sentence(wide)


def test_the_callers_frame_stays_as_it_is():
    frame = conversations_of(EXAMPLE)
    copy = frame.copy(deep=True)

    explained(frame)

    assert_frame_equal(frame, copy)


def test_missing_people_are_people_of_their_own():
    frame = conversations_of(EXAMPLE)
    missing = frame.assign(user_id=pd.Series([None] * len(frame), dtype="str"))

    assert_frame_equal(explained(missing), explained(frame))


def test_several_columns_split_the_mix():
    rng = np.random.default_rng(2)
    n = 4000
    later = rng.integers(0, 2, n).astype(bool)
    channel = np.where(rng.random(n) < np.where(later, 0.7, 0.4), "phone", "web")
    language = np.where(rng.random(n) < np.where(channel == "web", 0.6, 0.2), "de", "en")
    success = rng.random(n) < 0.4 + 0.3 * (channel == "web") + 0.1 * (language == "de")
    frame = pd.DataFrame(
        {
            "channel": pd.Series(channel, dtype="str"),
            "language": pd.Series(language, dtype="str"),
            "created_at": pd.to_datetime(np.where(later, MAY, APRIL), utc=True),
            "evaluation_is_success": pd.array(success, dtype="boolean"),
            "user_id": [f"u{k}" for k in range(n)],
        }
    )

    table = explained(frame, by=["channel", "language"])

    parts = table["mix_channel"] + table["mix_language"]
    assert parts.to_numpy() == pytest.approx(table["mix"].to_numpy(), abs=1e-14)
    assert table[["channel", "language"]].iloc[-1].tolist() == ["all", "all"]
    total = table.iloc[-1]
    assert total["mix_channel"] < 3 * total["mix_language"] < 0
    assert total["mix_channel_low"] < total["mix_channel"] < total["mix_channel_high"] < 0
    # Another order of the columns is another order of the rows, and nothing else.
    turned = explained(frame, by=["language", "channel"]).iloc[-1]
    for name in ("mix_channel", "mix_language", "within"):
        assert turned[name] == pytest.approx(total[name], abs=1e-12)


@pytest.mark.parametrize(
    ("labels", "dtype", "expected"),
    [
        ([True, False, None], "boolean", ["False", "True", np.nan, "all"]),
        ([3, 20, 1], "int64", ["1", "3", "20", "all"]),
        (["b", None, "a"], "str", ["a", "b", np.nan, "all"]),
    ],
)
def test_labels_are_text_sorted_with_missing_last(labels, dtype, expected):
    frame = conversations_of({f"x{k}": ("10" * 5, "110" * 4) for k in range(3)})
    column = frame["channel"].map(dict(zip(["x0", "x1", "x2"], labels, strict=True)))

    table = explained(frame.assign(channel=column.astype(dtype)))

    assert str(table["channel"].dtype) == "str"
    assert table["channel"].fillna("?").tolist() == pd.Series(expected).fillna("?").tolist()


def test_many_thin_cells_are_flagged():
    thin = explained(conversations_of({f"c{k:03}": ("10", "101") for k in range(200)}))
    thick = explained(conversations_of({f"c{k}": ("10" * 20, "101" * 20) for k in range(5)}))

    assert "sparse_cells" in thin["flags"].iloc[-1]
    assert not thin["flags"].iloc[:-1].str.contains("sparse").any()
    assert thick["flags"].iloc[-1] == ""


def test_ten_thousand_cells_are_answered_and_far_more_refused():
    frame = conversations_of({f"c{k}": ("1", "0") for k in range(10_000)})

    assert len(explained(frame)) == 10_001
    with pytest.raises(InputError, match="10,000 cells, too many for 900 resamples"):
        explained(frame, n_boot=900)


@pytest.fixture(scope="module")
def sample():
    return cda.load_sample(20_000)


def test_planted_change_is_found(sample):
    truth = Sample(size=20_000).truth()
    change = truth.change_at

    table = explain_change(
        sample, by="channel", users="lead_id", before=(truth.start, change),
        after=(change, truth.end),
    ).set_index("channel")  # fmt: skip

    heard = [
        pd.Series(truth.channel_shares(changed=k)) * pd.Series(truth.reached_by_channel(changed=k))
        for k in (False, True)
    ]
    shares = [weights / weights.sum() for weights in heard]
    rates = [pd.Series(truth.success_by_channel(changed=k)) for k in (False, True)]
    mix = ((shares[1] - shares[0]) * (rates[0] + rates[1]) / 2).sum()
    total = table.loc["all"]
    assert total["total"] < -0.05
    assert total["mix_low"] < mix < total["mix_high"]
    assert total["mix"] == pytest.approx(mix, abs=0.01)
    assert total["within_low"] < 0.03 < total["within_high"]
    assert total["within_low"] > 0
    cells = table.drop(index="all")
    assert (cells["rate_after"] > cells["rate_before"]).all()
    assert cells["mix"].abs().nlargest(2).index.sort_values().tolist() == ["Webchat", "phone"]


def test_null_change_is_seldom_called_one(sample):
    # People of the time before the change are dealt to two months at random: nothing differs.
    early = sample[sample["created_at"] < "2026-05-01"].tail(3000)
    people = early["lead_id"].fillna(early["conversation_id"])
    names, rng, runs, found = people.unique(), np.random.default_rng(0), 25, []
    for _ in range(runs):
        later = people.isin(names[rng.random(len(names)) < 0.5])
        moved = pd.to_datetime(np.where(later, MAY, APRIL), utc=True)
        total = explained(early.assign(created_at=moved), users="lead_id").iloc[-1]
        found.append([not total[f"{p}_low"] <= 0 <= total[f"{p}_high"] for p in ("mix", "within")])
    assert (np.sum(found, axis=0) <= 4).all()  # 0.7 % of the time there would be more by chance
