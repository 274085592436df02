"""Clusters as a folder of plain files, and back."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.clustering.prototypes import Prototypes
from chatdash_analysis.queries.clustering.space import Space
from chatdash_analysis.queries.model import Model, Settings
from chatdash_analysis.queries.registry.state import Registry
from chatdash_analysis.queries.state import State
from chatdash_analysis.queries.storage.folder import load_parts, save_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["load_state", "save_state"]

_REGISTRY = ("clusters", "members", "earlier", "history")
_PROTOTYPES = tuple(field.name for field in dataclasses.fields(Prototypes))
_PARTS = ("rows", "own", "facts", "examples")


def save_state(path: str | Path, state: State) -> Path:
    """Save what `QueryClusters` holds; see its `save`."""
    if not isinstance(path, str | Path):
        raise InputError(f"path={path!r} is no path. Give a new folder.")
    model, registry = state.model, state.registry
    tables = {
        **{name: getattr(state, name) for name in _PARTS},
        **{name: getattr(registry, name) for name in _REGISTRY},
        "fates": model.fates,
        "groups": pd.DataFrame({"duplicate_group": pd.Series(model.groups, dtype="str")}),
        "ids": pd.DataFrame({"own_id": pd.Series(model.ids, dtype="str")}),
        "fitted": pd.DataFrame({"text": pd.Series(model.fitted, dtype="str")}),
    }
    arrays = {
        "vectors": model.vectors,
        "centres": model.space.centres,
        "axes": model.space.axes,
        **{f"part_{name}": getattr(model.prototypes, name) for name in _PROTOTYPES},
    }
    facts = {
        "settings": dataclasses.asdict(state.settings),
        "users": state.users,
        "version": registry.version,
        "embedder": model.embedder,
        "fingerprint": model.fingerprint,
        "languages": list(model.space.languages),
    }
    return save_parts(path, tables=tables, arrays=arrays, facts=facts)


def load_state(path: str | Path) -> State:
    """Return the state that was saved.

    Raises
    ------
    InputError
        If the folder is not there, is none of ours, or is damaged.
    """
    if not isinstance(path, str | Path):
        raise InputError(f"path={path!r} is no path. Give the folder that was saved.")
    tables, arrays, facts = load_parts(path)
    try:
        return State(
            settings=Settings(**facts["settings"]),
            users=facts["users"],
            model=_model(tables, arrays, facts),
            registry=Registry(facts["version"], *(tables[name] for name in _REGISTRY)),
            **{name: tables[name] for name in _PARTS},
        )
    except (KeyError, TypeError) as error:
        raise InputError(
            f"The folder {str(path)!r} was saved whole, but lacks a part of clusters ({error})."
            " Save the clusters again with this version of the package."
        ) from error


def _model(
    tables: Mapping[str, pd.DataFrame], arrays: Mapping[str, Any], facts: Mapping[str, Any]
) -> Model:
    return Model(
        embedder=facts["embedder"],
        fingerprint=facts["fingerprint"],
        fitted=_objects(tables["fitted"]["text"]),
        space=Space(tuple(facts["languages"]), arrays["centres"], arrays["axes"]),
        prototypes=Prototypes(*(arrays[f"part_{name}"] for name in _PROTOTYPES)),
        ids=_objects(tables["ids"]["own_id"]),
        groups=_objects(tables["groups"]["duplicate_group"]),
        vectors=arrays["vectors"],
        fates=tables["fates"],
    )


def _objects(column: pd.Series) -> np.ndarray[Any, Any]:
    return np.array(column, dtype=object)
