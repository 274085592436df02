"""Whether a model could look better than it is: what a data set gives away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.datasets.linting.adversary import adversarial_finding
from chatdash_analysis.datasets.linting.crossing import Pair, crossing_findings
from chatdash_analysis.datasets.linting.findings import Finding, findings_table
from chatdash_analysis.datasets.linting.knowledge import known_later, later_values
from chatdash_analysis.datasets.linting.suspects import feature_findings
from chatdash_analysis.datasets.splitting.near_duplicates import SIMILARITY, check_similarity
from chatdash_analysis.datasets.splitting.parting import check_origin, check_table
from chatdash_analysis.datasets.tables.table import Split, TrainingTable
from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["leak_lint"]


def leak_lint(
    table: TrainingTable,
    splits: Split | Sequence[Split] | Mapping[str, TrainingTable] | None = None,
    *,
    conversations: pd.DataFrame | None = None,
    auc_limit: float = 0.98,
    adversarial_limit: float = 0.7,
    similarity: float | None = SIMILARITY,
    random_state: int = 0,
) -> pd.DataFrame:
    """Look for what makes a model look better than it will be.

    Parameters
    ----------
    table : TrainingTable
        As `training_table` returns it.
    splits : Split, sequence of Split, mapping of str to TrainingTable, optional
        Splits of the table, or its parts by name; each part of a mapping is held against
        those after it. Without any, only the features are looked at.
    conversations : pandas.DataFrame, optional
        What the table was made of. With it, features are compared with columns that
        are known later, whatever they are called.
    auc_limit : float
        From which AUC of one feature on it is a leak; over 0.9 it is a warning.
    adversarial_limit : float
        From which AUC on the sides of a split count as different.
    similarity : float or None
        From which similarity on two texts are near-duplicates, by their first 2,000
        characters; see `split_by_time`. None does not look at texts.
    random_state : int
        Seed of folds, samples and the model that tells sides apart.

    Returns
    -------
    pandas.DataFrame
        One row a finding, and one for each check that found nothing: ``check``; ``split``
        (the name of the split, "" for the whole table) and ``side``; ``feature``
        (missing where a check is not of one); ``value`` with ``limit``, and ``low`` to
        ``high`` where it has an interval; ``n`` (rows looked at), ``people``; ``status``
        ("ok", "warning", "leak", or "unchecked" where it could not be told); ``advice``.

        - ``known_later``: features known later than the moment of the table, or of which
          nobody says when they are known.
        - ``later_values``: features with the values of such a column (the correlation of
          ranks).
        - ``one_class``: how many classes a side has.
        - ``readable``: features of lists, objects or complex numbers, which no check reads.
        - ``names_people``: features with one value for each person that nobody else has, as
          an id or the number of a customer (the share of people whom it names), and labels
          that differ in each row. Needs 20 people with several conversations.
        - ``constant``: features with one value (how many they have).
        - ``target_copy``: features that are the target under another name (the share of
          rows with a value).
        - ``single_feature_auc``: how well a feature alone tells the target; of several
          classes the largest AUC of one against the rest; of a number as target the rank
          correlation. Levels and text are judged on people whom the rates were not
          made of. Where none is suspicious, the strongest is shown.
        - ``adversarial_auc``: how well a model tells from the features on which side a
          conversation is, for people it has not seen; 0.5 is not at all.
        - ``rows``, ``people``: how many are on both sides.
        - ``near_duplicates``: pairs of texts across the sides.
        - ``time_order``: rows to test that started before the last row to train (with the
          embargo of the split).

    Raises
    ------
    InputError
        If an argument cannot be used, or a split was not made of this table.
    MissingColumnsError
        If `conversations` has no ``conversation_id``.

    Notes
    -----
    A lint proves no data set clean. Not seen are a leak of several features together, one
    that is weaker than the limits or in few rows, codes and numbers of people that occur
    once each, and what stands in the digits of a number. Of more than 20,000 rows on a side,
    20,000 are looked at. With few people even noise can tell a target; then the finding is
    a warning at most, as `people` of each class are too few to rule out chance.

    References
    ----------
    S. Kaufman, S. Rosset, C. Perlich and O. Stitelman (2012), Leakage in data mining:
    formulation, detection, and avoidance. S. Kapoor and A. Narayanan (2023), Leakage and
    the reproducibility crisis in machine-learning-based science.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import chatdash_analysis as cda
    >>> conversations = cda.identify_users(cda.load_sample(1_000))
    >>> table = cda.training_table(conversations, target="evaluation_is_success")
    >>> minutes = conversations.set_index("conversation_id")["duration_minutes"]
    >>> late = minutes.loc[table.rows["conversation_id"]].to_numpy()
    >>> leaky = replace(table, features=table.features.assign(duration_minutes=late))
    >>> lint = cda.leak_lint(leaky, cda.split_by_time(leaky, at="2026-05-01"))
    >>> lint.loc[lint["status"].eq("leak"), ["check", "feature"]].to_numpy().tolist()
    [['known_later', 'duration_minutes']]
    """
    check_table(table, "leak_lint")
    check_similarity(similarity)
    _check(auc_limit, adversarial_limit, random_state)
    pairs, sides = _read(table, splits)
    findings = [*known_later(table), *later_values(table, conversations, limit=auc_limit)]
    for split, side, part in sides:
        findings += feature_findings(
            part, split=split, side=side, limit=auc_limit, seed=random_state
        )
    for pair in pairs:
        findings += crossing_findings(pair, similarity=similarity)
        findings.append(_adversarial(pair, adversarial_limit, random_state))
    order = {"leak": 0, "warning": 1, "unchecked": 2, "ok": 3}
    return findings_table(sorted(findings, key=lambda finding: order[finding.status]))


def _adversarial(pair: Pair, limit: float, seed: int) -> Finding:
    return adversarial_finding(pair.train, pair.test, split=pair.name, limit=limit, seed=seed)


def _check(auc_limit: float, adversarial_limit: float, random_state: int) -> None:
    for name, limit in (("auc_limit", auc_limit), ("adversarial_limit", adversarial_limit)):
        if isinstance(limit, bool) or not isinstance(limit, Real) or not 0.5 < limit < 1:
            raise InputError(f"{name}={limit!r} is no AUC between 0.5 and 1. Give 0.98 or 0.7.")
    whole = isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool)
    if not whole or not 0 <= random_state < 2**32:
        raise InputError(f"random_state={random_state!r} is no whole number of 0 or more.")


def _read(table: TrainingTable, splits: Any) -> tuple[list[Pair], list[tuple[str, str, Any]]]:
    """Return what is held against each other, and the tables to look at, with their names."""
    if splits is None:
        return [], [("", "", table)]
    if isinstance(splits, Mapping):
        return _of_parts(table, splits)
    listed = [splits] if isinstance(splits, Split) else splits
    if not isinstance(listed, Sequence) or not all(isinstance(one, Split) for one in listed):
        raise InputError(
            f"splits is {type(splits).__name__}. Give a Split, a list of them, or a mapping of"
            " names to tables, such as {'train': train, 'test': test}."
        )
    pairs = [
        Pair(f"split {number}", "train", "test", one.train, one.test, one.recipe)
        for number, one in enumerate(listed, start=1)
    ]
    for pair in pairs:
        for name, part in (("train", pair.train), ("test", pair.test)):
            check_table(part, f"leak_lint, {name} of {pair.name}")
            check_origin(table, part, f"{name} of {pair.name}")
    sides = [
        (pair.name, side, part)
        for pair in pairs
        for side, part in (("train", pair.train), ("test", pair.test))
    ]
    return pairs, sides


def _of_parts(
    table: TrainingTable, parts: Mapping[str, TrainingTable]
) -> tuple[list[Pair], list[tuple[str, str, TrainingTable]]]:
    for name, part in parts.items():
        if not isinstance(name, str):
            raise InputError(f"splits has the name {name!r}. Give texts, such as 'train'.")
        check_table(part, f"leak_lint, splits[{name!r}]")
        check_origin(table, part, f"splits[{name!r}]")
    pairs = [
        Pair(f"{first}/{second}", first, second, parts[first], parts[second], {})
        for first, second in combinations(parts, 2)
    ]
    return pairs, [("", name, part) for name, part in parts.items()]
