"""How right the rules are on the sample, which knows who is who."""

from __future__ import annotations

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.identity.users import identify_users, identity_conflicts, identity_summary
from chatdash_analysis.sandbox.sample import Sample


def pair_scores(users, person):
    """Return which share of the pairs found is right, and which share of the true ones is found."""
    both = pd.DataFrame({"user": users.to_numpy(), "person": person})

    def pairs(by):
        sizes = both.groupby(by).size()
        return int((sizes * (sizes - 1) // 2).sum())

    right = pairs(["user", "person"])
    return right / pairs("user"), right / pairs("person")


@pytest.fixture(scope="module", params=[0, 1])
def planted(request):
    size = 4_000
    frame = cda.load_sample(size, seed=request.param)
    truth = Sample(size=size, seed=request.param).truth()
    person = {one.conversation_id: one.person for one in truth.planted()}
    return frame, frame["conversation_id"].map(person).to_numpy(), truth


class TestSample:
    def test_the_rules_find_more_and_more_and_hardly_join_strangers(self, planted):
        frame, person, _ = planted
        scores = {
            rule: pair_scores(identify_users(frame, rule=rule)["user_id"], person)
            for rule in ("strict", "default", "loose")
        }
        precision = {rule: score[0] for rule, score in scores.items()}
        recall = {rule: score[1] for rule, score in scores.items()}
        assert precision["strict"] == precision["default"] == 1
        assert precision["loose"] > 0.99
        assert 0.2 < recall["strict"] < 0.4
        assert 0.55 < recall["default"] < 0.75
        assert recall["default"] + 0.05 < recall["loose"] < 0.85

    def test_a_metadata_id_finds_more(self, planted):
        frame, person, _ = planted
        plain = pair_scores(identify_users(frame, rule="strict")["user_id"], person)
        named = pair_scores(
            identify_users(frame, rule="strict", metadata_key="userId")["user_id"], person
        )
        assert named[0] == 1
        assert named[1] > plain[1] + 0.03

    def test_the_planted_office_is_found_and_joins_nobody(self, planted):
        frame, _, truth = planted
        office = frame["ip_address"].eq(truth.shared_ip)
        conflicts = identity_conflicts(frame, rule="loose")
        assert conflicts["conversations"].iloc[0] == office.sum() > 50
        assert conflicts["reason"].iloc[0] == "too many conversations"
        found = identify_users(frame, rule="loose")
        assert not found.loc[office, "user_key"].eq("ip").any()

    def test_calls_of_both_directions_find_their_customer(self, planted):
        frame, person, _ = planted
        calls = frame["platform"].eq("retell") & frame["channel"].eq("phone")
        withheld = frame["phone"].eq("anonymous")
        blind = frame.assign(lead_id=pd.Series([None] * len(frame), dtype="str"))
        for view in (blind, blind.drop(columns=["platform", "ended_reason"])):
            found = identify_users(view)["user_id"]
            assert found[calls & ~withheld].notna().all()
            assert found[calls & withheld].isna().all()
            assert pair_scores(found[calls & ~withheld], person[calls & ~withheld]) == (1, 1)

    def test_the_summary_counts_what_the_rules_find(self, planted):
        frame, _, _ = planted
        summary = identity_summary(frame).set_index("rule")
        assert summary.index.tolist() == ["strict", "default", "loose"]
        for rule, row in summary.iterrows():
            users = identify_users(frame, rule=rule)["user_id"]
            assert row["identified"] == users.notna().sum()
            assert row["users"] == users.nunique()
            assert row["coverage"] == users.notna().mean()
            assert row["conversations_per_user"] == users.value_counts().mean()
            assert row["conflicts"] == len(identity_conflicts(frame, rule=rule))
        assert summary["coverage"].is_monotonic_increasing
