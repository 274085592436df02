"""How far the verdicts can be believed, by what people said about a sample of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.arguments import check_level
from chatdash_analysis.counting import labels_of
from chatdash_analysis.judging.answers import filled_rows
from chatdash_analysis.judging.assessing import Limits
from chatdash_analysis.judging.audit_rows import COLUMNS, audit_rows
from chatdash_analysis.judging.matching import matched
from chatdash_analysis.judging.population import with_verdicts
from chatdash_analysis.judging.settings import share_of_one, whole_number
from chatdash_analysis.judging.sheets import ID
from chatdash_analysis.tables import require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

__all__ = ["judge_audit"]

_USE = "judge_audit"


def judge_audit(
    conversations: pd.DataFrame,
    labels: pd.DataFrame | str | Path,
    *,
    outcome: str = "evaluation_is_success",
    by: str | Sequence[str] | None = None,
    users: str = "user_id",
    level: float = 0.95,
    min_labels: int = 10,
    min_youden: float = 0.3,
) -> pd.DataFrame:
    """Compare the service's verdicts with people's, and correct the success rate by them.

    ``evaluation_is_success`` is what a model says, and not the truth: a rate of it is
    wrong by as much as the judge errs in one direction more than in the other, and
    differences between rates shrink. People's answers about a sample tell by how much.

    Parameters
    ----------
    conversations : pandas.DataFrame
        The conversations that the sample was drawn from.
    labels : pandas.DataFrame, str or Path
        The sheet of `audit_sample`, filled in, or its file: parquet, or CSV as Excel or
        LibreOffice save it (any of the usual separators and encodings). Read are
        ``conversation_id``, ``human_verdict`` (flags; or true, yes, 1, ja, wahr, ... and
        false, no, 0, nein, falsch, ...; empty: not judged) and ``sampling_code``. Without
        codes the rows count as drawn at random from each verdict.
    outcome : str
        Column of flags with the verdicts.
    by : str or sequence of str, optional
        Columns whose combinations get a row each: a judge that errs more often in one
        language makes a difference between languages where there is none.
    users : str
        Column that names people. If there is no ``user_id``, `identify_users` adds it.
    level : float
        Confidence level of the intervals.
    min_labels : int
        Answers that each verdict needs, success and failure.
    min_youden : float
        Least sensitivity + specificity - 1 with which a rate is corrected.

    Returns
    -------
    pandas.DataFrame
        One row for all conversations, then one for each group: ``scope`` (all or group);
        the columns of `by`; ``n`` (conversations with a verdict), ``successes``,
        ``unknown``, ``excluded``, ``users``, ``raw_rate`` with ``raw_low`` to
        ``raw_high``, as `rates_by` gives them; ``n_labelled`` (of `n`, judged by people),
        ``users_labelled`` (people behind these), ``unlabelled`` (rows of the sheet left
        empty), ``no_verdict`` (judged, but without a verdict by now);
        ``true_positives``, ``false_positives``, ``false_negatives``, ``true_negatives``
        (of `n_labelled`; positive: the verdict is success; true: people agree);
        ``sensitivity`` (how often the verdict is success where people say so),
        ``specificity`` (failure where people say so), ``agreement``, ``cohen_kappa``,
        ``gwet_ac1`` and ``attenuation`` (sensitivity + specificity - 1: what is left of a
        true difference between rates), each with ``_low`` and ``_high``;
        ``corrected_rate`` with ``corrected_low`` to ``corrected_high`` (what people
        would say of all `n`); ``correction`` (post-stratified; empty where refused);
        ``refused`` (why figures are missing: no_verdicts, one_verdict (all verdicts are
        the same), few_labels, one_answer (people said the same of all), weak_judge (only
        the corrected rate is missing: below `min_youden`)); ``flags``: those of
        `rates_by`, ``no_weights`` (no sampling codes), ``few_users_labelled`` (fewer
        than 5 behind the answers to one verdict) and ``many_unlabelled`` (over a tenth of
        the rows are empty: perhaps those that were hard to judge).

    Raises
    ------
    InputError
        If a verdict of the sheet is neither yes nor no, an id is no conversation, a
        conversation has two answers, a sampling code is not that of its row, the file
        cannot be read, or an argument cannot be used. Rows are named, none is dropped.
    MissingColumnsError
        If a column is not there.

    Notes
    -----
    The sample is drawn by verdict, so that plain shares of the sheet would be wrong:
    each answer stands for the conversations of its stratum, scaled to the verdicts of its
    row of the table. The sample gives how often people agree with either verdict;
    sensitivity and specificity follow by Bayes' rule. The corrected rate is the share of
    success verdicts times how often people agree with them, plus the share of failure
    verdicts times how often people do not. That holds for these conversations whatever
    the judge is like; its expectation is that of Rogan and Gladen's estimate, which
    `correct_rates` applies to other conversations.

    Intervals carry the error of both samples, the conversations and the answers, and
    know that conversations cluster in people.

    Cohen's kappa misleads where nearly all succeed: with 92 % agreement at 95 % success it
    can be .07, and Gwet's AC1 .91. Neither tells whether the rate can be corrected;
    ``attenuation`` does.

    References
    ----------
    W. J. Rogan and B. Gladen (1978), Estimating prevalence from the results of a screening
    test. Z. Lang and J. Reiczigel (2014), Confidence limits for prevalence of disease
    adjusted for estimated sensitivity and specificity. J. Cohen (1960), A coefficient of
    agreement for nominal scales. K. L. Gwet (2008), Computing inter-rater reliability and
    its variance in the presence of high agreement.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(600)
    >>> sheet = cda.audit_sample(conversations, 60, by=None)
    >>> sheet["human_verdict"] = sheet["summary"].str.len() > 300  # people judge here
    >>> audit = cda.judge_audit(conversations, sheet)
    >>> audit[["scope", "n_labelled", "refused"]].values.tolist()
    [['all', 60, 'weak_judge']]
    """
    limits = Limits(
        check_level(level),
        whole_number("min_labels", min_labels, 1),
        share_of_one("min_youden", min_youden),
    )
    require_dataframe(conversations, _USE)
    names = labels_of(by, conversations, COLUMNS)
    frame = with_verdicts(conversations, outcome, users, _USE, by=names)
    sheet = matched(filled_rows(labels), frame[ID])
    table = audit_rows(frame, sheet, names, outcome=outcome, users=users, limits=limits)
    made = {"outcome": outcome, "by": names, "level": level, "repeated": sheet.repeated}
    table.attrs["judge_audit"] = made
    return table
