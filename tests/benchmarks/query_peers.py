"""Other ways to cluster the same vectors, each as its authors set it and with a fixed seed.

They import neither this package nor pandas, so that any interpreter that has them will do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tests.benchmarks.query_measure import Inputs, Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Labels = NDArray[np.int64]

SEED = 0
# Leave out what they take for noise; are scored with it attached to clusters, too.
LEAVE_OUT = ("evoc", "umap_hdbscan")
KNOWS_K = "kmeans_true_k"


def evoc(vectors: Vectors, k: int) -> Labels:
    """EVoC with its defaults."""
    from evoc import EVoC

    return np.asarray(EVoC(random_state=SEED).fit_predict(vectors))


def umap_hdbscan(vectors: Vectors, k: int) -> Labels:
    """UMAP to five dimensions and HDBSCAN, with the settings of BERTopic."""
    from hdbscan import HDBSCAN
    from umap import UMAP

    flat = UMAP(
        n_neighbors=15,
        n_components=5,
        min_dist=0.0,
        metric="cosine",
        low_memory=False,
        random_state=SEED,
        n_jobs=1,
    ).fit_transform(vectors)
    model = HDBSCAN(min_cluster_size=10, metric="euclidean", cluster_selection_method="eom")
    return np.asarray(model.fit_predict(flat))


def kmeans_silhouette(vectors: Vectors, k: int) -> Labels:
    """KMeans with the K from 5 to 50 of the best silhouette, the baseline of DSTC11 track 2.

    Its search tries up to 100 K; here it is every third, which changes the silhouette little.
    """
    return _best_silhouette(vectors, range(5, 51, 3))


def kmeans_silhouette_wide(vectors: Vectors, k: int) -> Labels:
    """The same with K up to a tenth of the queries, as 50 is too few for some sets."""
    highest = max(50, len(vectors) // 10)
    return _best_silhouette(vectors, np.unique(np.geomspace(5, highest, 10).astype(int)))


def kmeans_true_k(vectors: Vectors, k: int) -> Labels:
    """KMeans that is told the number of topics, and so knows more than the others."""
    return _kmeans(vectors, k, starts=10)


def leiden(vectors: Vectors, k: int) -> Labels:
    """Leiden at resolution 1 on the graph of the 15 nearest neighbours."""
    return _leiden(vectors, 1.0)


def leiden_fine(vectors: Vectors, k: int) -> Labels:
    """The same at resolution 2."""
    return _leiden(vectors, 2.0)


def _best_silhouette(vectors: Vectors, candidates: Any) -> Labels:
    from sklearn.metrics import silhouette_score

    found = [_kmeans(vectors, int(k), starts=3) for k in candidates if 1 < k < len(vectors)]
    quality = [silhouette_score(vectors, labels, metric="cosine") for labels in found]
    return found[int(np.argmax(quality))]


def _kmeans(vectors: Vectors, k: int, starts: int) -> Labels:
    from sklearn.cluster import KMeans

    return np.asarray(KMeans(k, n_init=starts, random_state=SEED).fit_predict(vectors))


def _leiden(vectors: Vectors, resolution: float) -> Labels:
    import igraph
    import leidenalg
    from sklearn.neighbors import NearestNeighbors

    count = min(15, len(vectors) - 1)
    nearest = NearestNeighbors(n_neighbors=count, metric="cosine").fit(vectors)
    distance, neighbour = nearest.kneighbors()
    start = np.repeat(np.arange(len(vectors)), count)
    edges = np.sort(np.column_stack([start, neighbour.ravel()]), axis=1)
    edges, first = np.unique(edges, axis=0, return_index=True)
    weights = np.clip(1 - distance.ravel()[first], 0, None)
    graph = igraph.Graph(n=len(vectors), edges=edges.tolist())
    partition = leidenalg.find_partition(
        graph,
        leidenalg.RBConfigurationVertexPartition,
        weights=weights.tolist(),
        resolution_parameter=resolution,
        seed=SEED,
    )
    return np.asarray(partition.membership)


def _method(cluster: Callable[[Vectors, int], Labels], *imports: str) -> Method:
    def prepare(inputs: Inputs) -> tuple[Vectors, int]:
        vectors = np.load(inputs["vectors"])
        # Compiling is done once a session, and is not what is compared.
        few = np.random.default_rng(SEED).normal(size=(200, vectors.shape[1])).astype(np.float32)
        cluster(few, 5)
        return vectors, inputs.get("k", 0)

    def run(prepared: tuple[Vectors, int]) -> dict[str, Labels]:
        return {"labels": np.asarray(cluster(*prepared), dtype=np.int64)}

    return Method(imports, run, prepare)


METHODS = {
    "evoc": _method(evoc, "evoc"),
    "umap_hdbscan": _method(umap_hdbscan, "umap", "hdbscan"),
    "kmeans_silhouette": _method(kmeans_silhouette, "sklearn.cluster"),
    "kmeans_silhouette_wide": _method(kmeans_silhouette_wide, "sklearn.cluster"),
    KNOWS_K: _method(kmeans_true_k, "sklearn.cluster"),
    "leiden": _method(leiden, "leidenalg", "igraph", "sklearn.neighbors"),
    "leiden_fine": _method(leiden_fine, "leidenalg", "igraph", "sklearn.neighbors"),
}
