"""The audit of the judge, from sheet to table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.judging.auditing import judge_audit
from chatdash_analysis.judging.sampling import audit_sample
from tests.judging.made import by_cells, conversations, population

COUNTS = [
    "n", "successes", "unknown", "excluded", "users", "n_labelled", "users_labelled",
    "unlabelled", "no_verdict", "true_positives", "false_positives", "false_negatives",
    "true_negatives",
]  # fmt: skip


def _filled(sheet: pd.DataFrame, table: pd.DataFrame, truth: np.ndarray) -> pd.DataFrame:
    said = pd.Series(truth, index=table["conversation_id"])
    return sheet.assign(human_verdict=said.loc[sheet["conversation_id"]].to_numpy())


def _population(**changes):
    options = {"people": 400, "rate": 0.7, "sensitivity": 0.92, "specificity": 0.8}
    return population(np.random.default_rng(5), **(options | changes))


def test_raw_rate_and_corrected_rate_of_a_judge_that_misses_failures():
    # Of 1,000, people call 360 a success: sensitivity .95, specificity .60, raw rate .598.
    table, sheet = by_cells({
        (True, True): 342, (False, True): 18, (True, False): 256, (False, False): 384,
    })  # fmt: skip
    row = judge_audit(table, sheet).iloc[0]
    assert row["raw_rate"] == pytest.approx(0.598)
    assert (row["sensitivity"], row["specificity"]) == pytest.approx((0.95, 0.6))
    assert row["corrected_rate"] == pytest.approx(0.36)
    assert (row["correction"], row["refused"]) == ("post-stratified", "")


def test_attenuation_is_what_is_left_of_a_difference():
    row = judge_audit(*by_cells({
        (True, True): 90, (False, True): 10, (True, False): 15, (False, False): 85,
    })).iloc[0]  # fmt: skip
    assert row["attenuation"] == pytest.approx(0.75)


def test_a_judge_that_is_too_weak_corrects_nothing_and_still_shows_its_figures():
    table, sheet = by_cells({
        (True, True): 915, (True, False): 45, (False, True): 35, (False, False): 5,
    })  # fmt: skip
    row = judge_audit(table, sheet, min_labels=5).iloc[0]
    assert row["refused"] == "weak_judge"
    assert row[["corrected_rate", "corrected_low", "corrected_high"]].isna().all()
    assert row[["cohen_kappa", "gwet_ac1"]].round(2).tolist() == [0.07, 0.91]
    assert judge_audit(table, sheet, min_youden=0).iloc[0]["corrected_rate"] == 0.95


def test_answers_are_weighted_by_their_strata():
    table, truth = _population()
    sheet = _filled(audit_sample(table, 100), table, truth)
    row = judge_audit(table, sheet).iloc[0]
    facts = table.assign(truth=truth).set_index("conversation_id")
    strata = facts.groupby(["agent_id", "evaluation_is_success"]).size().rename("size")
    drawn = facts.loc[sheet["conversation_id"]].join(
        strata, on=["agent_id", "evaluation_is_success"]
    )
    number = drawn.groupby(["agent_id", "evaluation_is_success"])["size"].transform("count")
    weight = drawn["size"] / number
    said, meant = drawn["evaluation_is_success"].to_numpy(bool), drawn["truth"].to_numpy()
    assert row["corrected_rate"] == pytest.approx((weight * meant).sum() / len(table))
    assert row["sensitivity"] == pytest.approx(weight[said & meant].sum() / weight[meant].sum())
    assert row["corrected_low"] < truth.mean() < row["corrected_high"]


def test_a_row_for_all_and_one_for_each_group_with_promised_dtypes():
    table, truth = _population()
    sheet = _filled(audit_sample(table, 150), table, truth)
    audit = judge_audit(table, sheet, by="agent_id")
    assert audit["scope"].tolist() == ["all", "group", "group", "group"]
    assert audit["agent_id"].tolist()[1:] == ["a0", "a1", "a2"]
    assert pd.isna(audit["agent_id"][0])
    assert (
        audit.loc[1:, COUNTS].sum().drop(["users", "users_labelled"]).tolist()
        == audit.loc[0, COUNTS].drop(["users", "users_labelled"]).tolist()
    )
    pd.testing.assert_frame_equal(
        audit.iloc[[0]].drop(columns="agent_id"), judge_audit(table, sheet)
    )
    dtypes = audit.dtypes.astype("str")
    assert set(dtypes[COUNTS]) == {"int64"}
    texts = ["scope", "agent_id", "correction", "refused", "flags"]
    assert set(dtypes[texts]) == {"str"}
    assert set(dtypes.drop([*COUNTS, *texts])) == {"float64"}
    nothing = judge_audit(table.iloc[:0], sheet.iloc[:0], by="agent_id")
    pd.testing.assert_series_equal(nothing.dtypes, audit.dtypes)
    assert nothing["refused"].tolist() == ["no_verdicts"]


def test_a_judge_that_is_worse_in_one_group_is_seen_there():
    rng = np.random.default_rng(2)
    parts = [
        population(rng, people=300, rate=0.6, sensitivity=se, specificity=0.9, agents=1)
        for se in (0.95, 0.6)
    ]
    table = pd.concat([one for one, _ in parts], ignore_index=True)
    truth = np.concatenate([one for _, one in parts])
    language = np.repeat(["de", "en"], [len(one) for one, _ in parts])
    ids = [f"c{k}" for k in range(len(table))]
    table = table.assign(language=language, conversation_id=ids)
    sheet = _filled(audit_sample(table, 300, by="language"), table, truth)
    audit = judge_audit(table, sheet, by="language").set_index("language")
    assert audit.loc["de", "sensitivity_low"] > audit.loc["en", "sensitivity_high"]
    assert audit.loc["de", "raw_rate"] - audit.loc["en", "raw_rate"] > 0.15
    assert abs(audit.loc["de", "corrected_rate"] - audit.loc["en", "corrected_rate"]) < 0.12


def test_order_of_conversations_and_of_the_sheet_changes_nothing():
    table, truth = _population()
    sheet = _filled(audit_sample(table, 90), table, truth)
    audit = judge_audit(table, sheet, by="agent_id")
    shuffled = judge_audit(
        table.sample(frac=1, random_state=1), sheet.sample(frac=1, random_state=2), by="agent_id"
    )
    pd.testing.assert_frame_equal(audit, shuffled, check_exact=True)


def test_a_sheet_gives_the_same_audit_after_a_spreadsheet_saved_it(tmp_path):
    table, truth = _population()
    path = tmp_path / "sheet.csv"
    sheet = _filled(audit_sample(table, 90, path=path), table, truth)
    text = path.read_text("utf-8-sig").splitlines()
    for number, verdict in enumerate(sheet["human_verdict"], start=1):
        cells = text[number].split('","')
        cells[-3] = "WAHR" if verdict else "FALSCH"
        text[number] = ";".join(cells).strip('"')
    text[0] = text[0].replace('"', "").replace(",", ";")
    path.write_text("\n".join([*text, ";" * text[0].count(";")]), "utf-8-sig")
    pd.testing.assert_frame_equal(judge_audit(table, path), judge_audit(table, sheet))


def test_open_rows_and_vanished_verdicts_are_counted():
    table, truth = _population()
    sheet = _filled(audit_sample(table, 80, by=None), table, truth)
    sheet["human_verdict"] = sheet["human_verdict"].astype("boolean")
    sheet.loc[:19, "human_verdict"] = pd.NA
    table = table.set_index("conversation_id")
    table.loc[sheet["conversation_id"].iloc[-3:], "evaluation_is_success"] = pd.NA
    row = judge_audit(table.reset_index(), sheet).iloc[0]
    assert row[["n_labelled", "unlabelled", "no_verdict", "unknown"]].tolist() == [57, 20, 3, 3]
    assert row["flags"] == "many_unlabelled"


def test_few_people_and_missing_codes_are_flagged():
    table, sheet = by_cells({(True, True): 30, (False, False): 30, (True, False): 2})
    one = table.assign(user_id=np.where(table.index < 30, "u", table["user_id"]))
    assert judge_audit(one, sheet).iloc[0]["flags"] == "no_weights, few_users_labelled"


def test_whole_number_and_flag_labels_leave_room_for_the_row_of_all():
    table, sheet = by_cells({(True, True): 20, (False, False): 20})
    table = table.assign(version=1, vip=True, score=0.5)
    audit = judge_audit(table, sheet, by=["version", "vip", "score"])
    assert audit.dtypes[["version", "vip", "score"]].astype("str").tolist() == [
        "Int64", "boolean", "float64",
    ]  # fmt: skip
    assert audit.loc[1, ["version", "vip", "score"]].tolist() == [1, True, 0.5]


def test_bad_arguments_are_refused_in_words():
    table, sheet = by_cells({(True, True): 20, (False, False): 20})
    with pytest.raises(InputError, match="min_labels=0"):
        judge_audit(table, sheet, min_labels=0)
    with pytest.raises(InputError, match=r"min_youden=2 does not lie"):
        judge_audit(table, sheet, min_youden=2)
    with pytest.raises(InputError, match="level"):
        judge_audit(table, sheet, level=95)
    with pytest.raises(InputError, match="column scope of its own"):
        judge_audit(table.assign(scope="x"), sheet, by="scope")
    with pytest.raises(MissingColumnsError, match="channel"):
        judge_audit(table, sheet, by="channel")
    with pytest.raises(InputError, match="no conversation here, in rows 1, 2"):
        judge_audit(conversations([True]), sheet)
    with pytest.raises(InputError, match="DataFrame"):
        judge_audit(None, sheet)


def test_the_sample_goes_from_sheet_to_audit():
    sample = cda.load_sample(1_000)
    sheet = audit_sample(sample, 120)
    verdict = sample.set_index("conversation_id")["evaluation_is_success"]
    sheet["human_verdict"] = verdict.loc[sheet["conversation_id"]].to_numpy()
    row = judge_audit(sample, sheet).iloc[0]
    assert row["corrected_rate"] == pytest.approx(row["raw_rate"])
    assert row["corrected_low"] < row["raw_rate"] < row["corrected_high"]
    rates = cda.rates_by(sample.assign(all="all"), "all").iloc[0]
    assert (
        row[["n", "users", "raw_rate", "raw_low", "raw_high"]].tolist()
        == rates[["n", "users", "rate", "low", "high"]].tolist()
    )
