"""A map of the questions: those that say the same lie near each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.links import require_clusters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["cluster_map"]

_DTYPES = {
    "x": "float64",
    "y": "float64",
    "cluster_id": "str",
    "label": "str",
    "n": "int64",
    "cluster_users": "float64",
    "question": "str",
}
_QUERIES = ("duplicate_group", "cluster_id", "scrubbed")
_SUMMARY = ("cluster_id", "label")
_ADVICE = "Pass the clusters as cluster_queries returned them."
# More points take minutes, and cover each other.
_MOST_POINTS = 3_000
# Of each cluster so many are drawn before any cluster has more.
_FIRST = 5
_DIMENSIONS = 50
# Fewer points than this have too few neighbours for t-SNE.
_FEW = 10


class _Parts(NamedTuple):
    """The queries, label and users of each cluster, the vectors, the row of each group in them."""

    queries: pd.DataFrame
    found: pd.DataFrame
    rows: pd.DataFrame
    vectors: Floats


def cluster_map(clusters: Any, *, random_state: int = 0) -> pd.DataFrame:
    """Place the distinct questions in a plane so that questions that are alike lie together.

    The vectors are reduced to 50 dimensions by principal components, and to 2 by t-SNE on their
    cosine distances; fewer than 10 questions by principal components alone. t-SNE keeps
    neighbourhoods: which group lies beside a far one, how large a group is drawn and how dense,
    tells little. Of more than 3,000 questions a sample is placed, some of each cluster.

    Parameters
    ----------
    clusters : QueryClusters
        What `cluster_queries` returned.
    random_state : int, default 0
        Another number gives another sample and another map of the same questions.

    Returns
    -------
    pandas.DataFrame
        One row a distinct question, sorted by its duplicate group:

        ``x``, ``y``
            The place (float64); it has no unit.
        ``cluster_id``, ``label``
            The cluster and its label (str); missing where the question is unassigned.
        ``n``
            How often it was asked (int64).
        ``cluster_users``
            How many known people asked the questions of its cluster, as the summary tells;
            missing where it does not, or where the question is unassigned (float64).
        ``question``
            Its text with personal data masked (str).

        ``attrs["cluster_map"]["questions"]`` says how many distinct questions there are in all.

    Raises
    ------
    InputError
        `clusters` are no clusters, or `random_state` is no whole number from 0 on.
    MissingColumnsError
        The tables of the clusters lack columns.

    References
    ----------
    van der Maaten and Hinton (2008), "Visualizing data using t-SNE", Journal of Machine Learning
    Research 9. Kobak and Berens (2019), "The art of using t-SNE for single-cell transcriptomics",
    Nature Communications 10 (why it starts from principal components).

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np, pandas as pd
    >>> import chatdash_analysis as cda
    >>> queries = pd.DataFrame({
    ...     "duplicate_group": ["a", "b", "b"], "cluster_id": ["q001", "q001", "q001"],
    ...     "scrubbed": ["Do you open on Sunday?", "Open on Sundays?", "Open on Sundays?"],
    ... })
    >>> summary = pd.DataFrame({"cluster_id": ["q001"], "label": ["Open on Sundays?"]})
    >>> model = SimpleNamespace(vectors=np.eye(2), groups=["a", "b"])
    >>> clusters = SimpleNamespace(queries=queries, summary=summary, model=model)
    >>> cda.cluster_map(clusters)[["cluster_id", "n", "question"]]
      cluster_id  n                question
    0       q001  1  Do you open on Sunday?
    1       q001  2        Open on Sundays?
    """
    parts = _parts(clusters)
    seed = _check_seed(random_state)
    questions = _questions(parts.queries).join(parts.rows, how="inner").sort_index()
    shown = _sampled(questions, np.random.default_rng(seed))
    x, y = _places(_of_rows(parts.vectors, shown["row"]), seed)
    label, users = (shown["cluster_id"].map(parts.found[name]) for name in ("label", "users"))
    table = shown.assign(x=x, y=y, label=label, cluster_users=users)
    table = table.reset_index(drop=True)[list(_DTYPES)].astype(_DTYPES)
    table.attrs["cluster_map"] = {"questions": len(questions)}
    return table


def _parts(clusters: Any) -> _Parts:
    queries, summary = require_clusters(clusters, "cluster_map", queries=_QUERIES, summary=_SUMMARY)
    vectors, groups = (
        getattr(getattr(clusters, "model", None), name, None) for name in ("vectors", "groups")
    )
    if vectors is None or groups is None or len(vectors) != len(groups):
        raise InputError(
            "cluster_map draws clusters with their model, whose vectors have a group each; got"
            f" {type(clusters).__name__}. {_ADVICE}"
        )
    found = summary.drop_duplicates("cluster_id").set_index("cluster_id")
    found = found.reindex(columns=["label", "users"])
    found["users"] = pd.to_numeric(found["users"], errors="coerce").astype("float64")
    names = pd.Index(np.asarray(groups, dtype="object"), dtype="str")
    rows = pd.DataFrame({"row": np.arange(len(names))}, index=names)
    return _Parts(queries, found, rows[~names.duplicated()], np.asarray(vectors))


def _check_seed(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"random_state must be a whole number from 0 on; got {seed!r}.")
    # numpy and scikit-learn take seeds below this.
    return int(seed) % 2**32


def _questions(queries: pd.DataFrame) -> pd.DataFrame:
    """Return one row a duplicate group: how often it was asked, its cluster, its usual text."""
    rows = pd.DataFrame({
        "group": queries["duplicate_group"].astype("str"),
        "cluster_id": queries["cluster_id"].astype("str"),
        "question": queries["scrubbed"].astype("str"),
    }).dropna(subset=["group"])  # fmt: skip
    spellings = rows.groupby(["group", "question"], dropna=False).agg(
        n=("group", "size"), cluster_id=("cluster_id", "min")
    )
    # The spelling that is most frequent; of those, the first in the alphabet.
    usual = spellings.reset_index().sort_values(
        ["group", "n", "question"], ascending=[True, False, True]
    )
    first = usual.drop_duplicates("group").set_index("group")
    n = spellings["n"].groupby(level="group").sum()
    return first.assign(n=n.reindex(first.index))


def _sampled(questions: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return at most 3,000 questions: some of each cluster, the rest in proportion to its size."""
    if len(questions) <= _MOST_POINTS:
        return questions
    mixed = questions.iloc[rng.permutation(len(questions))]
    cluster = mixed.groupby(mixed["cluster_id"].fillna(""), sort=False)["n"]
    place, size = cluster.cumcount().to_numpy(), cluster.transform("size").to_numpy()
    order = np.lexsort(((place + 0.5) / size, np.minimum(place, _FIRST)))
    return mixed.iloc[order[:_MOST_POINTS]].sort_index()


