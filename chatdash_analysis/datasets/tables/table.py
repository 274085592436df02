"""A training table: features, target, and what has to stand beside them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from chatdash_analysis.datasets.tables.places import places_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

__all__ = ["COLUMN_DTYPES", "ROW_DTYPES", "Split", "Task", "TrainingTable"]

Task = Literal["binary", "multiclass", "regression"]

ROW_DTYPES = {
    "conversation_id": "str",
    "agent_id": "str",
    "created_at": "datetime64[us, UTC]",
    "group": "str",
    "text": "str",
}
COLUMN_DTYPES = {
    "feature": "str",
    "column": "str",
    "dtype": "str",
    "unit": "str",
    "known_at": "str",
    "pii": "str",
    "missing": "int64",
    "coverage": "float64",
    "description": "str",
}


@dataclass(frozen=True, repr=False)
class TrainingTable:
    """What `training_table` returns: one row a conversation, oldest first.

    Attributes
    ----------
    features : pandas.DataFrame
        The features: ``float64``, ``category``, or ``str`` for text that was left as
        text; a missing value is missing.
    target : pandas.Series
        What is to be predicted, named as its column: ``int64`` (1 or 0) for a flag,
        ``float64`` for a measure, ``str`` for labels. Never missing.
    rows : pandas.DataFrame
        Beside each row, never features: ``conversation_id``, ``agent_id``,
        ``created_at``, ``group`` (the person; a conversation of nobody known is a group
        of its own) and ``text``, by which near-duplicates are found: each text of the
        conversation, scrubbed, on a line of its own (each question that was not
        understood, the summary, each text that is a feature). It is missing where there is
        none, and in all tables made before "analysis": there texts are no features, so
        that splits and `leak_lint` compare none.
    columns : pandas.DataFrame
        One row a feature: ``feature``, ``column`` (what it was made of), ``dtype``,
        ``unit``, ``known_at``, ``pii``, ``missing`` (rows), ``coverage``, ``description``.
    left_out : pandas.DataFrame
        One row a column that is no feature: ``column``, ``known_at``, ``reason``.
    dropped : pandas.DataFrame
        One row a reason for which conversations are not in the table: ``reason``, ``rows``.
    task : {"binary", "multiclass", "regression"}
        What kind of target it is.
    at : {"start", "during", "end", "analysis"}
        The moment of a conversation at which everything in `features` is known.
    privacy : tuple of str
        What was done about personal data, in sentences.
    recipe : dict
        How the table was made, ready for JSON.
    """

    features: pd.DataFrame
    target: pd.Series
    rows: pd.DataFrame
    columns: pd.DataFrame
    left_out: pd.DataFrame
    dropped: pd.DataFrame
    task: Task
    at: str
    privacy: tuple[str, ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.features)

    def __repr__(self) -> str:
        return (
            f"<TrainingTable: {len(self):,} conversations of {self.rows['group'].nunique():,}"
            f" groups, {self.features.shape[1]} features known at {self.at},"
            f" target {self.target.name} ({self.task})>"
        )

    def to_sklearn(self) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
        """Return ``X``, ``y`` and ``groups``, as scikit-learn takes them; they are copies.

        Notes
        -----
        `X` holds missing values and categories: boosted trees take them as they are,
        ``HistGradientBoostingClassifier(categorical_features="from_dtype")``; linear models
        need ``SimpleImputer`` and ``OneHotEncoder(handle_unknown="ignore")`` first.

        In the part that is learned from, a field may be missing altogether that came up
        later. Boosted trees refuse it; leave it out of both parts::

            seen = X_train.dropna(axis="columns", how="all").columns
            model.fit(X_train[seen], y_train).predict(X_test[seen])
        """
        return self.features.copy(), self.target.copy(), self.rows["group"].copy()

    def take(self, rows: ArrayLike) -> TrainingTable:
        """Return the table of some rows, in their old order.

        Parameters
        ----------
        rows : array-like of int or bool, shape (rows,)
            Positions from 0 on, or a mask that says of each row of the table whether it is
            taken. A mask that is a Series has the table's own index.

        Raises
        ------
        InputError
            If it is neither, a position is not in the table, or the mask has not one value
            for each row.
        """
        places = places_of(rows, len(self))
        features, target, beside = (
            part.iloc[places].reset_index(drop=True)
            for part in (self.features, self.target, self.rows)
        )
        # Columns that somebody assigned are not listed, and listed ones may be gone.
        holes = features.isna().sum().reindex(self.columns["feature"], fill_value=len(places))
        missing = holes.to_numpy(np.int64)
        coverage = 1 - missing / len(places) if len(places) else np.full(len(missing), np.nan)
        columns = self.columns.assign(missing=missing, coverage=coverage)
        return replace(self, features=features, target=target, rows=beside, columns=columns)


@dataclass(frozen=True, repr=False)
class Split:
    """Two tables that share no person and no near-duplicate: ``train, test = split``.

    Attributes
    ----------
    train, test : TrainingTable
        The two sides.
    dropped : pandas.DataFrame
        Rows that had to go from both: ``conversation_id``, ``reason``.
    recipe : dict
        How the split was made, ready for JSON.
    train_rows, test_rows : numpy.ndarray of int64
        Where the rows of the two sides stood in the table that was split, as scikit-learn
        takes them: ``cross_val_score(model, X, y, cv=[(f.train_rows, f.test_rows), ...])``.
    """

    train: TrainingTable
    test: TrainingTable
    dropped: pd.DataFrame
    recipe: Mapping[str, Any] = field(default_factory=dict)
    train_rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    test_rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __iter__(self) -> Iterator[TrainingTable]:
        return iter((self.train, self.test))

    def __repr__(self) -> str:
        return (
            f"<Split: {len(self.train):,} to train, {len(self.test):,} to test,"
            f" {len(self.dropped):,} on neither side>"
        )
