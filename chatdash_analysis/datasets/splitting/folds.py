"""Several splits, one after the other in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.splitting.moments import instants_of, read_embargo, sides_at
from chatdash_analysis.datasets.splitting.near_duplicates import SIMILARITY, find_alike
from chatdash_analysis.datasets.splitting.parting import (
    EMBARGO,
    LATER,
    check_keep,
    check_table,
    part,
)
from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from datetime import timedelta

    from numpy.typing import NDArray

    from chatdash_analysis.datasets.splitting.parting import Keep
    from chatdash_analysis.datasets.tables.table import Split, TrainingTable

    Codes = NDArray[np.int64]

__all__ = ["cross_validation"]


def cross_validation(
    table: TrainingTable,
    *,
    n_splits: int = 5,
    embargo: str | timedelta = "0D",
    keep: Keep = "test",
    similarity: float | None = SIMILARITY,
) -> list[Split]:
    """Split several times, each test after all that its training saw.

    The rows are cut into ``n_splits + 1`` stretches of time with about the same number of
    rows. Each but the first is a test once, and its training is all before it: what
    there was to learn from on that day. No person and no near-duplicate text is on both
    sides of a split.

    Parameters
    ----------
    table : TrainingTable
        As `training_table` returns it.
    n_splits : int
        How many splits, at least 2.
    embargo : str or timedelta
        How long it takes until the target is known; see `split_by_time`.
    keep : {"test", "train"}
        The side that keeps the people and texts that are on both; see `split_by_time`.
    similarity : float or None
        From which similarity on two texts are near-duplicates, by their first 2,000
        characters; see `split_by_time`.

    Returns
    -------
    list of Split
        The earliest first. `dropped` lists each row that is on neither side, also those
        ``later than the test``. scikit-learn takes the places of the rows:
        ``cross_val_score(model, X, y, cv=[(f.train_rows, f.test_rows) for f in folds])``
        with ``X, y, groups = table.to_sklearn()``.

    Raises
    ------
    InputError
        If an argument cannot be used, the conversations started at too few different
        times, or a side of a split is left empty or with one class.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.identify_users(cda.load_sample(1_000))
    >>> table = cda.training_table(conversations, target="evaluation_is_success")
    >>> folds = cda.cross_validation(table, n_splits=4, embargo="3D")
    >>> all(len(fold.test) > 100 for fold in folds)
    True
    """
    check_table(table, "cross_validation")
    check_keep(keep)
    wait, instants = read_embargo(embargo), instants_of(table)
    starts = _starts(instants, n_splits)
    alike = find_alike(table.rows["text"], similarity)
    folds = []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], None], strict=True), start=1):
        sides = sides_at(instants, start, embargo=wait, end=end)
        moment = pd.Timestamp(start, unit="us", tz="UTC").isoformat()
        recipe = {
            "method": "cross_validation", "split": number, "n_splits": int(n_splits), "at": moment,
            "embargo": wait.isoformat(), "similarity": similarity,
        }  # fmt: skip
        try:
            fold = part(
                table, sides.train, sides.test, alike=alike, keep=keep, recipe=recipe,
                reasons={EMBARGO: sides.embargo, LATER: sides.later},
            )  # fmt: skip
        except InputError as error:
            raise InputError(f"Split {number} of {n_splits}, from {moment}: {error}") from None
        folds.append(fold)
    return folds


def _starts(instants: Codes, n_splits: int) -> list[int]:
    """Return when each test starts; conversations of one instant stay together."""
    if isinstance(n_splits, bool) or not isinstance(n_splits, (int, np.integer)) or n_splits < 2:
        raise InputError(f"n_splits={n_splits!r} is no number of 2 or more. Give 5.")
    ordered = np.sort(instants)
    starts = np.unique(ordered[np.arange(1, n_splits + 1) * len(ordered) // (n_splits + 1)])
    if len(starts) < n_splits or starts[0] == ordered[0]:
        raise InputError(
            f"n_splits={n_splits} needs conversations at more different times than the table has"
            f" ({len(np.unique(ordered)):,}, in {len(ordered):,} rows). Give fewer splits, or load"
            " more conversations."
        )
    return [int(start) for start in starts]