def _of_rows(vectors: Floats, rows: pd.Series) -> Floats:
    chosen: Floats = np.nan_to_num(vectors[rows.to_numpy(dtype="int64")].astype("float64"))
    return chosen


def _places(vectors: Floats, seed: int) -> tuple[Floats, Floats]:
    """Return x and y of each row."""
    from threadpoolctl import threadpool_limits

    if len(vectors) < 2 or np.ptp(vectors, axis=0).max(initial=0) < 1e-9:
        return np.zeros(len(vectors)), np.zeros(len(vectors))
    # Sums of several threads end differently each time, and t-SNE makes much of little.
    with threadpool_limits(limits=1):
        reduced = _components(vectors, seed)
        placed = reduced[:, :2] if len(vectors) < _FEW else _neighbourly(reduced, seed)
    return placed[:, 0].astype("float64"), placed[:, 1].astype("float64")


def _components(vectors: Floats, seed: int) -> Floats:
    """Return the principal components, two at least: without a second one it is 0."""
    from sklearn.decomposition import PCA

    number = min(_DIMENSIONS, *vectors.shape)
    found: Floats = PCA(number, random_state=seed).fit_transform(vectors)
    return np.pad(found, ((0, 0), (0, max(2 - number, 0))))


def _neighbourly(reduced: Floats, seed: int) -> Floats:
    from sklearn.manifold import TSNE

    start = reduced[:, :2] / reduced[:, 0].std() * 1e-4
    tsne = TSNE(
        metric="cosine", init=start.astype("float32"), random_state=seed,
        perplexity=min(30.0, (len(reduced) - 1) / 3),
    )  # fmt: skip
    placed: Floats = tsne.fit_transform(reduced)
    return placed
