"""Who is who: rules, names, and what is promised about the tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal

import chatdash_analysis as cda
from chatdash_analysis.identity.users import identify_users, identity_conflicts, identity_summary
from tests.identity.made import digest, keys, parted, table


class TestRules:
    rows = (
        {"lead_id": "L1", "phone": "+34600000001"},
        {"phone": "+34600000001"},
        {"phone": "+34600000001", "ip_address": "198.51.100.7"},
        {"ip_address": "198.51.100.7"},
        {"instagram_id": "I1"},
        {"instagram_id": "I1", "phone": "+34600000002"},
        {"phone": "+34600000002"},
        {"ip_address": "198.51.100.8"},
        {},
    )

    def test_each_rule_uses_one_more_key(self):
        frame = table(self.rows)
        assert parted(frame, rule="strict") == [1, 0, 0, 0, 2, 2, 0, 0, 0]
        assert parted(frame) == [1, 1, 1, 0, 2, 2, 2, 0, 0]
        assert parted(frame, rule="loose") == [1, 1, 1, 1, 2, 2, 2, 3, 0]

    def test_the_key_is_the_strongest_that_ties_the_conversation(self):
        insta = "instagram"
        expected = ["lead", "phone", "phone", "ip", insta, insta, "phone", "ip", None]
        found = identify_users(table(self.rows), rule="loose")["user_key"]
        assert_series_equal(found, pd.Series(expected, dtype="str", name="user_key"))

    def test_a_lead_gives_its_id_and_others_a_digest_that_does_not_say_the_value(self):
        found = identify_users(table(self.rows), rule="loose")
        assert found["user_id"][3] == "L1"
        assert found["user_id"][4] == digest("instagram", "I1")
        assert found["user_id"].str.fullmatch(r"L1|(instagram|ip)-[0-9a-f]{16}").eq(True).sum() == 8

    def test_one_key_leads_to_the_next_over_several_conversations(self):
        rows = (
            {"phone": "+34600000001"},
            {"instagram_id": "I1", "phone": "+34600000001"},
            {"lead_id": "L1", "instagram_id": "I1"},
            {"instagram_id": "I1"},
        )
        frame = table(rows, metadata='{"u":1}')
        assert identify_users(frame)["user_id"].tolist() == ["L1"] * 4
        assert keys(frame) == ["phone", "instagram", "lead", "instagram"]

    def test_placeholders_name_nobody(self):
        texts = ["unknown", "N/A", "null", " ", "None", "undefined", "0", "anonymous", "x"]
        frame = table([{"lead_id": text} for text in texts for _ in range(2)])
        assert parted(frame) == [0] * 16 + [1, 1]


class TestNames:
    def test_a_name_does_not_hang_on_other_rows(self):
        row = {"phone": "+34600000001", "day": 3}
        alone = identify_users(table([row]))["user_id"][0]
        others = [{"phone": f"+3470000000{i}", "agent_id": f"b{i}"} for i in range(9)]
        assert identify_users(table([*others, row]))["user_id"][9] == alone

    def test_a_phone_has_one_name_however_it_is_written_and_on_every_agent(self):
        forms = ["+1 212-555-0199", "(212) 555-0199", "0012125550199", "tel:+12125550199"]
        rows = [{"phone": form, "agent_id": f"a{at}"} for at, form in enumerate(forms)]
        assert parted(table(rows)) == [1, 1, 1, 1]

    def test_a_visit_keeps_its_name_when_later_and_older_visits_are_loaded(self):
        rows = [{"ip_address": "198.51.100.7", "day": day} for day in (-30, 0, 5, 40)]
        every = identify_users(table(rows), rule="loose")["user_id"]
        assert every.nunique() == 3
        some = identify_users(table(rows[1:3]), rule="loose")["user_id"]
        assert some.tolist() == every[1:3].tolist()

    def test_the_order_of_the_rows_changes_nothing(self):
        frame = cda.load_sample(1_500, seed=4)
        options = {"rule": "loose", "metadata_key": "userId"}
        mixed = frame.sample(frac=1, random_state=1)
        expected = identify_users(frame, **options)[["user_id", "user_key"]]
        found = identify_users(mixed, **options)[["user_id", "user_key"]]
        assert_frame_equal(found.sort_index(), expected)
        assert_frame_equal(
            identity_conflicts(mixed, **options), identity_conflicts(frame, **options)
        )

    def test_of_two_ids_of_two_agents_the_first_in_the_alphabet_names_the_person(self):
        rows = [
            {"agent_id": agent, "phone": "+34600000001", "metadata": f'{{"u":"{value}"}}'}
            for agent, value in (("b", "1"), ("a", "2"), ("c", "0"))
        ]
        names = {
            identify_users(frame, metadata_key="u")["user_id"][1]
            for frame in (table(rows), table(rows[::-1]))
        }
        assert names == {digest("metadata", "a\n2")}


class TestContract:
    def test_the_caller_s_table_stays_and_rows_and_provenance_are_kept(self):
        frame = cda.load_sample(200).set_index("conversation_id", drop=False)
        before = frame.copy(deep=True)
        found = identify_users(frame, rule="loose")
        assert_frame_equal(frame, before)
        assert_frame_equal(found.drop(columns=["user_id", "user_key"]), frame)
        assert found.attrs == frame.attrs
        again = identify_users(found, rule="strict")
        assert again.columns.tolist() == found.columns.tolist()

    @pytest.mark.parametrize("rows", [0, 1])
    def test_dtypes_are_the_same_for_empty_and_small_tables(self, rows):
        frame = cda.load_sample(1).head(rows)
        found = identify_users(frame, rule="loose", metadata_key=None)
        assert found[["user_id", "user_key"]].dtypes.astype(str).tolist() == ["str", "str"]
        conflicts = identity_conflicts(frame, rule="loose")
        full = identity_conflicts(
            table([{"lead_id": "L1"}, {"lead_id": "L2"}], phone="+34600000001")
        )
        assert_series_equal(conflicts.dtypes, full.dtypes)
        summary = identity_summary(frame)
        assert summary["conversations"].tolist() == [rows] * 3
        assert summary["coverage"].isna().all() == (rows == 0)
        assert summary.dtypes.astype(str).tolist() == [
            *("str", "int64", "int64", "float64", "int64", "float64", "int64")
        ]

    def test_columns_of_other_dtypes_do(self):
        frame = table([{"lead_id": "7"}, {"lead_id": "7"}, {}])
        odd = frame.assign(
            lead_id=[7, 7, None],
            instagram_id=np.nan,
            agent_id=frame["agent_id"].astype("category"),
            phone=frame["phone"].astype(object),
        ).assign(lead_id=lambda table: table["lead_id"].astype("Int64"))
        assert identify_users(odd)["user_id"].tolist()[:2] == ["7", "7"]

    def test_any_time_zone_does_and_none_does_not(self):
        frame = table([{"ip_address": "198.51.100.7"}] * 3)
        local = frame.assign(created_at=frame["created_at"].dt.tz_convert("Asia/Kolkata"))
        options = {"rule": "loose"}
        expected = identify_users(frame, **options)["user_id"]
        assert_series_equal(identify_users(local, **options)["user_id"], expected)
        naive_times = frame.assign(created_at=frame["created_at"].dt.tz_localize(None))
        with pytest.raises(
            cda.InputError, match="`created_at` must hold instants with a time zone"
        ):
            identify_users(naive_times)

    @pytest.mark.parametrize("use", [identify_users, identity_conflicts, identity_summary])
    def test_missing_columns_are_named(self, use):
        frame = cda.load_sample(50).drop(columns=["instagram_id", "created_at"])
        with pytest.raises(cda.MissingColumnsError, match=use.__name__) as caught:
            use(frame)
        assert caught.value.missing == ["created_at", "instagram_id"]

    def test_a_rule_needs_only_its_own_columns(self):
        frame = cda.load_sample(50)[["agent_id", "created_at", "lead_id", "instagram_id"]]
        assert identify_users(frame, rule="strict")["user_id"].notna().any()
        with pytest.raises(cda.MissingColumnsError, match="phone, phone_secondary"):
            identify_users(frame)
        with pytest.raises(cda.MissingColumnsError, match="metadata"):
            identify_users(frame, rule="strict", metadata_key="userId")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"rule": "lax"}, "rule='lax' is no rule. Choose one of 'strict', 'default', 'loose'"),
            ({"metadata_key": ""}, "metadata_key='' is no name"),
            ({"metadata_scope": "client"}, "metadata_scope='client' is unknown"),
            ({"within_hours": 0}, "within_hours=0 must be"),
            ({"within_hours": float("nan")}, "within_hours=nan must be"),
            ({"within_hours": float("inf")}, "within_hours=inf must be"),
            ({"hub_conversations": 0}, "hub_conversations=0 must be a whole number"),
            ({"hub_people": 2.5}, "hub_people=2.5 must be a whole number"),
            ({"hub_people": True}, "hub_people=True must be a whole number"),
        ],
    )
    def test_arguments_that_cannot_be_are_refused(self, options, message):
        with pytest.raises(cda.InputError, match=message):
            identify_users(table([{}]), **options)

    def test_frames_of_other_engines_are_refused_with_advice(self):
        polars = pytest.importorskip("polars")
        with pytest.raises(cda.InputError, match="takes a pandas DataFrame"):
            identify_users(polars.DataFrame({"agent_id": ["a"]}))
