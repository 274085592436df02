"""Files of sheets, as spreadsheets save them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.judging.sheet_files import read_sheet

if TYPE_CHECKING:
    import pandas as pd

COMMA = 'conversation_id,summary,human_verdict\r\n007,"Grüße, \nzwei Zeilen",TRUE\r\n\'-8,b,\r\n'


def _read(tmp_path, content: bytes, name: str = "sheet.csv") -> pd.DataFrame:
    (tmp_path / name).write_bytes(content)
    return read_sheet(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_usual_encodings_and_separators_are_read(tmp_path, encoding, separator):
    text = COMMA.replace("Grüße, ", "Grüße ").replace(",", separator)
    sheet = _read(tmp_path, text.encode(encoding))
    assert sheet["conversation_id"].tolist() == ["007", "'-8"]
    assert sheet["summary"][0] == "Grüße \nzwei Zeilen"
    assert sheet["human_verdict"].tolist() == ["TRUE", ""]
    assert set(sheet.dtypes.astype("str")) == {"str"}


def test_a_first_line_that_names_the_separator_is_no_row(tmp_path):
    text = "sep=;\r\nconversation_id;human_verdict\r\na;1\r\n"
    assert _read(tmp_path, text.encode()).to_numpy().tolist() == [["a", "1"]]


def test_short_rows_are_filled_and_long_ones_refused(tmp_path):
    text = "conversation_id,human_verdict\na\nb,1,\n"
    assert _read(tmp_path, text.encode()).to_numpy().tolist() == [["a", ""], ["b", "1"]]
    with pytest.raises(InputError, match="more cells than columns in row 3"):
        _read(tmp_path, b"conversation_id,human_verdict\na,1\nb,1,and more\n")


def test_what_is_no_sheet_is_refused(tmp_path):
    with pytest.raises(InputError, match="has no columns conversation_id and human_verdict"):
        _read(tmp_path, b"a,b\n1,2\n")
    with pytest.raises(InputError, match="has no columns"):
        _read(tmp_path, b"")
    with pytest.raises(InputError, match="no whole parquet file"):
        _read(tmp_path, b"PAR1", "sheet.parquet")
    with pytest.raises(InputError, match="Save the sheet as CSV"):
        _read(tmp_path, b"PK", "sheet.xlsx")
    with pytest.raises(InputError, match="cannot be read"):
        read_sheet(tmp_path / "gone.csv")
