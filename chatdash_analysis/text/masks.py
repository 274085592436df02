"""Personal data that a text shows by its form: addresses, numbers, dates, names after "I am"."""

from __future__ import annotations

import re

from chatdash_analysis.text.names import without_names
from chatdash_analysis.text.said_digits import without_said_digits

__all__ = ["masked"]

_FLAGS = re.IGNORECASE
_LATIN = "A-Za-z0-9\u00c0-\u024f"
_ATS = "@\uff20\ufe6b"
_AT = f"[{_ATS}]"
_LINK = re.compile(r"(?:[a-z][a-z0-9+]{1,9}://|www\.)\S+", _FLAGS)
# Endings that are also words ("it", "es", "me") count only with a path.
_SITE = re.compile(
    r"(?:[\w-]+\.)+(?:(?:com|net|org|info|biz|io|eu|app|dev|shop|online|store|ch|fr|nl|pl|uk|de)\b"
    r"(?:/\S*)?|[a-z]{2,6}/\S+)",
    _FLAGS,
)
_MAILS = (
    # Only Latin letters belong to an address: Chinese has no spaces around it.
    re.compile(rf"[{_LATIN}.!#$%&'*+/=?^_`{{|}}~-]+{_AT}[{_LATIN}.-]+"),
    re.compile(rf"[\w.+-]+\s?{_AT}\s?[\w-]+(?:\s?\.\s?\w{{2,}})+"),
    re.compile(rf"[^\s{_ATS}]+{_AT}[^\s{_ATS}]+"),
)
_HANDLE = re.compile(rf"{_AT}\w+(?:[.-]\w+)*")
_DOT = r"(?:dot|punkt|punto|point|ponto|\(dot\)|\[dot\])"
_SAID_MAIL = re.compile(
    rf"(?:\w+\s(?:{_DOT}|underscore|unterstrich|minus|dash|hyphen|gui[oó]n)\s)*[\w.]+\s?"
    r"(?:\(at\)|\[at\]|\b(?:at|ät|et|arroba|arobase|chiocciola))\s?"
    rf"[\w-]+(?:(?:\s?{_DOT}\s?|\.)\w{{2,}})+",
    _FLAGS,
)
_SAID_HINTS = re.compile(r"\(at\)|\[at\]|dot|punkt|punto|point|ponto", _FLAGS)

