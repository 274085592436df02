"""The customer's phone number, whichever side of the call it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.identity.values import Key, agents_of, encoded, paired, recoded, texts_of

if TYPE_CHECKING:
    import pandas as pd

    from chatdash_analysis.identity.values import Codes

__all__ = ["PSEUDONYM", "customer_phones", "is_withheld", "normalised"]

Mask = npt.NDArray[np.bool_]

# Words that carriers spell as digits on a keypad where the caller withholds the number.
_SPELLED = ("ANONYMOUS", "BLOCKED", "PRIVATE", "RESTRICTED", "UNAVAILABLE", "UNKNOWN", "WITHHELD")
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_WITHHELD_DIGITS = tuple(word.translate(_KEYPAD) for word in _SPELLED)
_WITHHELD_WORDS = "anonym|blocked|caller|private|restrict|unavail|unknown|withheld"
# What stands for a number in a table that was pseudonymised: more digits than any number has.
PSEUDONYM = "^phone:[0-9a-f]{20}$"
# E.164 allows fifteen digits; shorter than seven are service numbers that many can show.
_FEWEST, _MOST = 7, 15
_AMERICAN = r"^(?:\([2-9]\d\d\)[-. ]*|[2-9]\d\d[-.])[2-9]\d\d[-. ]\d{4}$"

# On these platforms `phone` is the customer whoever calls.
_CUSTOMER_FIRST = ("elevenlabs", "vapi")
# Retell ends a call with these only where its agent dialled and nobody was reached:
# https://docs.retellai.com/reliability/debug-call-disconnect
_DIALLED = (
    *("dial_busy", "dial_failed", "dial_no_answer", "invalid_destination", "marked_as_spam"),
    *("sip_routing_error", "telephony_provider_permission_denied"),
    *("telephony_provider_unavailable", "user_declined"),
)
# A call whose direction is known says more than one more number met: with a weight of 5 hardly
# a call of a campaign is misread even if the agent dials from more numbers than it has customers.
_WEIGHT = 5
_LEAD = 2  # one number more may be chance: a customer who knows two numbers of an agent
_OWN = 3  # customers met, from which on a number is known as an agent's


class Sides(NamedTuple):
    """The two numbers of each conversation, and whether the first one was withheld."""

    first: Codes
    second: Codes
    withheld: Mask
    texts: Any


def customer_phones(conversations: pd.DataFrame) -> Key:
    """Return the customer's number of each conversation, as digits.

    On Vapi and ElevenLabs it is `phone`. On Retell, and where the platform is not
    known, nothing says who called whom: there the number that met more other numbers
    is taken as the agent's own. Where that is open, the number stays missing.
    """
    sides = _sides(conversations)
    platform = _platforms(conversations)
    settled = np.isin(platform, _CUSTOMER_FIRST) | ((sides.second < 0) & (platform != "retell"))
    customer = np.where(settled, sides.first, -1)
    own = np.where(settled, sides.second, -1)
    both = ~settled & (sides.first >= 0) & (sides.second >= 0) & (sides.first != sides.second)
    agents, _ = agents_of(conversations)
    lead = _lead(agents, sides, both, ~settled & _dialled(conversations))
    customer = np.where(both & (lead >= _LEAD), sides.second, customer)
    customer = np.where(both & (lead <= -_LEAD), sides.first, customer)
    own = np.where(both & (customer >= 0), sides.first + sides.second - customer, own)
    # Agents transfer calls to each other: the number of one is no customer of the other.
    customer[np.isin(customer, _owned(customer, own))] = -1
    return Key("phone", customer, sides.texts)


def _sides(conversations: pd.DataFrame) -> Sides:
    raw, texts = encoded([conversations["phone"], conversations["phone_secondary"]])
    numbers = normalised(texts)
    hidden = pc.and_(pc.is_null(numbers), is_withheld(texts)).to_numpy(zero_copy_only=False)
    codes, values = recoded(raw, numbers)
    first, second = np.split(codes, 2)
    return Sides(first, second, np.append(hidden, np.False_)[np.split(raw, 2)[0]], values)


def normalised(texts: Any) -> Any:
    """Return phone numbers as digits with their country code; missing what is no number.

    A leading + or 00 is dropped. American numbers written in the American way,
    "(212) 555-0100", get their 1; other national numbers stay as they are, because
    their country is not known. The pseudonym of a number is that of one everywhere.
    """
    whole = _plain(texts)
    texts = pc.replace_substring_regex(whole, r"^[a-z]+:|[@;?].*$", "")
    texts = pc.utf8_trim_whitespace(texts)
    american = pc.match_substring_regex(texts, _AMERICAN)
    texts_abroad = pc.replace_substring_regex(texts, r"(\d\s*)\(0\)", r"\1")
    digits = pc.replace_substring_regex(texts_abroad, r"\D", "")
    digits = pc.replace_substring_regex(digits, "^00", "")
    digits = pc.if_else(american, pc.binary_replace_slice(digits, 0, 0, "1"), digits)
    length = pc.utf8_length(digits)
    sound = pc.and_(pc.greater_equal(length, _FEWEST), pc.less_equal(length, _MOST))
    for broken in (
        pc.match_substring_regex(texts, r"[\pL*#]"),
        pc.is_in(digits, pa.array(_WITHHELD_DIGITS, pa.large_string())),
        pc.match_substring_regex(digits, "^(" + "|".join(f"{d}+" for d in range(10)) + ")$"),
    ):
        sound = pc.and_not(sound, broken)
    made = pc.match_substring_regex(whole, PSEUDONYM)
    return pc.if_else(made, whole, pc.if_else(sound, digits, None))


def _plain(texts: Any) -> Any:
    return pc.utf8_lower(pc.utf8_trim_whitespace(texts))


def is_withheld(texts: Any) -> Any:
    """Return which texts say that a number was withheld."""
    digits = pc.replace_substring_regex(texts, r"\D", "")
    spelled = pc.is_in(digits, pa.array(_WITHHELD_DIGITS, pa.large_string()))
    return pc.or_(pc.match_substring_regex(_plain(texts), _WITHHELD_WORDS), spelled)


def _platforms(conversations: pd.DataFrame) -> Any:
    if "platform" not in conversations.columns:
        return np.full(len(conversations), "", dtype=object)
    texts = pc.fill_null(_plain(texts_of(conversations["platform"])), "")
    return texts.to_numpy(zero_copy_only=False)


def _dialled(conversations: pd.DataFrame) -> Mask:
    """Return which calls the agent made, as far as their ending tells."""
    if "ended_reason" not in conversations.columns:
        return np.zeros(len(conversations), dtype=np.bool_)
    reasons = texts_of(conversations["ended_reason"])
    known = pc.is_in(reasons, pa.array(_DIALLED, pa.large_string()))
    return np.asarray(known.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _lead(agents: Codes, sides: Sides, both: Mask, dialled: Mask) -> Codes:
    """Return by how much the first number looks more like the agent's than the second."""
    inbound = (sides.first < 0) & sides.withheld & (sides.second >= 0)
    rows = np.flatnonzero(both | inbound)
    first, second = (agents[rows] * len(sides.texts) + side[rows] for side in sides[:2])
    names, codes = np.unique(np.concatenate((first, second)), return_inverse=True)
    first, second = np.split(codes, 2)
    both, dialled = both[rows], dialled[rows]
    votes = _met(first[both], second[both], len(names))
    for numbers, weight in (
        (first[both & dialled], _WEIGHT),
        (second[both & dialled], -_WEIGHT),
        (second[~both], _WEIGHT),
    ):
        votes += weight * np.bincount(numbers, minlength=len(names))
    lead = np.zeros(len(agents), dtype=np.int64)
    lead[rows] = np.where(both, votes[first] - votes[second], 0)
    return lead


def _met(first: Codes, second: Codes, size: int) -> Codes:
    """Return how many different numbers each number had calls with."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    _, low, high = paired(low, high)
    return np.bincount(low, minlength=size) + np.bincount(high, minlength=size)


def _owned(customer: Codes, own: Codes) -> Codes:
    """Return the numbers that serve several customers as an agent's own."""
    _, numbers, _ = paired(own, customer)
    met = np.bincount(numbers) if len(numbers) else np.zeros(0, dtype=np.int64)
    return np.flatnonzero(met >= _OWN)
