"""Values that many share, and addresses, which name somebody for a while."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chatdash_analysis.identity.users import identify_users, identity_conflicts
from tests.identity.made import parted, table


class TestHubs:
    def test_a_line_of_many_calls_a_week_is_no_person(self):
        busy = [{"phone": "+34600000001", "day": at / 4} for at in range(21)]
        slow = [{"phone": "+34600000002", "day": at} for at in range(21)]
        frame = table([*busy, *slow], platform="vapi")
        assert parted(frame) == [0] * 21 + [1] * 21
        conflicts = identity_conflicts(frame)
        assert conflicts[
            ["reason", "conversations", "without_user", "users"]
        ].to_numpy().tolist() == [["too many conversations", 21, 21, 0]]
        assert parted(frame, hub_conversations=21) == [1] * 21 + [2] * 21

    def test_leads_behind_a_busy_line_stay_known(self):
        rows = [{"lead_id": f"L{at % 3}", "day": at / 4} for at in range(30)] + [{"day": 1}]
        frame = table(rows, phone="+34600000001")
        assert parted(frame)[:4] == [1, 2, 3, 1]
        assert parted(frame)[-1] == 0

    def test_conversations_without_a_time_do_not_make_a_line_busy(self):
        frame = table([{"phone": "+34600000001", "day": None} for _ in range(30)])
        assert parted(frame) == [1] * 30

    def test_one_shared_address_merges_hundreds_without_the_cap_and_three_with_it(self):
        # An office with 5 % of the conversations, and people with one to three of their own.
        rng = np.random.default_rng(12)
        own = np.repeat(np.arange(2_679), rng.integers(1, 4, 2_679))
        address = np.concatenate((np.full(282, -1), own))[:5_640]
        frame = table([{"ip_address": f"2001:db8::{n + 1:x}"} for n in address])
        days = rng.uniform(0, 6, len(frame))
        frame["created_at"] = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(days, "D")

        def largest(**options):
            return identify_users(frame, rule="loose", **options)["user_id"].value_counts().max()

        assert largest(hub_conversations=10**9) == 282
        assert largest() == 3
        row = identity_conflicts(frame, rule="loose").iloc[0]
        assert (row["reason"], row["conversations"]) == ("too many conversations", 282)

    def test_an_address_of_too_many_people_joins_nobody(self):
        rows = [{"lead_id": f"L{at}", "day": at * 30} for at in range(4)] + [
            {"day": 200},
            {"day": 200},
        ]
        frame = table(rows, ip_address="198.51.100.7")
        assert parted(frame, rule="loose") == [1, 2, 3, 4, 0, 0]
        assert identity_conflicts(frame, rule="loose")["reason"].tolist() == ["too many people"]
        assert parted(frame, rule="loose", hub_people=4) == [1, 2, 3, 4, 5, 5]


class TestAddresses:
    def test_an_address_links_within_a_pause_and_an_agent(self):
        rows = [
            *({"day": day} for day in (0, 6, 12, 20)),
            {"day": 12, "agent_id": "agent-2"},
            {"day": None},
        ]
        frame = table(rows, ip_address="198.51.100.7")
        assert parted(frame, rule="loose") == [1, 1, 1, 2, 3, 0]
        assert parted(frame, rule="loose", within_hours=24) == [1, 2, 3, 4, 5, 0]
        assert parted(frame, rule="loose", within_hours=8 * 24) == [1, 1, 1, 1, 2, 0]

    def test_it_adds_nobody_s_conversations_to_the_only_person_there(self):
        rows = [{"day": 0}, {"lead_id": "L1", "day": 1}, {"day": 2}, {"day": 30}]
        frame = table(rows, ip_address="198.51.100.7")
        assert identify_users(frame, rule="loose")["user_id"][:3].tolist() == ["L1"] * 3
        assert parted(frame, rule="loose") == [1, 1, 1, 2]

    def test_it_never_joins_people_of_stronger_keys(self):
        rows = [{"lead_id": "L1"}, {"phone": "+34600000001"}, {}]
        frame = table(rows, ip_address="198.51.100.7")
        assert parted(frame, rule="loose") == [1, 2, 0]
        assert identity_conflicts(frame, rule="loose")["reason"].tolist() == ["several people"]

    def test_addresses_inside_a_network_are_nobody_s_and_forms_are_alike(self):
        inside = ["10.0.0.1", "192.168.1.5", "172.20.0.1", "127.0.0.1", "::1", "fe80::1", "fd12::3"]
        frame = table([{"ip_address": text, "day": 0} for text in inside for _ in range(2)])
        assert parted(frame, rule="loose") == [0] * 14
        forms = ["198.51.100.7", " 198.51.100.7, 10.0.0.1", "::ffff:198.51.100.7"]
        assert parted(table([{"ip_address": text} for text in forms]), rule="loose") == [1, 1, 1]