_DASH = "\u2010-\u2015\u2212-"
_IBAN = re.compile(rf"([A-Za-z]{{2}})\d{{2}}(?:[ .{_DASH}]?[A-Za-z0-9]){{11,29}}")
# Country and length, as the register of the standard (ISO 13616) lists them.
_IBAN_LENGTHS = {
    name: length
    for length, names in {
        15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for name in names.split()
}  # fmt: skip
# Not a part of a phone number in pairs of digits, as the French write them.
_DATE = re.compile(
    r"(?<![\d)]\s)(?<!\d)(?<!\d[./-])"
    r"(?:\d{1,2}([./-])\s?\d{1,2}\1\s?(?:\d{4}|\d{2})(?!\1\d)|\d{4}([./-])\d{1,2}\2\d{1,2}(?!\2\d))"
    r"(?!\d|[./-]\d{1,2}(?![./-]?\d))"
)
_HEX = re.compile(r"\b(?:[0-9a-f]{1,4}:{1,2}){2,7}[0-9a-f]{1,4}\b", _FLAGS)
_IP = re.compile(r"(?<![\d)]\s)(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\s.]?\d)")
_RUN = re.compile(rf"[+(]{{0,2}}\d(?:[\s().,/{_DASH}]{{0,4}}\d)*")
# Two numbers of two digits: a time, a price, a day, opening hours.
_PAIR = re.compile(rf"\d{{1,2}}\s?[.,/{_DASH}]\s?\d{{1,2}}")
_TOKEN = re.compile(rf"[\w#][\w./#{_DASH}]*")
# Most words have no digit, and need no closer look.
_HAS_DIGIT = rf"(?=[\w./#{_DASH}]*\d)"
# Letters and digits mixed: an order, a booking. A phone number may go on beside a space.
_MIXED = re.compile(
    rf"(?<![\w./#){_DASH}])(?<![\d)]\s){_HAS_DIGIT}[\w#](?:[\w./#{_DASH}]*\w)?(?!\w|[\s{_DASH}]?[(\d])"
)
_DIGIT = re.compile(r"\d")
_APOSTROPHES = dict.fromkeys(map(ord, "\u2019\u2018\u02bc`\u00b4"), "'")


def masked(text: str) -> str:
    """Return a text with what looks like personal data masked.

    Examples
    --------
    >>> from chatdash_analysis.text.masks import masked
    >>> masked("Order A-104211, my name is Ben K., call +49 171 5550123 or mail ben@x.de")
    'Order [number], my name is [name], call [phone] or mail [email]'
    """
    text = _without_addresses(text.translate(_APOSTROPHES))
    if _DIGIT.search(text):
        text = _without_digits(text)
    return without_names(without_said_digits(text))


def _without_addresses(text: str) -> str:
    if "://" in text or "www." in text.lower():
        text = _LINK.sub("[link]", text)
    if re.search(_AT, text):
        for pattern in _MAILS:
            text = pattern.sub("[email]", text)
        text = _HANDLE.sub("[name]", text)
    if _SAID_HINTS.search(text):
        text = _SAID_MAIL.sub("[email]", text)
    return _SITE.sub("[link]", text) if "." in text else text


def _without_digits(text: str) -> str:
    text = _IBAN.sub(_iban_mask, text)
    text = _DATE.sub("[date]", text)
    text = _IP.sub("[number]", _HEX.sub(_number_mask, text))
    text = _MIXED.sub(_mixed_mask, text)
    text = _RUN.sub(_run_mask, text)
    return _TOKEN.sub(_token_mask, text).replace("#[number]", "[number]")


def _iban_mask(match: re.Match[str]) -> str:
    """Mask as many letters and digits as the country's accounts have."""
    text, wanted = match.group(), _IBAN_LENGTHS.get(match.group(1).upper())
    if wanted is None:
        return text
    places = [i for i, character in enumerate(text) if character.isalnum()]
    digits = len(_DIGIT.findall(text))
    if digits < 8 and not _is_account("".join(text[i] for i in places[:wanted]), wanted):
        return text
    return "[number]" + (text[places[wanted - 1] + 1 :] if len(places) >= wanted else "")


def _is_account(digits: str, wanted: int) -> bool:
    """Tell whether the check digits are right (ISO 7064), so that letters do not matter."""
    if len(digits) < wanted or not digits.isascii():
        return False
    return int("".join(str(int(digit, 36)) for digit in digits[4:] + digits[:4])) % 97 == 1


def _number_mask(match: re.Match[str]) -> str:
    return "[number]" if len(_DIGIT.findall(match.group())) >= 3 else match.group()


def _run_mask(match: re.Match[str]) -> str:
    """Mask digits with separators: phone numbers, cards, what is dictated digit by digit."""
    text = match.group()
    numbers = re.findall(r"\d+", text)
    digits = sum(map(len, numbers))
    if digits < 4 or _PAIR.fullmatch(text):
        return text
    if 7 <= digits <= 15 and (len(numbers) > 1 or text[0] in "+(" or int(text[0]) == 0):
        return "[phone]"
    apart = len(numbers) == digits or digits >= 6
    return "[number]" if len(numbers) == 1 or apart else text


def _mixed_mask(match: re.Match[str]) -> str:
    text = match.group()
    letters = any(character.isalpha() for character in text)
    return "[number]" if letters and len(_DIGIT.findall(text)) >= 4 else text


def _token_mask(match: re.Match[str]) -> str:
    text = match.group()
    if len(_DIGIT.findall(text)) < 4 or _PAIR.fullmatch(text.rstrip(".")):
        return text
    return "[number]" + ("." if text.endswith(".") else "")
