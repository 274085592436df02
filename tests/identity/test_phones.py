"""The customer's number: how it is written, and on which side it stands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdash_analysis.identity.phones import customer_phones, normalised
from chatdash_analysis.identity.users import identify_users
from tests.identity.made import keys, parted, table

OWN = "+12125550100"


class TestPhones:
    @pytest.mark.parametrize(
        ("text", "digits"),
        [
            ("+493023125001", "493023125001"),
            ("0049 30 23125001", "493023125001"),
            ("+49 (0)30 23125001", "493023125001"),
            ("030 23125001", "03023125001"),
            ("(212) 555-0100", "12125550100"),
            ("212-555-0100", "12125550100"),
            ("4512345678", "4512345678"),
            ("whatsapp:+34 300 048 271", "34300048271"),
            ("sip:+14155551234@host;tag=1", "14155551234"),
            ("sip:alice@host", None),
            ("anonymous", None),
            ("+266696687", None),
            ("+7378742833", None),
            ("Unknown Caller", None),
            ("0000000000", None),
            ("12345", None),
            ("+1234567890123456", None),
            ("+1 212 555 0100 x12", None),
            ("", None),
            (None, None),
        ],
    )
    def test_a_number_is_its_digits_or_nothing(self, text, digits):
        assert normalised(pa.array([text], pa.large_string())).to_pylist() == [digits]

    @given(st.lists(st.text(max_size=30) | st.from_regex(r"[+0(]?[\d ().-]{5,18}"), max_size=20))
    @settings(max_examples=60, deadline=None)
    def test_any_text_is_a_number_of_seven_to_fifteen_digits_or_none(self, texts):
        texts = [text for text in texts if text.isprintable()]
        for digits in normalised(pa.array(texts, pa.large_string())).to_pylist():
            assert digits is None or (digits.isascii() and digits.isdigit())
            assert digits is None or 7 <= len(digits) <= 15

    def test_withheld_numbers_join_nobody(self):
        rows = [{"phone": "anonymous"}, {"phone": "anonymous"}, {"phone": "+266696687"}]
        assert parted(table([*rows, *rows], platform="vapi")) == [0] * 6

    @pytest.mark.parametrize("platform", ["vapi", "ElevenLabs"])
    def test_on_vapi_and_elevenlabs_the_customer_stands_first(self, platform):
        rows = [{"phone": "+34600000001"}, {"phone": "+34600000001"}, {"phone": "+34600000002"}]
        frame = table(rows, platform=platform, phone_secondary=OWN)
        assert parted(frame) == [1, 1, 2]
        assert parted(table([{}, {}], platform=platform, phone_secondary=OWN)) == [0, 0]


class TestDirection:
    def calls(self, *pairs, platform="retell", **common):
        rows = [dict(zip(("phone", "phone_secondary"), pair, strict=True)) for pair in pairs]
        return table(rows, platform=platform, **common)

    one, two, three = "+13105550101", "+13105550102", "+13105550103"

    @pytest.mark.parametrize("platform", ["retell", "Retell ", None, "custom"])
    def test_a_customer_is_one_person_whoever_calls(self, platform):
        inbound, outbound = (self.one, OWN), (OWN, self.one)
        more = ((self.two, OWN), (OWN, self.three), (OWN, self.two))
        frame = self.calls(inbound, outbound, *more, platform=platform)
        assert parted(frame) == [1, 1, 2, 3, 2]
        assert set(keys(frame)) == {"phone"}

    def test_without_the_column_platform_the_same_is_done(self):
        frame = self.calls((self.one, OWN), (OWN, self.one), (self.two, OWN), (OWN, self.three))
        assert parted(frame.drop(columns=["platform", "ended_reason"])) == [1, 1, 2, 3]

    def test_where_the_sides_look_alike_nobody_is_named(self):
        assert parted(self.calls((self.one, OWN), (self.one, OWN))) == [0, 0]
        assert parted(self.calls((self.one, OWN), (self.two, OWN))) == [0, 0]

    def test_a_call_that_nobody_answered_shows_who_dialled(self):
        pairs = ((OWN, self.one), (self.one, OWN))
        frame = self.calls(*pairs)
        frame["ended_reason"] = pd.Series(["dial_no_answer", "user_hangup"], dtype="str")
        assert parted(frame) == [1, 1]
        customer = identify_users(table([{"phone": self.one}]))["user_id"][0]
        assert identify_users(frame)["user_id"][0] == customer

    def test_who_dialled_once_is_known_in_other_calls(self):
        frame = self.calls((OWN, self.one), (OWN, self.two))
        assert parted(frame) == [0, 0]
        frame["ended_reason"] = pd.Series(["dial_busy", "user_hangup"], dtype="str")
        assert parted(frame) == [1, 2]

    def test_a_withheld_number_shows_who_was_called(self):
        frame = self.calls(("anonymous", OWN), (self.one, OWN), (OWN, self.one))
        assert parted(frame) == [0, 1, 1]

    def test_one_number_alone_does_not_say_whose_it_is(self):
        assert parted(self.calls((OWN, None), (OWN, None), (None, OWN))) == [0, 0, 0]

    def test_an_agent_that_passes_calls_on_is_no_customer(self):
        other = "+12125550177"
        rows = [
            *({"phone": f"+131055501{at:02d}", "phone_secondary": OWN} for at in range(5)),
            *({"phone": OWN, "phone_secondary": other, "agent_id": "agent-2"} for _ in range(3)),
        ]
        for platform in ("vapi", "retell"):
            frame = table(rows, platform=platform)
            assert parted(frame) == [1, 2, 3, 4, 5, 0, 0, 0]

    def test_in_a_simulation_every_call_finds_its_customer_on_either_side(self):
        rng = np.random.default_rng(1)
        calls = 3_000
        agent = rng.integers(0, 4, calls)
        # Three numbers an agent, and customers who turn to any of them, some to all agents.
        own = np.array([f"+1212555{n:04d}" for n in range(12)])[
            agent * 3 + rng.integers(0, 3, calls)
        ]
        person = (rng.random(calls) ** 2 * 600).astype(int)
        customer = np.array([f"+1310{n:07d}" for n in range(2_000_000, 2_000_600)])[person]
        outbound = rng.random(calls) < 0.5
        frame = pd.DataFrame(
            {
                "agent_id": [f"a{n}" for n in agent],
                "platform": "retell",
                "lead_id": None,
                "instagram_id": None,
                "phone": np.where(outbound, own, customer),
                "phone_secondary": np.where(outbound, customer, own),
                "created_at": pd.date_range("2026-01-01", periods=calls, freq="h", tz="UTC"),
            }
        )
        found = identify_users(frame)["user_id"]
        assert found.notna().all()
        assert (pd.factorize(found)[0] == pd.factorize(person)[0]).all()

    def test_a_campaign_from_more_numbers_than_customers_is_read_by_its_unanswered_calls(self):
        rng = np.random.default_rng(3)
        own = np.array([f"+1212555{n:04d}" for n in range(200)])[rng.integers(0, 200, 1_000)]
        customer = np.array([f"+1310555{n:04d}" for n in range(100)])[rng.integers(0, 100, 1_000)]
        frame = self.calls(*zip(own, customer, strict=True))
        unanswered = rng.random(1_000) < 0.5
        frame["ended_reason"] = pd.Series(np.where(unanswered, "dial_busy", "user_hangup"))
        key = customer_phones(frame)
        found = np.array([*key.texts.to_pylist(), ""])[key.codes]
        assert np.mean(found == "") < 0.02
        assert np.mean((found != "") & (found != np.char.lstrip(customer, "+"))) < 0.01
