"""The pictures of the README: made by a script, the same each time, and described."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import chatdash_analysis as cda

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/gallery"
PICTURES = sorted(path.name for path in FOLDER.glob("*.png"))
WIDTH = 1400
# Other versions of matplotlib and of a font move what is drawn by a dot or two. The numbers that
# stand in a picture tell those of another seed apart.
STEP = 4
LEAST_ALIKE = 0.75


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The pictures, made anew."""
    folder = tmp_path_factory.mktemp("gallery")
    done = subprocess.run(
        [sys.executable, "-W", "error", FOLDER / "make.py", folder],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def _marks(path: Path) -> np.ndarray:
    """Return how much of each field of the picture is points, lines and bars: what has a colour."""
    with Image.open(path) as picture:
        width, height = picture.width // STEP, picture.height // STEP
        dots = np.asarray(picture.convert("RGB")).astype(int)
    coloured = (dots.max(axis=2) - dots.min(axis=2) > 40)[: height * STEP, : width * STEP]
    return coloured.reshape(height, STEP, width, STEP).mean(axis=(1, 3))


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    """Return how much of what is drawn in either picture is drawn in both."""
    if one.shape != other.shape:
        return 0.0
    return float(np.minimum(one, other).sum() / np.maximum(one, other).sum())


def _words(path: Path) -> list[str]:
    """Return the texts and numbers that stand in a picture, as its script noted them."""
    with Image.open(path) as picture:
        words: str = picture.text["Description"]
    return words.splitlines()


def test_the_script_makes_the_pictures_that_are_committed(drawn):
    assert sorted(path.name for path in drawn.iterdir()) == PICTURES
    for name in PICTURES:
        assert _words(drawn / name) == _words(FOLDER / name)
        assert _alike(_marks(drawn / name), _marks(FOLDER / name)) > LEAST_ALIKE, name


def test_numbers_of_other_conversations_would_be_noticed(tmp_path):
    make = runpy.run_path(str(FOLDER / "make.py"))
    other = make["success_by_channel"](cda.load_sample(make["SIZE"], seed=1))
    seen = _words(make["_saved"](other, tmp_path / "other.png"))
    committed = _words(FOLDER / "success-by-channel.png")
    counts = [
        [word for word in words if re.search(r"n = |%.*\d|\d,\d{3}", word)]
        for words in (seen, committed)
    ]
    assert len(counts[1]) > 4
    assert not set(counts[0]) & set(counts[1])


@pytest.mark.parametrize("name", PICTURES)
def test_marks_a_little_elsewhere_would_be_noticed(name):
    marks = _marks(FOLDER / name)
    assert marks.sum() > 100
    assert _alike(marks, np.roll(marks, (7, 7), axis=(0, 1))) < LEAST_ALIKE / 2


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_as_wide_as_a_page_and_small(name):
    path = FOLDER / name
    with Image.open(path) as picture:
        assert picture.width == WIDTH
        assert 400 < picture.height < 1000
        assert "Software" not in picture.info
    assert path.stat().st_size < 150_000


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_is_cut_at_the_edges(name):
    with Image.open(FOLDER / name) as picture:
        dots = np.asarray(picture.convert("L"))
    edges = np.concatenate([dots[0], dots[-1], dots[:, 0], dots[:, -1]])
    assert edges.min() == 255


def test_the_readme_shows_each_picture_and_says_what_it_tells():
    shown = re.findall(
        r"!\[([^\]]+)\]\(docs/gallery/([\w-]+\.png)\)", (ROOT / "README.md").read_text()
    )
    assert sorted(name for _, name in shown) == PICTURES
    assert len(PICTURES) == 3
    assert [text for text, _ in shown if len(text) < 60] == []
