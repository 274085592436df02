"""Fields that name people."""

from __future__ import annotations

import pandas as pd
import pytest

from chatdash_analysis.datasets.tables.personal_fields import names_people

TEXTS = pd.Series(["a", "b", None], dtype="str")


@pytest.mark.parametrize(
    "column",
    ["custom_caller_name", "custom_caller_name__4066edff", "custom_email", "customer_email",
     "metadata_dynamic_variables_user_name", "metadata_userId"],
)  # fmt: skip
def test_names_numbers_and_addresses_are_seen(column):
    assert names_people(column, TEXTS)


@pytest.mark.parametrize(
    "column",
    ["custom_booked", "custom_plan_name", "metadata_agent_name", "custom_follow_up_method",
     "custom_", "custom", "", "metadata_source", "phone", "name"],
)  # fmt: skip
def test_other_fields_and_declared_columns_are_not(column):
    assert not names_people(column, TEXTS)


def test_flags_name_nobody():
    assert not names_people("custom_wants_email", pd.Series([1.0, 0.0, None]))
    assert names_people("custom_phone", pd.Series([5550123.0, 0.0]))
