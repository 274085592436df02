"""Vectors of questions whose topics are known."""

from __future__ import annotations

import numpy as np


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def cloud(size, *, width=48, seed=0):
    """Return questions about nothing in common: directions at random."""
    random = np.random.default_rng(seed)
    return unit(random.normal(size=(size, width))).astype(np.float32)


def topics(*sizes, width=48, spread=0.6, seed=0):
    """Return questions around a direction for each topic, mixed, and their topics."""
    random = np.random.default_rng(seed)
    centres = unit(random.normal(size=(len(sizes), width)))
    truth = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    noise = unit(random.normal(size=(len(truth), width)))
    return unit(centres[truth] + spread * noise).astype(np.float32), truth


def agreement(truth, owners):
    """Return the adjusted Rand index of scikit-learn."""
    from sklearn.metrics import adjusted_rand_score

    return adjusted_rand_score(truth, owners)
