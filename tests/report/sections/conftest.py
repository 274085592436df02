"""What all sections are tried on, made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import chatdash_analysis as cda
from tests.report.sections.materials import material_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatdash_analysis.report.parts import Material


@pytest.fixture(scope="session")
def sample() -> Iterator[pd.DataFrame]:
    """Yield conversations of known people, which no test may change."""
    frame = cda.identify_users(cda.load_sample(6_000))
    before = frame.copy(deep=True)
    yield frame
    pd.testing.assert_frame_equal(frame, before)


@pytest.fixture(scope="session")
def material(sample: pd.DataFrame) -> Iterator[Material]:
    made = material_of(sample)
    before = made.conversations.copy(deep=True)
    yield made
    pd.testing.assert_frame_equal(made.conversations, before)
