"""A field of the metadata as the key of a person."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.identity.users import identify_users, identity_conflicts
from tests.identity.made import keys, parted, table


class TestMetadata:
    def frame(self, *values, **common):
        rows = [{"metadata": v if isinstance(v, str) else json.dumps(v)} for v in values]
        return table(rows, **common)

    def test_it_is_used_only_if_named(self):
        frame = self.frame({"userId": "u1"}, {"userId": "u1"}, {"userId": "u2"}, {})
        assert parted(frame) == [0, 0, 0, 0]
        assert parted(frame, metadata_key="userId", rule="strict") == [1, 1, 2, 0]
        assert keys(frame, metadata_key="userId")[0] == "metadata"

    def test_dots_lead_inside_and_may_stand_in_a_name(self):
        frame = self.frame({"a": {"b": "1"}}, {"a.b": "1"}, {"a": {"b": None}}, {"b": "1"}, [1])
        assert parted(frame, metadata_key="a.b") == [1, 1, 0, 0, 0]
        deep = self.frame({"a": {"b.c": {"d": "1"}}}, {"a.b": {"c.d": "1"}})
        assert parted(deep, metadata_key="a.b.c.d") == [1, 1]

    def test_an_id_is_the_same_as_number_and_as_text_and_no_id_is_true_or_a_list(self):
        frame = self.frame({"u": 17}, {"u": "17"}, {"u": 17.0}, {"u": True}, {"u": [17]}, {"u": ""})
        assert parted(frame, metadata_key="u") == [1, 1, 1, 0, 0, 0]

    def test_odd_json_is_read_or_passed_over(self):
        deep = '{"u":' * 5_000 + "1" + "}" * 5_000
        texts = ['{"u":"1","x":NaN}', r'{"\u0075":"1"}', '{"u":"\\ud83d"}', '{"u":', deep, "u"]
        assert parted(self.frame(*texts), metadata_key="u") == [1, 1, 2, 0, 0, 0]

    def test_names_with_letters_that_json_may_escape_are_found(self):
        frame = self.frame('{"straße":"1"}', r'{"stra\u00dfe":"1"}', '{"a\\/b":"2"}')
        assert parted(frame, metadata_key="straße") == [1, 1, 0]
        assert parted(frame, metadata_key="a/b") == [0, 0, 1]

    def test_equal_numbers_of_two_agents_are_two_people_unless_said_otherwise(self):
        frame = self.frame({"u": 1}, {"u": 1})
        frame["agent_id"] = pd.Series(["a", "b"], dtype="str")
        assert parted(frame, metadata_key="u") == [1, 2]
        assert parted(frame, metadata_key="u", metadata_scope="all") == [1, 1]

    def test_ids_of_two_agents_do_not_contradict_each_other(self):
        frame = self.frame({"u": 1}, {"u": 2}, {"u": 3}, {"u": 4}, platform="vapi")
        frame["agent_id"] = pd.Series(list("abaa"), dtype="str")
        frame["phone"] = pd.Series(["+34600000001"] * 2 + ["+34600000002"] * 2, dtype="str")
        assert parted(frame, metadata_key="u") == [1, 1, 2, 3]
        assert len(identity_conflicts(frame, metadata_key="u")) == 1
        assert len(identity_conflicts(frame, metadata_key="u", metadata_scope="all")) == 2

    def test_a_field_that_is_nowhere_is_an_error(self):
        with pytest.raises(cda.InputError, match="metadata_key='userid' leads to no id"):
            identify_users(self.frame({"userId": "u1"}), metadata_key="userid")
        assert parted(table([{}, {}]), metadata_key="userid") == [0, 0]

    def test_a_field_that_names_no_person_joins_no_leads_and_hides_no_phone(self):
        rows = [
            {"lead_id": "L1", "metadata": '{"plan":"club"}'},
            {"lead_id": "L2", "metadata": '{"plan":"club"}'},
            {"phone": "+34600000001", "metadata": '{"plan":"club"}'},
            {"phone": "+34600000001"},
        ]
        assert parted(table(rows), metadata_key="plan") == [1, 2, 3, 3]
