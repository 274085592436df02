"""What is done about personal data, as a value: to apply, to describe, to tell caches apart."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Any

from chatdash_analysis.errors import InputError
from chatdash_analysis.privacy.rules import OBJECTS, Words
from chatdash_analysis.privacy.scrubbers import check_scrubber, scrubber_name
from chatdash_analysis.privacy.secret import Secret, resolve_secret
from chatdash_analysis.schema import BY_NAME

if TYPE_CHECKING:
    from chatdash_analysis.privacy.scrubbers import Scrubber

__all__ = ["PseudonymPolicy", "check_names"]

# Counts up when the same settings make other tables.
_VERSION = 2
# Without these a table is none.
_KEYS = frozenset({"conversation_id", "agent_id", "created_at"})


@dataclass(frozen=True, kw_only=True)
class PseudonymPolicy:
    """How to pseudonymise conversations while they are loaded, before they are cached.

    Parameters
    ----------
    secret : str or bytes, optional
        At least 16 bytes; by default the environment variable ``CHATDASH_PII_SECRET``. It is
        not shown, and cannot be pickled.
    scrub : {"default", "thorough"} or callable
        How free text is scrubbed, as in `pseudonymize`. The cache knows a function by its
        name, so it must have one.
    drop, keep, identifiers : iterable of str
        Names of columns, as in `pseudonymize`.

    Raises
    ------
    InputError
        If an argument cannot be used.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> cda.PseudonymPolicy(secret="correct horse battery staple", drop=["note"])
    PseudonymPolicy(scrub='default', drop=('note',), keep=(), identifiers=())
    """

    secret: InitVar[str | bytes | None] = None
    scrub: Scrubber = "default"
    drop: Iterable[str] = ()
    keep: Iterable[str] = ()
    identifiers: Iterable[str] = ()
    _secret: Secret = field(init=False, repr=False)

    def __post_init__(self, secret: str | bytes | None) -> None:
        object.__setattr__(self, "_secret", resolve_secret(secret))
        check_scrubber(self.scrub)
        for name in ("drop", "keep", "identifiers"):
            object.__setattr__(self, name, _names(name, getattr(self, name)))
        _check_together(self)

    @property
    def key(self) -> Secret:
        """The secret, as the type that does not show itself."""
        return self._secret

    @property
    def words(self) -> Words:
        """What is to be done with columns that are named."""
        return Words(frozenset(self.drop), frozenset(self.keep), frozenset(self.identifiers))

    @property
    def label(self) -> str:
        """A name for folders: other secrets, settings and versions have another one."""
        settings = json.dumps({**self.describe(), "version": _VERSION}, sort_keys=True)
        return f"pseudonyms-{self._secret.digest('policy', settings)[:10]}"

    def describe(self) -> dict[str, Any]:
        """Return what is done, without the secret, ready for JSON."""
        return {
            "pii": "pseudonyms",
            "key_id": self._secret.key_id,
            "scrub": scrubber_name(self.scrub),
            "drop": list(self.drop),
            "keep": list(self.keep),
            "identifiers": list(self.identifiers),
        }


def _names(argument: str, given: Any) -> tuple[str, ...]:
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, Iterable) or isinstance(names, bytes):
        raise InputError(f"{argument} is a {type(given).__name__}. Give names of columns.")
    names = list(names)
    wrong = [type(name).__name__ for name in names if not isinstance(name, str)]
    if wrong:
        raise InputError(f"{argument} holds a {wrong[0]}. Give names of columns.")
    return tuple(sorted(set(names)))


def _check_together(policy: PseudonymPolicy) -> None:
    groups = {"drop": policy.drop, "keep": policy.keep, "identifiers": policy.identifiers}
    seen: dict[str, str] = {}
    for argument, names in groups.items():
        for name in names:
            if name in seen:
                raise InputError(
                    f"{name!r} is in {seen[name]} and in {argument}. Leave it in one of them."
                )
            seen[name] = argument
    changed = [*policy.drop, *policy.identifiers]
    if keys := sorted(_KEYS.intersection(changed)):
        raise InputError(
            f"{', '.join(keys)} cannot be dropped or replaced: a table of conversations is none"
            " without. Drop the column from the result instead."
        )
    _check_kinds(policy)


def _check_kinds(policy: PseudonymPolicy) -> None:
    for name in policy.drop:
        if name in BY_NAME and BY_NAME[name].kind == "count":
            raise InputError(f"{name!r} counts, and cannot be missing. Leave it out of drop.")
    for name in policy.identifiers:
        if name in BY_NAME and BY_NAME[name].kind != "text":
            raise InputError(
                f"{name!r} holds no texts that could name people. Leave it out of identifiers;"
                " name a field, such as 'metadata_user_id'."
            )


def check_names(policy: PseudonymPolicy, columns: Iterable[str], met: Iterable[str]) -> None:
    """Raise `InputError` if a name that the user gave is that of no column and no field.

    Parameters
    ----------
    policy : PseudonymPolicy
        What the user said.
    columns, met : iterable of str
        Columns that there are, and names of fields met inside JSON.
    """
    given = {*policy.drop, *policy.keep, *policy.identifiers}
    unknown = sorted(given - {*columns, *met})
    if unknown:
        raise InputError(
            f"{', '.join(map(repr, unknown))}: there is no such column or field. Fields of"
            f" customAnalysis and metadata are named as their columns are"
            f" ({' or '.join(OBJECTS.values())} and the field)."
        )
