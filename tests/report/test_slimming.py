"""Drawings lose bytes, not marks."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

import chatdash_analysis as cda
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.slimming import slim

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def drawn() -> tuple[str, str]:
    figure = Figure()
    axes = figure.subplots()
    axes.bar(["one -- two", "three"], [1.234567, 2], hatch="oo")
    axes.plot([0, 1], [0.1, 1e-7], marker="o")
    axes.set_xlabel("per <cent> & more")
    held = io.BytesIO()
    figure.savefig(held, format="svg")
    text = held.getvalue().decode()
    return text, slim(text)


def test_every_mark_stays(drawn):
    before, after = (ET.fromstring(text) for text in drawn)
    seen = [
        [one.tag for one in root.iter() if not re.search("rdf|purl|creative|metadata", one.tag)]
        for root in (before, after)
    ]
    assert seen[0] == seen[1]
    assert len(seen[1]) > 50


def test_every_point_stays_within_a_hundredth(drawn):
    before, after = (
        [NUMBER.findall(one.get("d", "")) for one in ET.fromstring(text).iter()] for text in drawn
    )
    before, after = ([row for row in rows if row] for rows in (before, after))
    assert [len(row) for row in before] == [len(row) for row in after]
    for one, other in zip(before, after, strict=True):
        assert np.abs(np.array(one, float) - np.array(other, float)).max() <= 0.01


def test_scales_keep_all_their_digits(drawn):
    for scale in ("scale(0.015625)", "scale(0.1 -0.1)"):
        assert drawn[0].count(scale) == drawn[1].count(scale) > 0


def test_each_letter_finds_its_shape_at_its_place(drawn):
    root = ET.fromstring(drawn[1])
    names = {one.get("id") for one in root.iter()}
    used = [one for one in root.iter() if one.tag.endswith("use")]
    assert used
    assert {one.get("href", "")[1:] for one in used} <= names
    places = [re.findall(r'DejaVuSans-[^"]*" transform="translate\(([-\d.]+)', drawn[0])]
    moved = [float(one.get("x")) for one in used if one.get("x") and not one.get("y")]
    assert np.allclose(moved, np.array(places[0], float), atol=0.01)


def test_texts_in_comments_and_the_name_of_the_library_go(drawn):
    assert "one -- two" in drawn[0] or "one - - two" in drawn[0]
    assert "<!--" not in drawn[1]
    assert "atplotlib v" not in drawn[1]
    assert len(drawn[1]) < 0.75 * len(drawn[0])


def test_pictures_are_the_same_for_the_same_table():
    rates = cda.rates_by(cda.load_sample(300), "channel")
    one, other = (picture(cda.plot_rates, rates, reference=0.5) for _ in range(2))
    assert one == other
    assert one != picture(cda.plot_rates, rates)
    root = ET.fromstring(one)
    assert root.get("width") == "540pt"
