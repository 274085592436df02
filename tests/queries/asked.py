"""Texts whose topics are known, and an embedder that knows them: no model, no cost."""

from __future__ import annotations

import hashlib
import re
from itertools import product

import numpy as np
import pandas as pd

LETTERS = "bdfgklmnprst"
TOPICS = ("parcel", "refund", "parking", "pets", "voucher", "invoice")


def wordings(number, start=0):
    """Return words that nobody says."""
    words = ["".join(part) for part in product(LETTERS, "aeiou", LETTERS, "aeiou", LETTERS)]
    return [words[(7919 * place) % len(words)] for place in range(start, start + number)]


def asked(*topics, each=25, start=0):
    """Return so many questions of each topic, mixed."""
    texts = [f"{topic} {word}" for topic in topics for word in wordings(each, start)]
    return [texts[place] for place in np.random.default_rng(0).permutation(len(texts))]


def strays(number):
    """Return questions each about something else."""
    return [f"{word} nothing" for word in wordings(number, 50_000)]


def _direction(text):
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).normal(size=32)
    return vector / np.linalg.norm(vector)


def embed(texts):
    """Return a direction for the first word, and a step elsewhere for the whole text."""
    return [_direction(topic(text)) + 0.5 * _direction(text.lower()) for text in texts]


def topic(text):
    """Return what a text of `asked` is about."""
    return re.findall(r"\w+|$", text.lower())[0]


def table(texts, **columns):
    """Return a table as users have them: questions, conversations, people, times."""
    size = len(texts)
    facts = {
        "conversation_id": [f"c{place // 2}" for place in range(size)],
        "user_id": [f"u{place // 4}" for place in range(size)],
        "created_at": pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta(np.arange(size), "h"),
        **columns,
    }
    return pd.DataFrame({"question": texts, **facts})
