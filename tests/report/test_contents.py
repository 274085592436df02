"""Sections in their order, and what stands where one cannot be made."""

from __future__ import annotations

import warnings
from importlib import import_module

import pytest

import chatdash_analysis as cda
from chatdash_analysis.report.contents import CONTENTS, Entry, make_sections
from chatdash_analysis.report.parts import Material, Section
from tests.report.sections.materials import material_of, month

NOBODY = Material(None, month("2026-05"), month("2026-04"), "UTC", "x", 5)


def _made(make) -> Section:
    (section,) = make_sections(NOBODY, [Entry("here", "Heading", make)])
    return section


def test_the_order_and_the_names_of_sections():
    assert [entry.anchor for entry in CONTENTS] == [
        "loaded", "numbers", "change", "channels", "devices", "hours", "outcomes", "returning",
        "misunderstood", "fields", "provisional",
    ]  # fmt: skip


@pytest.mark.parametrize("entry", CONTENTS, ids=lambda entry: entry.anchor)
def test_a_section_that_cannot_be_made_has_its_own_heading(entry):
    assert entry.make.__name__ == f"{entry.anchor}_section"
    module = import_module(f"chatdash_analysis.report.sections.{entry.anchor}")
    assert entry.title == module._TITLE


def test_missing_columns_are_named_in_one_sentence():
    def make(_):
        raise cda.MissingColumnsError("long words for analysts", missing=["os", "browser"])

    section = _made(make)
    assert (section.anchor, section.title) == ("here", "Heading")
    assert list(section.sentences) == [
        "This part cannot be made: the data lack the columns that it needs (os, browser)."
    ]


def test_what_was_not_loaded_is_said():
    def make(_):
        raise cda.IncompleteError("long words for analysts")

    (sentence,) = _made(make).sentences
    assert sentence.endswith("not all of the conversations that it needs were loaded.")


def test_real_sections_say_which_columns_they_lack():
    material = material_of(cda.load_sample(300).drop(columns=["device", "ended_reason"]))
    found = make_sections(
        material, [one for one in CONTENTS if one.anchor in ("devices", "outcomes")]
    )
    assert "(device)" in found[0].sentences[0]
    assert "(ended_reason)" in found[1].sentences[0]


def test_other_errors_go_up():
    def make(_):
        raise cda.InputError("an error of a section")

    with pytest.raises(cda.InputError, match="an error of a section"):
        _made(make)


def test_what_analyses_warn_of_becomes_a_note_once():
    def make(_):
        for _ in range(2):
            warnings.warn("no model is here.", cda.NoModelWarning, stacklevel=1)
        return Section("here", "Heading", ["Text."], notes=["First."])

    assert list(_made(make).notes) == ["First.", "no model is here."]


def test_other_warnings_are_not_for_readers():
    def make(_):
        warnings.warn("in the depth", RuntimeWarning, stacklevel=1)
        return Section("here", "Heading", ["Text."])

    with pytest.warns(RuntimeWarning, match="in the depth"):
        section = _made(make)
    assert list(section.notes) == []
