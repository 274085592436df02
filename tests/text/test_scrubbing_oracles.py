"""What well-kept sources know as a number, an account, a card or an address is masked."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from chatdash_analysis.text.scrubbing import scrub

COUNTRIES = (
    *("AT", "AU", "BE", "BR", "CH", "DE", "DK", "ES", "FI", "FR", "GB"),
    *("IE", "IN", "IT", "JP", "MX", "NL", "NO", "PL", "PT", "SE", "US"),
)
AROUND = (
    *("call me at {} please", "{}", "tel:{}", "({})", "my number is {}, thanks", "a {} b"),
    *("{}\n", "order 12 for 2 people, {} ok", "call {} tomorrow at 10:30", "ist {}."),
)
# Country, length and where its accounts have letters, by ISO 13616: the odd ones, and the usual.
ACCOUNTS = {
    "AT": 20, "BE": 16, "CH": 21, "DE": 22, "ES": 24, "FR": 27, "GB": 22, "IT": 27, "KW": 30,
    "LC": 32, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "RU": 33, "SA": 24, "TR": 26, "YE": 30,
}  # fmt: skip
CARDS = {"4": 16, "51": 16, "2221": 16, "34": 15, "37": 15, "6011": 16, "36": 14, "62": 19}


def written(number: Any, phonenumbers: Any) -> list[str]:
    formats = phonenumbers.PhoneNumberFormat
    plain = [
        phonenumbers.format_number(number, form)
        for form in (formats.E164, formats.INTERNATIONAL, formats.NATIONAL)
    ]
    separated = [
        text.replace(" ", mark)
        for text in plain
        for mark in ("", "-", ".", "/", "\u00a0", " - ", "\u2011")
    ]
    return [*plain, *separated, plain[0].replace("+", "00")]


def numbers(country: str, phonenumbers: Any) -> list[Any]:
    """Return valid numbers of a country: its examples with other digits at the end."""
    chance, found = random.Random(country), []
    for kind in (0, 1, 3, 4, 6):  # fixed, mobile, toll-free, premium, over the internet
        example = phonenumbers.example_number_for_type(country, kind)
        for _ in range(40 if example else 0):
            shift = chance.randrange(10_000)
            number = phonenumbers.PhoneNumber()
            number.merge_from(example)
            number.national_number = example.national_number // 10_000 * 10_000 + shift
            if phonenumbers.is_valid_number(number):
                found.append(number)
    return found[::4]


@pytest.mark.parametrize("country", COUNTRIES)
def test_no_phone_number_that_googles_library_writes_survives(country) -> None:
    phonenumbers = pytest.importorskip("phonenumbers")
    chance = random.Random(0)
    pairs = [
        (text, chance.choice(AROUND))
        for number in numbers(country, phonenumbers)
        for text in written(number, phonenumbers)
    ]
    assert len(pairs) > 100
    shown = scrub([around.format(text) for text, around in pairs])
    for (text, around), result in zip(pairs, shown, strict=True):
        assert re.sub(r"\D", "", result) == re.sub(r"\D", "", around), (text, result)
        matches = phonenumbers.PhoneNumberMatcher(result, country, phonenumbers.Leniency.POSSIBLE)
        assert [m for m in matches if sum(map(str.isdigit, m.raw_string)) > 4] == []


def account(country: str, length: int, letters: str, chance: random.Random) -> str:
    body = "".join(chance.choice(letters) for _ in range(length - 4))
    number = "".join(str(int(digit, 36)) for digit in f"{body}{country}00")
    return f"{country}{98 - int(number) % 97:02d}{body}"


@pytest.mark.parametrize(
    "letters", ["0123456789", "ABCXYZ0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
)
@pytest.mark.parametrize("country", ACCOUNTS)
def test_no_account_with_the_right_check_digits_survives(country, letters) -> None:
    chance = random.Random(country + letters)
    for _ in range(10):
        iban = account(country, ACCOUNTS[country], letters, chance)
        blocks = re.findall(".{1,4}", iban)
        for text in (iban, " ".join(blocks), "-".join(blocks), iban.lower()):
            result = scrub([f"my account {text} please"])[0]
            assert not re.search(r"\d", result), (text, result)
            assert set(re.findall(r"\w+", result)) <= {"my", "account", "number", "please", "phone"}


def luhn(digits: str) -> int:
    doubled = [int(d) * (2 - at % 2) for at, d in enumerate(reversed(digits))]
    return -sum(n - 9 if n > 9 else n for n in doubled) % 10


@pytest.mark.parametrize("beginning", CARDS)
def test_no_card_number_survives(beginning) -> None:
    chance = random.Random(beginning)
    for _ in range(15):
        body = beginning + "".join(
            chance.choice("0123456789") for _ in range(CARDS[beginning] - len(beginning) - 1)
        )
        number = f"{body}{luhn(body)}"
        blocks = re.findall(".{1,4}", number)
        for text in (number, " ".join(blocks), "-".join(blocks), ".".join(blocks)):
            assert scrub([f"card {text}, ok"])[0] in ("card [number], ok", "card [phone], ok")


# As RFC 5321, RFC 6530 and the tables that others test with have them.
@pytest.mark.parametrize("mail", [
    "simple@example.com", "x@example.com", "user.name+tag+sorting@example.com",
    "name/surname@example.com", "admin@example", '"john..doe"@example.org',
    "mailhost!username@example.org", "user%example.com@example.org", "user-@example.org",
    "postmaster@[123.123.123.123]", "_test@[IPv6:2001:0db8::7334]", "用户@例子.广告",
    "Dörte@Sörensen.example.com", "коля@пример.рф", "me@xn--bcher-kva.example",
    "FIRST.LAST@EXAMPLE.ORG", "o'brien@example.ie",
])  # fmt: skip
def test_each_kind_of_mail_address_is_masked_whole(mail) -> None:
    assert scrub([f"mail {mail} today"])[0] == "mail [email] today"


@pytest.mark.parametrize("url", [
    "http://example.com", "https://example.com/a/b?c=d#e", "ftp://files.example.com/x",
    "http://user:pass@example.com:8080/x", "http://142.42.1.1:8080/", "http://localhost:3000/x?t=a",
    "http://[2001:db8::1]/x", "https://münchen.de/ä", "www.example.org", "t.me/benquinn",
    "wa.me/491711234567", "bit.ly/3xYzAbC", "HTTPS://EXAMPLE.COM/X", "linkedin.com/in/ben-123",
    "maps.app.goo.gl/abcdef",
])  # fmt: skip
def test_each_kind_of_address_of_a_page_is_masked_whole(url) -> None:
    assert scrub([f"see {url} today"])[0] == "see [link] today"


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("appelez le 01.23.37.98.24 svp", "appelez le [phone] svp"),
        ("01/23/37/98/24", "[phone]"),
        ("né le 01.02.1987. 5 ans", "né le [date]. 5 ans"),
        ("from 12.05.2026 to 13/05/26", "from [date] to [date]"),
        ("+(201)544-2218x", "[phone]x"),
    ],
)
def test_numbers_in_pairs_are_no_dates(text, scrubbed) -> None:
    assert scrub([text])[0] == scrubbed
