"""Tests of chatdash_analysis.text.forms and spoken."""

from __future__ import annotations

import unicodedata
from hashlib import blake2b
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdash_analysis.channels.kinds import with_kinds
from chatdash_analysis.errors import InputError
from chatdash_analysis.text.forms import (
    EMBEDDED_CHARACTERS,
    as_texts,
    duplicate_groups,
    normal_form,
    normal_forms,
    prepared,
    tidied,
)
from chatdash_analysis.text.spoken import (
    _CALLS,
    _CHATS,
    _PLATFORMS,
    are_calls,
    without_fillers,
)

HOSTILE = st.text(st.characters(codec=None), max_size=60)


@pytest.mark.parametrize(
    "same",
    [
        ("Wo ist mein Paket??", "wo ist mein paket", " WO  IST\nMEIN ... PAKET\u200b 😕"),
        ("don't", "don\u2019t", "DONT!"),
        ("STRASSE", "straße"),
        ("\uff46\uff55\uff4c\uff4c\u3000\uff57\uff49\uff44\uff54\uff48", "full width"),
        ("ﬁnd it", "find it"),
        ("5€", "5 €", "5 €!"),
        ("<b>hi</b> there", "hi &nbsp;there"),
        ("cafe\u0301", "café"),
    ],
)  # fmt: skip
def test_questions_that_differ_in_form_only_have_one_normal_form(same: tuple[str, ...]) -> None:
    assert len({normal_form(text) for text in same}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("c++", "c#"), ("c", "c++"), ("5 €", "5 $"), ("año", "ano"), ("order 1", "order 2"),
        ("🙏", "😕"),
    ],
)  # fmt: skip
def test_questions_that_mean_something_else_keep_apart(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


@pytest.mark.parametrize("text", ["🙏", "??", "...", "👩‍👩‍👧", "—", "😕" * 10_000])
def test_text_of_marks_alone_is_its_own_normal_form(text: str) -> None:
    assert normal_form(f" {text} ") == text


def test_words_of_scripts_with_marks_stay_whole() -> None:
    assert normal_form("मेरा पार्सल कहाँ है?") == "मेरा पार्सल कहाँ है"
    assert normal_form("我的包裹在哪里\uff1f") == "我的包裹在哪里"


@given(HOSTILE)
def test_a_normal_form_is_its_own_normal_form(text: str) -> None:
    form = normal_forms(as_texts([text]))[0]
    assert normal_form(form) == form
    assert form == " ".join(form.split())
    assert bool(form) == bool(tidied(text))


@given(st.text(st.sampled_from("abcäöü ñé12"), max_size=30))
def test_case_and_punctuation_never_matter(text: str) -> None:
    if text.strip():
        assert normal_form(text.upper() + "?!") == normal_form(text)


def test_digests_are_those_of_the_normal_form_for_ever() -> None:
    groups = duplicate_groups(pd.Series(["wo ist mein paket", ""], dtype="str"))
    digest = blake2b(b"wo ist mein paket", digest_size=8).hexdigest()
    assert groups[0] == digest == "adb29a5b6e72822d"
    assert groups.isna().tolist() == [False, True]
    assert groups.dtype == "str"


def test_tidied_text_is_one_line_without_markup() -> None:
    markup = "<div class='x'>Can I&nbsp;pay\r\n by <b>card</b>?<br/></div>"
    assert tidied(markup) == "Can I pay by card ?"
    assert tidied("a < b and c > d &amp; 1<2") == "a < b and c > d & 1<2"
    assert tidied("\x00zero\u200bwidth\u202e \x1b[31m") == "zerowidth [31m"
    assert tidied("&#128591; &unknown; &#" + "9" * 5_000 + ";").startswith("🙏 &unknown; &#999")


def test_lone_surrogates_become_replacement_characters_and_pairs_characters() -> None:
    texts = as_texts(["a\ud800b", "\ud83d\ude4f", "\udfff"])
    assert texts.tolist() == ["a\ufffdb", "🙏", "\ufffd"]


@pytest.mark.parametrize(
    "values",
    [["a", None], pd.Series(["a", None], index=[7, 7]), np.array(["a", np.nan], dtype=object),
     pd.array(["a", pd.NA], dtype="string"), ("a", float("nan")), pd.Series(["a", pd.NaT])],
)  # fmt: skip
def test_any_list_of_texts_is_read(values: object) -> None:
    texts = as_texts(values)
    assert texts.dtype == "str"
    assert texts.isna().tolist() == [False, True]
    assert texts.index.equals(pd.RangeIndex(2))


@pytest.mark.parametrize("values", ["one text", 5, None, b"x", np.array("a")])
def test_what_is_no_list_is_refused(values: object) -> None:
    with pytest.raises(InputError, match="Give a Series or a list"):
        as_texts(values)


@pytest.mark.parametrize("value", [5, ["a"], b"a", {"a": 1}, True])
def test_what_is_no_text_is_refused_without_being_shown(value: object) -> None:
    with pytest.raises(InputError, match=f"holds a {type(value).__name__}"):
        as_texts(["a", value])


def _prepared(text: str, *, call: bool) -> str:
    return prepared(pd.Series([text], dtype="str"), pd.Series([call]))[0]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("hi um yeah so I was calling because my card is lost", "hi my card is lost"),
        ("Um. Yes, hello? Can I pay by card?", "hello Can I pay by card?"),
        ("ja also ähm ich wollte fragen ob der Hund mit darf", "der Hund mit darf"),
        ("bueno, o sea, cuánto cuesta", "cuánto cuesta"),
        ("euh bonjour je voulais savoir si vous ouvrez", "bonjour vous ouvrez"),
        ("no, it never came", "no, it never came"),
        ("like, order A-1042 5 of 12", "order number of number"),
        ("it's order five five um oh nine please", "it's order number please"),
        ("one or two dogs", "one or two dogs"),
    ],
)  # fmt: skip
def test_calls_lose_what_comes_before_the_matter(said: str, kept: str) -> None:
    assert _prepared(said, call=True) == kept
    assert _prepared(said, call=False) == said


