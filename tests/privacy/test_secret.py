"""Tests of chatdash_analysis.privacy.secret and of the policy that holds it."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import hmac
import pickle
import secrets

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.privacy.policy import PseudonymPolicy
from chatdash_analysis.privacy.secret import Secret, resolve_secret

TEXT = "0f8fad5bd9cb469fa165708677289150"


def test_a_digest_is_hmac_sha256_of_kind_and_value_under_a_stretched_key() -> None:
    salt = b"chatdash_analysis pseudonyms 1"
    key = hashlib.scrypt(TEXT.encode(), salt=salt, n=16_384, r=8, p=1, dklen=32)
    expected = hmac.new(key, b"phone\x004917112345", hashlib.sha256).hexdigest()
    assert Secret(TEXT).digest("phone", "4917112345") == expected[:20]


def test_digests_differ_between_secrets_and_between_kinds() -> None:
    digests = {
        Secret(secret).digest(kind, "x") for secret in (TEXT, TEXT[::-1]) for kind in ("a", "b")
    }
    assert len(digests) == 4


def test_text_and_its_bytes_are_one_secret_and_blanks_around_a_text_are_dropped() -> None:
    assert Secret(TEXT) == Secret(TEXT.encode()) == Secret(f" {TEXT}\n")
    assert Secret(TEXT.encode() + b"\n") != Secret(TEXT)
    assert len({Secret(TEXT), Secret(f"{TEXT} ")}) == 1


@pytest.mark.parametrize("given", ["", b"", " " * 40, "short", "fifteen bytes..", b"0123456789"])
def test_a_secret_of_less_than_sixteen_bytes_is_refused(given) -> None:
    with pytest.raises(InputError, match=r"needs at least 16(.|\n)*token_hex\(32\)"):
        Secret(given)


@pytest.mark.parametrize("given", ["0" * 64, b"\x00" * 32, "abababababababababab"])
def test_a_secret_of_the_same_few_characters_is_refused(given) -> None:
    with pytest.raises(InputError, match="repeats the same few"):
        Secret(given)


@pytest.mark.parametrize("digests", ["7d4d997e28a3ee01aab5"])
def test_a_secret_makes_the_same_pseudonyms_on_every_computer(digests) -> None:
    assert Secret(TEXT).digest("phone", "4917112345") == digests


@pytest.mark.parametrize(
    "given",
    ["passwordpassword", "1234567812345678", "aaaaaaaaaaabcdef", "abcdefghijklmnopqrst",
     "9876543210987654", "hunter hunter hunter ", b"0123456789:;<=>?"],
)  # fmt: skip
def test_a_secret_that_repeats_itself_or_counts_up_is_refused_unseen(given) -> None:
    with pytest.raises(InputError, match="repeats itself or counts up") as caught:
        Secret(given)
    assert str(given)[:6] not in str(caught.value)


def test_random_secrets_and_phrases_are_taken() -> None:
    for _ in range(50):
        Secret(secrets.token_hex(16))
        Secret(secrets.token_bytes(16))
    Secret("correct horse battery staple")


def test_a_secret_is_stretched_once_however_often_it_is_given(monkeypatch) -> None:
    first = Secret(TEXT)
    monkeypatch.setattr(hashlib, "scrypt", None)
    assert Secret(TEXT) == first


@pytest.mark.parametrize("given", [5, 1.5, ["x" * 16], bytearray(b"x" * 16), object()])
def test_what_is_no_text_is_refused(given) -> None:
    with pytest.raises(InputError, match="not text or bytes"):
        resolve_secret(given)


def test_no_message_repeats_the_secret() -> None:
    for given in ("hunter2", "h" * 40):
        with pytest.raises(InputError) as caught:
            Secret(given)
        assert given not in str(caught.value)


def test_the_environment_gives_the_secret_where_none_is_given(monkeypatch) -> None:
    with pytest.raises(InputError, match=r"secret=\.\.\., or set CHATDASH_PII_SECRET"):
        resolve_secret(None)
    monkeypatch.setenv("CHATDASH_PII_SECRET", TEXT)
    assert resolve_secret(None) == Secret(TEXT)
    assert resolve_secret("another secret here") != Secret(TEXT)
    monkeypatch.setenv("CHATDASH_PII_SECRET", "")
    with pytest.raises(InputError, match="CHATDASH_PII_SECRET has 0 bytes"):
        resolve_secret(None)


def test_nothing_shows_the_secret() -> None:
    secret, policy = Secret(TEXT), PseudonymPolicy(secret=TEXT)
    shown = f"{secret} {secret!r} {policy} {policy!r} {vars(policy)} {policy.describe()}"
    shown += f"{dataclasses.asdict(policy)} {policy.label}"
    assert TEXT not in shown
    assert not hasattr(secret, "__dict__")
    assert copy.deepcopy(policy) == policy
    for held in (secret, policy):
        with pytest.raises(InputError, match="not pickled"):
            pickle.dumps(held)


def test_the_id_of_a_key_tells_secrets_apart_and_no_more() -> None:
    assert Secret(TEXT).key_id == Secret(TEXT).key_id != Secret(TEXT[::-1]).key_id
    assert len(Secret(TEXT).key_id) == 8


def test_other_settings_have_another_label() -> None:
    policies = [
        PseudonymPolicy(secret=TEXT),
        PseudonymPolicy(secret=TEXT[::-1]),
        PseudonymPolicy(secret=TEXT, drop=["note"]),
        PseudonymPolicy(secret=TEXT, keep=["note"]),
        PseudonymPolicy(secret=TEXT, identifiers=["metadata_x"]),
        PseudonymPolicy(secret=TEXT, scrub=list),
    ]
    assert len({policy.label for policy in policies}) == len(policies)
    same = PseudonymPolicy(secret=TEXT, drop=("note", "url")).label
    assert same == PseudonymPolicy(secret=TEXT, drop=["url", "note", "url"]).label


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"drop": 5}, "drop is a int"),
        ({"keep": [5]}, "keep holds a int"),
        ({"drop": ["note"], "keep": "note"}, "in drop and in keep"),
        ({"drop": ["agent_id"]}, "agent_id cannot be dropped"),
        ({"identifiers": ["conversation_id"]}, "conversation_id cannot be dropped or replaced"),
        ({"drop": ["misunderstood_count"]}, "cannot be missing"),
        ({"identifiers": ["cost"]}, "holds no texts"),
        ({"scrub": "strong"}, "scrub='strong' is no scrubber"),
        ({"scrub": None}, "scrub=None is no scrubber"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message) -> None:
    with pytest.raises(InputError, match=message):
        PseudonymPolicy(secret=TEXT, **settings)
