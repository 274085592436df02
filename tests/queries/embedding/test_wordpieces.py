import gzip

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.embedding import wordpieces as module
from chatdash_analysis.queries.embedding.wordpieces import wordpieces

# Made once with the tokenizer.json that all-MiniLM-L6-v2 is published with, cut at 128 pieces.
EXPECTED = [
    ("How do I reset my password?", "101 2129 2079 1045 25141 2026 20786 1029 102"),
    ("where's my refund??", "101 2073 1005 1055 2026 25416 8630 1029 1029 102"),
    ("I can't log-in to the app", "101 1045 2064 1005 1056 8833 1011 1999 2000 1996 10439 102"),
    ("CAFÉ déjà vu Ångström", "101 7668 2139 3900 24728 17076 15687 102"),
    ("Wo ist meine Bestellung?", "101 24185 21541 24182 2063 2190 5349 5575 1029 102"),
    ("tokenization unbelievableness", "101 19204 3989 23653 2791 102"),
    ("\u9000\u6b3e\u5728\u54ea\u91cc", "101 100 100 100 100 1962 102"),
    ("\u3042\u308a\u304c\u3068\u3046", "101 1646 30212 30177 30192 30174 102"),
    (
        "\u0413\u0434\u0435 \u043c\u043e\u0439 \u0437\u0430\u043a\u0430\u0437?",
        "101 1183 29742 15290 1191 14150 10325 1187 10260 28598 29744 1029 102",
    ),
    (
        "\u0645\u0631\u062d\u0628\u0627 \u0643\u064a\u0641",
        "101 1295 17149 29820 29816 25573 1293 14498 29833 102",
    ),
    ("\u0e19\u0e35\u0e48", "101 1413 102"),
    (
        "\uc548\ub155\ud558\uc138\uc694",
        "101 1463 30006 30021 29992 30010 30025 30005 30006 29997 30009 29999 30013 102",
    ),
    ("\U0001f600 ok", "101 100 7929 102"),
    (
        "1,234.56 \u20ac on 2026-01-31",
        "101 1015 1010 22018 1012 5179 1574 2006 16798 2575 1011 5890 1011 2861 102",
    ),
    ("a@b.example", "101 1037 1030 1038 1012 2742 102"),
    (
        "<b>bold</b> &amp; x",
        "101 1026 1038 1028 7782 1026 1013 1038 1028 1004 23713 1025 1060 102",
    ),
    ("=SUM(A1:A9)", "101 1027 7680 1006 17350 1024 1037 2683 1007 102"),
    (
        "don\u2019t \u201cquote\u201d \u2014 dash\u2026",
        "101 2123 1521 1056 1523 14686 1524 1517 11454 1529 102",
    ),
    ("tab\tnew\nline\r\n", "101 21628 2047 2240 102"),
    ("\xa0nbsp\u200bzero", "101 1050 5910 2361 6290 2080 102"),
    ("x" * 101, "101 100 102"),
    ("\ufb01 \ufb02 \xbd \u2460", "101 1984 1985 1092 100 102"),
    ("[SEP] [MASK] [unk]", "101 102 103 1031 4895 2243 1033 102"),
    ("e\u0301 combined", "101 1041 4117 102"),
    ("\x00null\x07bell", "101 19701 17327 102"),
    ("i\u0307stanbul İSTANBUL", "101 9960 9960 102"),
    ("naïve 100%", "101 15743 2531 1003 102"),
    ("", "101 102"),
    ("   ", "101 102"),
    ("##ing", "101 1001 1001 13749 102"),
]


@pytest.mark.parametrize(("text", "ids"), EXPECTED)
def test_pieces_are_those_of_the_published_tokenizer(text, ids):
    assert wordpieces().encode(text).ids == [int(number) for number in ids.split()]


def test_the_vocabulary_is_whole():
    assert wordpieces().get_vocab_size() == 30_522
    assert wordpieces().token_to_id("##\uff5e") == 30_521


def test_long_texts_keep_128_pieces_and_both_marks():
    ids = wordpieces().encode("word " * 300).ids
    assert ids == [101, *[2773] * 126, 102]


# A compressed text holds the second at which it was made, which must not name a test.
@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"other\nwords\n")],
    ids=["empty", "no gzip", "other words"],
)
def test_a_damaged_vocabulary_is_refused(monkeypatch, tmp_path, content):
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "vocabulary/bert_uncased.txt.gz").write_bytes(content)
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    with pytest.raises(InputError, match="missing or damaged"):
        module._vocabulary()


def test_a_missing_vocabulary_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    with pytest.raises(InputError, match="Install chatdash_analysis again"):
        module._vocabulary()
