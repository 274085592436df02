"""Flags are read in words."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import chatdash_analysis
from chatdash_analysis.showing.notes import CODES, WORDS, note_words

SOURCES = sorted(Path(chatdash_analysis.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("", ""), ("small_n", "too few for a rate"),
        ("no_value,  single", "no value, only one group"),
        ("few_users, few_users", "few people"), ("mine", "mine"),
        (",,", ""), ("No Known", "No Known"),
    ],
)  # fmt: skip
def test_flags_are_words_each_once(flags, words):
    assert note_words(flags) == words


def test_every_flag_that_the_sources_add_has_words():
    added = {
        node.args[2].value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "add_flag"
        and len(node.args) > 2
        and isinstance(node.args[2], ast.Constant)
    }
    assert len(added) > 25
    assert added - set(WORDS) == set()


def test_no_words_are_those_of_the_code():
    texts = [*WORDS.values(), *CODES.values()]
    assert [text for text in texts if "_" in text or not text] == []


def test_every_flag_with_words_is_one_of_the_sources():
    sources = [path for path in SOURCES if "showing" not in path.parts]
    written = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert [name for name in WORDS if name not in written] == []