@pytest.mark.parametrize("text", ["um", "Hello?", "ja, also...", "hi hi hi"])
def test_a_call_of_fillers_alone_keeps_them(text: str) -> None:
    assert _prepared(text, call=True) == text


@pytest.mark.parametrize("text", ["nothing works", "Sofa kaputt", "ummmm", "sin factura", "okapi"])
def test_words_that_begin_like_a_filler_stay(text: str) -> None:
    assert without_fillers(text) == text


def test_long_text_is_cut_at_a_word() -> None:
    words = "word " * 20_000
    cut = _prepared(words, call=False)
    assert EMBEDDED_CHARACTERS - 5 <= len(cut) <= EMBEDDED_CHARACTERS
    assert set(cut.split()) == {"word"}
    assert len(_prepared("字" * 100_000, call=True)) == EMBEDDED_CHARACTERS


@given(HOSTILE, st.booleans())
def test_every_text_that_says_something_is_prepared(text: str, call: bool) -> None:
    plain = as_texts([text])
    result = prepared(plain, pd.Series([call]))[0]
    assert bool(result) == bool(tidied(plain[0]))
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in result)


def test_calls_are_those_of_the_channels() -> None:
    names = [*_CALLS, *_CHATS, "Phone_Call", "somewhere", None]
    platforms = [*_PLATFORMS, "Retell", "voiceflow", None]
    pairs = pd.DataFrame(product(platforms, names), columns=["platform", "channel"], dtype="str")
    expected = with_kinds(pairs, pairs)["chatdash_voice"]
    calls = are_calls(pairs["platform"], pairs["channel"])
    assert calls.tolist() == expected.tolist()
    assert 0 < calls.sum() < len(calls)
