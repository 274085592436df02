"""What joins people, what must not, and the list of conflicts."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import chatdash_analysis as cda
from chatdash_analysis.identity.users import identify_users, identity_conflicts
from tests.identity.made import digest, parted, table


class TestConflicts:
    shared = (
        {"lead_id": "L1", "phone": "+34600000001"},
        {"lead_id": "L2", "phone": "+34600000001", "agent_id": "agent-2"},
        {"phone": "+34600000001"},
        {"phone": "+34600000002", "lead_id": "L1"},
        {"phone": "+34600000002"},
    )

    def test_a_phone_of_two_leads_joins_neither_and_names_nobody(self):
        frame = table(self.shared)
        assert identify_users(frame)["user_id"].fillna("").tolist() == ["L1", "L2", "", "L1", "L1"]

    def test_it_is_listed_without_the_number(self):
        expected = pd.DataFrame(
            {
                "conflict": [digest("phone", "34600000001")],
                "key": ["phone"],
                "reason": ["several leads"],
                "conversations": [3],
                "without_user": [1],
                "users": [2],
                "user_ids": ["L1, L2"],
                "agents": [2],
                "agent_ids": ["agent-1, agent-2"],
            }
        ).astype(dict.fromkeys(("conflict", "key", "reason", "user_ids", "agent_ids"), "str"))
        assert_frame_equal(identity_conflicts(table(self.shared)), expected)
        assert identity_conflicts(table(self.shared), rule="strict").empty

    def test_two_instagram_accounts_are_two_people(self):
        rows = [{"instagram_id": "I1"}, {"instagram_id": "I2"}, {"instagram_id": "I2"}]
        frame = table(rows, phone="+34600000001")
        assert parted(frame) == [1, 2, 2]
        assert identity_conflicts(frame)["reason"].tolist() == ["several instagram accounts"]

    def test_two_instagram_accounts_of_one_lead_are_one_person(self):
        rows = [{"instagram_id": "I1"}, {"instagram_id": "I2"}, {"instagram_id": "I1"}]
        frame = table(rows)
        frame.loc[:1, "lead_id"] = "L1"
        assert parted(frame) == [1, 1, 1]
        assert identity_conflicts(frame).empty

    def test_a_chain_from_one_lead_to_another_joins_nobody(self):
        first, second = "+34600000001", "+34600000002"
        rows = (
            {"lead_id": "L1", "phone": first},
            {"instagram_id": "I1", "phone": first},
            {"instagram_id": "I1", "phone": second},
            {"lead_id": "L2", "phone": second},
            {"phone": first},
            {"lead_id": "L2", "phone": "+34600000003"},
            {"phone": "+34600000003"},
        )
        frame = table(rows)
        assert parted(frame) == [1, 2, 2, 3, 0, 3, 3]
        conflicts = identity_conflicts(frame)
        assert conflicts["reason"].tolist() == ["chain of people"] * 2
        assert conflicts["users"].tolist() == [2, 2]
        # Without the second lead the same chain is one person.
        frame["lead_id"] = frame["lead_id"].where(frame["lead_id"] != "L2")
        assert identify_users(frame)["user_id"][:5].tolist() == ["L1"] * 5

    def test_who_came_by_a_weaker_key_is_not_in_the_conflict(self):
        address = {"ip_address": "198.51.100.7"}
        frame = table(
            [*self.shared[:2], {**self.shared[2], **address}, {"lead_id": "L3", **address}]
        )
        assert identify_users(frame, rule="loose")["user_id"].tolist() == ["L1", "L2", "L3", "L3"]
        row = identity_conflicts(frame, rule="loose").iloc[0]
        assert row[["user_ids", "without_user"]].tolist() == ["L1, L2", 0]

    def test_many_users_are_counted_and_the_first_are_shown(self):
        rows = [{"lead_id": f"L{at:03d}", "day": at * 10} for at in range(50)]
        row = identity_conflicts(table(rows, phone="+34600000001")).iloc[0]
        assert row["users"] == 50
        assert row["user_ids"].startswith("L000, L001, ")
        assert row["user_ids"].endswith("L019, and 30 more")

    def test_no_number_and_no_address_stands_in_clear(self):
        frame = cda.load_sample(2_000)
        options = {"rule": "loose", "metadata_key": "waId", "metadata_scope": "all"}
        conflicts = identity_conflicts(frame, **options)
        users = identify_users(frame, **options)["user_id"].dropna()
        shown = " ".join([*users.unique(), *conflicts.astype("str").to_numpy().ravel()])
        assert len(conflicts) == 1
        for column in ("phone", "phone_secondary", "ip_address", "instagram_id"):
            assert not any(value.lstrip("+") in shown for value in frame[column].dropna().unique())


def naive(rows, kinds):
    """Identify by the same rules with sets and loops, without hubs and without times."""
    people, of_row = [], [None] * len(rows)
    for kind in kinds:
        met = {}
        for at, row in enumerate(rows):
            if row.get(kind):
                met.setdefault(row[kind], set()).update({of_row[at]} - {None})
        bridges = {value: who for value, who in met.items() if len(who) > 1}
        refused = set(bridges) if kind == "ip_address" else set()
        refused |= {value for value, who in bridges.items() if clash(people, who)}
        for group, values in joined({v: w for v, w in bridges.items() if v not in refused}):
            if clash(people, group):
                refused |= values
                continue
            best, *others = sorted(group)
            people[best] |= set().union(*(people[other] for other in others))
            of_row = [best if who in others else who for who in of_row]
            met = {v: {best if who in others else who for who in w} for v, w in met.items()}
        home = {}
        for value in sorted(set(met) - refused):
            if not met[value]:
                people.append(set())
            home[value] = min(met[value], default=len(people) - 1)
            people[home[value]] |= {(kind, value)} if kind.endswith("_id") else set()
        for at, row in enumerate(rows):
            of_row[at] = home.get(row.get(kind)) if of_row[at] is None else of_row[at]
    return of_row


def clash(people, group):
    return any(
        sum(any(name == kind for name, _ in people[who]) for who in group) > 1
        for kind in ("lead_id", "instagram_id")
    )


def joined(bridges):
    groups = []
    for value, who in bridges.items():
        near = [group for group in groups if group[0] & who]
        groups = [group for group in groups if not group[0] & who]
        groups.append((who.union(*(g[0] for g in near)), {value}.union(*(g[1] for g in near))))
    return groups


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "lead_id": st.sampled_from(["L1", "L2", "L3"]),
                "instagram_id": st.sampled_from(["I1", "I2", "I3"]),
                "phone": st.sampled_from([f"+3460000000{n}" for n in range(4)]),
                "ip_address": st.sampled_from([f"198.51.100.{n}" for n in range(1, 4)]),
            },
        ),
        max_size=12,
    )
)
@settings(max_examples=100, deadline=None)
def test_it_agrees_with_sets_and_loops(rows):
    frame = table([{**row, "day": at / 24} for at, row in enumerate(rows)])
    options = {"rule": "loose", "hub_conversations": 1_000, "hub_people": 1_000}
    kinds = ("lead_id", "instagram_id", "phone", "ip_address")
    expected = (pd.factorize(pd.Series(naive(rows, kinds), dtype="Int64"))[0] + 1).tolist()
    assert parted(frame, **options) == expected
