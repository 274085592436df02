"""Fields that agencies define and that hold what names a person, by what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.text.person_fields import person_field

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["names_people"]


def names_people(column: str, values: pd.Series) -> bool:
    """Tell whether a column that the schema does not declare holds names, numbers or addresses.

    Flags name nobody: "wants email" is one, whatever it is called.

    Examples
    --------
    >>> import pandas as pd
    >>> from chatdash_analysis.datasets.tables.personal_fields import names_people
    >>> texts = pd.Series(["Ava I.", "Bo J."])
    >>> [names_people(name, texts) for name in ("custom_caller_name", "metadata_plan_name")]
    [True, False]
    """
    if column in BY_NAME or not person_field(_field(column)):
        return False
    return not bool(values.dropna().isin((0, 1)).all())


def _field(column: str) -> str:
    start, _, field = column.partition("_")
    # Behind two underscores stands what tells fields of one name apart.
    return (field if start in ("custom", "metadata") else column).partition("__")[0]
