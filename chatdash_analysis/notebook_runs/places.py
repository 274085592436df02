"""Where notebooks lie, and which one a name means."""

from __future__ import annotations

from pathlib import Path

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.folders import project_folder

__all__ = ["SUFFIX", "every_notebook", "find_notebook"]

SUFFIX = ".ipynb"


def find_notebook(name: str) -> Path:
    """Return the notebook that a path, a full name, its number or its words name.

    Raises
    ------
    InputError
        If none has this name, or more than one.
    """
    if name.endswith(SUFFIX) or Path(name).name != name:
        return _by_path(name)
    for folder in _folders():
        found = [path for path in _notebooks(folder) if name.lower() in _names(path)]
        if len(found) > 1:
            raise InputError(f"{name!r} names {_listed(found)}. Give the full name.")
        if found:
            return found[0]
    raise InputError(
        f"No notebook is called {name!r}. There are {_listed(every_notebook()) or 'none'}; "
        f"any other is named by its path, which ends in {SUFFIX}."
    )


def every_notebook() -> list[Path]:
    """Return the notebooks that can be named, each name once, sorted."""
    # The first folder is asked first, so its notebooks win.
    found = {path.stem: path for folder in reversed(_folders()) for path in _notebooks(folder)}
    return [found[name] for name in sorted(found)]


def _by_path(name: str) -> Path:
    path = Path(name)
    try:
        usable = path.suffix == SUFFIX and path.is_file()
    except (OSError, ValueError):  # too long a name, or a zero byte in it
        usable = False
    if not usable:
        raise InputError(
            f"{name!r} is no notebook. Give the path of a file that is there and ends in "
            f"{SUFFIX}, or the name of one of {_listed(every_notebook()) or 'yours'}."
        )
    return path.absolute()


def _folders() -> list[Path]:
    """Return where notebooks are sought, first things first."""
    package = Path(__file__).parents[1]
    project, source = project_folder(), package.parent
    folders = [project / "notebooks"] if project else []
    # Beside an installed package lie other packages.
    if (source / "pyproject.toml").is_file():
        folders.append(source / "notebooks")
    return [*folders, package / "notebooks"]


def _notebooks(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"[!.]*{SUFFIX}"))


def _names(path: Path) -> set[str]:
    stem = path.stem.lower()
    number, _, words = stem.partition("-")
    return {stem, number, words} - {""} if number.isdecimal() else {stem}


def _listed(paths: list[Path]) -> str:
    return ", ".join(path.stem for path in paths)
