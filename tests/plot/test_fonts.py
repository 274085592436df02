"""Texts that the fonts of this machine can draw."""

from __future__ import annotations

import io
import logging

import matplotlib as mpl
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from chatdash_analysis.plot import fonts
from chatdash_analysis.plot.fonts import drawable, plain

TOOTH = "\U0001f9b7"


@pytest.fixture(name="_forgetful")
def forgetful():
    """Forget before and after what was found out about fonts."""
    found = (fonts._path, fonts._covered, fonts._search)
    for function in found:
        function.cache_clear()
    yield
    for function in found:
        function.cache_clear()


def _with_font(monkeypatch, folder, character, name="Made Sans"):
    """Install a font that has a square for one character, until the end of the test."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 800), (800, 800), (800, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord(character): "square"})
    builder.setupGlyf({".notdef": square, "square": square})
    builder.setupHorizontalMetrics({".notdef": (900, 0), "square": (900, 0)})
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": name, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=900, usWeightClass=400)
    builder.setupPost()
    path = folder / "made.ttf"
    builder.save(path)
    monkeypatch.setattr(fontManager, "ttflist", list(fontManager.ttflist))
    fontManager.addfont(path)


def _save(text):
    figure = Figure()
    figure.text(0.5, 0.5, text, **plain([text]))
    figure.savefig(io.BytesIO())


def test_what_the_font_has_stays():
    assert drawable("aé…·†→ Ωж العربية") == "aé…·†→ Ωж العربية"
    assert plain(["aé…·†"]) == {"parse_math": False, "usetex": False}


def test_what_no_font_has_is_replaced_and_draws_without_warning():
    text = drawable(f"{TOOTH}{TOOTH} dentist {TOOTH}")
    assert text == "\ufffd dentist \ufffd"
    _save(text)


@pytest.mark.usefixtures("_forgetful")
def test_the_fonts_are_those_of_the_users_style():
    # The roman font of TeX has no arrows, and no sign for what is missing.
    with mpl.rc_context({"font.family": "cmr10", "axes.formatter.use_mathtext": True}):
        assert drawable("a") == "a"
        assert drawable(f"a{TOOTH}b") in {"a?b", "a\ufffdb"}


def test_a_style_whose_fonts_are_not_installed_falls_back_to_the_default():
    with mpl.rc_context({"font.family": ["No Such Font"]}):
        assert drawable(f"é{TOOTH}") == "é\ufffd"


@pytest.mark.usefixtures("_forgetful")
def test_an_installed_font_that_has_the_character_is_used_for_this_text(monkeypatch, tmp_path):
    _with_font(monkeypatch, tmp_path, TOOTH)
    assert drawable(f"{TOOTH} dentist") == f"{TOOTH} dentist"
    assert plain([f"{TOOTH} dentist"])["family"] == ["DejaVu Sans", "Made Sans"]
    assert "family" not in plain(["dentist"])
    _save(f"{TOOTH} dentist")


def test_fonts_that_draw_a_box_for_everything_do_not_count():
    assert drawable("\ue123") == "\ufffd"


@pytest.mark.usefixtures("_forgetful")
def test_nothing_is_logged_about_fonts(caplog):
    with caplog.at_level(logging.DEBUG, logger="matplotlib.font_manager"):
        plain([drawable(f"\u4f60\u597d {TOOTH} \u0e44")])
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
