from __future__ import annotations

import copy
import json
import pickle
import sys
import types

import pytest

from chatdash_analysis.errors import AuthenticationError, InputError
from chatdash_analysis.loading.secret import ApiKey, resolve_key

KEY = "CD.0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv("CHATDASH_API_KEY", raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY + "\n",
        KEY + "\r\n",
        f"  {KEY}\t",
        f"Bearer {KEY}",
        f"bearer   {KEY}\n",
        f"\ufeff{KEY}",
        f"\u200b{KEY}\u00a0",
    ],
)
def test_what_copying_leaves_around_a_key_is_dropped(text):
    assert ApiKey(text).reveal() == KEY


@pytest.mark.parametrize("text", ["", "  \n", "Bearer", "Bearer  ", "\ufeff"])
def test_an_empty_key_is_refused(text):
    with pytest.raises(InputError, match="is empty"):
        ApiKey(text)


@pytest.mark.parametrize(
    "text",
    [
        "CD.secret\nsecret",
        "CD.sec ret",
        "CD.secret\x00",
        "CD.secrét",
        "CD.secret\ud83d",
        "🔑secret",
    ],
)
def test_a_key_that_cannot_be_a_header_is_refused_without_echo(text):
    with pytest.raises(InputError, match="cannot be an API key: character") as caught:
        ApiKey(text)
    assert "CD." not in str(caught.value)
    assert "ret" not in str(caught.value)


def test_a_key_that_is_not_text_is_refused_by_its_type():
    with pytest.raises(InputError, match="must be text, not bytes"):
        ApiKey(KEY.encode())


def test_a_key_shows_itself_nowhere():
    key = ApiKey(KEY)
    shown = [repr(key), str(key), f"{key}", f"{key!r}", repr([key]), repr({"k": key})]
    header = key.reveal()
    shown += [repr(header), str(header), f"{header}", repr({"Authorization": header})]
    assert not any(KEY in text or KEY[:6] in text for text in shown)


def test_a_key_is_neither_pickled_nor_serialised():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(InputError, match="not pickled"):
            pickle.dumps({"key": ApiKey(KEY)}, protocol)
    with pytest.raises(TypeError):
        json.dumps(ApiKey(KEY))


def test_copies_are_the_key_itself():
    key = ApiKey(KEY)
    assert copy.copy(key) is key
    assert copy.deepcopy({"key": key})["key"] is key


def test_equal_keys_are_equal_and_hash_alike():
    assert ApiKey(KEY) == ApiKey(KEY + "\n")
    assert hash(ApiKey(KEY)) == hash(ApiKey(KEY))
    assert ApiKey(KEY) != ApiKey(KEY[:-1])
    assert ApiKey(KEY) != KEY


def test_scrub_masks_every_occurrence_in_either_case():
    assert ApiKey(KEY).scrub(f"a {KEY} b {KEY.upper()}") == "a *** b ***"


def test_the_argument_comes_before_the_environment(monkeypatch):
    monkeypatch.setenv("CHATDASH_API_KEY", "from-environment")
    assert resolve_key(ApiKey(KEY)).reveal() == KEY


def test_the_environment_comes_before_keyring(monkeypatch):
    monkeypatch.setenv("CHATDASH_API_KEY", f"{KEY}\n")
    _install_keyring(monkeypatch, lambda *_: "from-keyring")
    key = resolve_key(None)
    assert key.reveal() == KEY
    assert key.source == "CHATDASH_API_KEY"


def test_keyring_is_asked_for_the_documented_entry(monkeypatch):
    monkeypatch.setenv("CHATDASH_API_KEY", "  ")
    _install_keyring(monkeypatch, lambda *entry: "-".join(entry))
    assert resolve_key(None).reveal() == "chatdash-api-key"


def test_a_failing_keyring_means_no_key(monkeypatch):
    def fail(*_):
        raise RuntimeError("no back end")

    _install_keyring(monkeypatch, fail)
    with pytest.raises(AuthenticationError, match="CHATDASH_API_KEY"):
        resolve_key(None)


def test_no_key_names_the_variable_and_what_to_do():
    with pytest.raises(AuthenticationError, match=r"Set .*CHATDASH_API_KEY.*agency profile"):
        resolve_key(None)


def test_an_unusable_key_names_where_it_came_from(monkeypatch):
    monkeypatch.setenv("CHATDASH_API_KEY", "CD.sec ret")
    with pytest.raises(InputError, match=r"^CHATDASH_API_KEY cannot be an API key"):
        resolve_key(None)


def _install_keyring(monkeypatch, get_password):
    module = types.ModuleType("keyring")
    module.get_password = get_password
    monkeypatch.setitem(sys.modules, "keyring", module)
