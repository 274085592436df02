"""Families of devices, operating systems and browsers from whatever a widget wrote down.

No vocabulary is published for these columns: parsers of user agents spell the same
thing differently ("Mobile Safari 17.2", "mobile safari"), and agencies that post
conversations themselves type what they like.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["DEVICE_COLUMNS", "OTHER", "UNKNOWN", "families_of", "family_of", "is_known_family"]

DEVICE_COLUMNS = ("device", "os", "browser")
OTHER = "other"  # a text that is no name: a whole user agent, an address, digits
UNKNOWN = "unknown"  # a text that says that it is not known

# Family: other spellings, without case, versions and punctuation.
_DEVICES = {
    "Desktop": "desktop pc|computer|laptop|notebook|macintosh|mac|imac|macbook|windows pc|pc|web",
    "Mobile": "mobile phone|mobile device|mobil|móvil|movil|phone|smartphone|handset|iphone|ipod"
    "|android phone|feature phone|mobile web|cell phone",
    "Tablet": "tablette|tableta|ipad|android tablet|tablet device|kindle|phablet",
    "TV": "smart tv|smarttv|television|appletv|apple tv",
    "Console": "games console|game console|playstation|xbox|nintendo",
    "Wearable": "watch|smartwatch|smart watch",
    "Bot": "crawler|spider|robot",
}
_SYSTEMS = {
    "Windows": "win|win x|microsoft windows|windows nt|windows vista|windows xp|win nt"
    "|windows desktop|windows server",
    "Mac OS": "macos|mac os x|mac osx|os x|osx|mac|macintosh|macintel|darwin|apple mac os",
    "iOS": "iphone os|ipados|ipad os|iphone|ipad|ipod|apple ios",
    "Android": "android os|google android|fire os|fireos",
    "Linux": "gnu linux|ubuntu|debian|fedora|centos|mint|linux mint|arch|arch linux|suse|opensuse"
    "|red hat|gentoo|linux x|freebsd|openbsd|x11",
    "ChromeOS": "chrome os|chromium os|cros|chromiumos",
    "Windows Phone": "windows mobile|windows phone os",
    "HarmonyOS": "harmony os|openharmony",
    "KaiOS": "kai os",
    "Tizen": "tizen os",
    "PlayStation": "playstation os|orbis os",
    "BlackBerry": "blackberry os|rim tablet os|bb",
}
_BROWSERS = {
    "Chrome": "google chrome|chrome mobile|mobile chrome|chrome mobile ios|chrome ios|crios"
    "|chrome headless|headless chrome|headlesschrome|chromium|chrome desktop|chrome android",
    "Safari": "mobile safari|safari mobile|apple safari|safari ios|ios safari|safari desktop",
    "Edge": "microsoft edge|ms edge|edge mobile|mobile edge|edge chromium|edge ios|edge android"
    "|edg|edga|edgios|edgehtml|edge legacy",
    "Firefox": "mozilla firefox|firefox mobile|mobile firefox|firefox ios|firefox focus|fxios"
    "|firefox android|firefox reality|firefox desktop",
    "Samsung Internet": "samsung browser|samsungbrowser|samsung|samsung internet browser",
    "Opera": "opera mobile|opera mobi|opera mini|opera touch|opera gx|opr|opera tablet|opera coast"
    "|opios|opera android|opera desktop",
    "In-app": "in app|in app browser|inapp|facebook|facebook app|instagram|instagram app|messenger"
    "|facebook messenger|fban|fbav|tiktok|tik tok|snapchat|pinterest|linkedin|linkedin app"
    "|twitter|twitter app|x app|whatsapp|wechat|micromessenger|line|line app|kakaotalk|telegram"
    "|google app|google search app|gsa|webview|android webview|chrome webview|chrome wv"
    "|chrome mobile webview|mobile safari ui wkwebview|mobile safari uiwebview|ios webview"
    "|wkwebview|webkit|klarna",
    "Android Browser": "android|android browser mobile|stock browser|aosp browser",
    "Internet Explorer": "ie|msie|iemobile|ie mobile|internet explorer mobile|trident",
    "Brave": "brave mobile|brave browser",
    "DuckDuckGo": "duckduckgo browser|ddg|duckduckgo mobile",
    "Vivaldi": "vivaldi browser",
    "UC Browser": "ucbrowser|uc browser mobile|ucweb",
    "Yandex": "yandex browser|yabrowser|yandexsearch",
    "Huawei Browser": "huaweibrowser|huawei",
    "MIUI Browser": "miuibrowser|mi browser|xiaomi browser",
    "QQ Browser": "qqbrowser|mqqbrowser|qq",
    "Silk": "amazon silk|silk browser",
}
_NOT_KNOWN = {
    "unknown", "undefined", "null", "none", "nan", "na", "n a", "not available", "not set",
    "not known", "unspecified", "generic", "default", "unbekannt", "desconocido",
}  # fmt: skip
# Versions and remarks come after the name: "Windows NT 10.0; Win64", "iOS17", "Firefox (Focus)".
_DETAILS = re.compile(r"[;(\[,].*|\d.*", re.DOTALL)
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_ADDRESS = re.compile(r"@|//|:.*:")
_LONGEST_NAME = 40
_MOST_NAMES = 50
_FEWEST_LETTERS = 3
_SHORTEST_PART = 4  # of a name inside a longer text; "pc" is part of too many words


def families_of(raw: Mapping[Any, int], column: str) -> dict[Any, str]:
    """Return the family of each value of a column.

    Parameters
    ----------
    raw : mapping of value to int
        Distinct values of the column, and how often each occurs.
    column : {"device", "os", "browser"}
        Where they stand.

    Returns
    -------
    dict of value to str
        Family by value, as of `family_of`; missing and empty values have none. Of names
        that the tables here do not hold, the 50 most frequent stay, the others become
        ``other``.

    Examples
    --------
    >>> from chatdash_analysis.devices.families import families_of
    >>> families_of({"iPadOS 17.1": 3, "WINDOWS 10": 9, "SteamOS 3": 1, "": 2}, "os")
    {'iPadOS 17.1': 'iOS', 'WINDOWS 10': 'Windows', 'SteamOS 3': 'Steamos'}
    """
    named = {
        value: family_of(str(value), column)
        for value in raw
        if isinstance(value, str | int | bool) and value != ""
    }
    always = {*_FAMILIES[column].values(), OTHER, UNKNOWN}
    times: Counter[str] = Counter()
    for value, family in named.items():
        times[family] += 0 if family in always else int(raw[value])
    frequent = sorted(times, key=lambda family: (-times[family], family))[:_MOST_NAMES]
    kept = always.union(frequent)
    return {value: family if family in kept else OTHER for value, family in named.items()}


def family_of(text: str, column: str) -> str:
    """Return the family that a text means.

    Case, punctuation and versions make no difference, and a known name is found inside
    a longer one. A name that the tables here do not hold stays visible, without its
    version; a text that is no name (a whole user agent, an address, digits) is
    ``other``; one that says nothing ("n/a") is ``unknown``.

    Examples
    --------
    >>> from chatdash_analysis.devices.families import family_of
    >>> family_of("Mobile Safari 17.2", "browser"), family_of("n/a", "browser")
    ('Safari', 'unknown')
    """
    tidy = unicodedata.normalize("NFKC", text).casefold()
    whole = _words(tidy)
    if not whole or whole in _NOT_KNOWN:
        return UNKNOWN
    known = _FAMILIES[column]
    name = _words(_DETAILS.sub(" ", tidy))
    for spelling in (whole, name):
        if spelling in known:
            return known[spelling]
    # A family must not name a person: user agents, mail and network addresses are no names.
    letters = max(map(len, name.split()), default=0)
    if letters < _FEWEST_LETTERS or len(whole) > _LONGEST_NAME or _ADDRESS.search(tidy):
        return OTHER
    return _family_inside(name, known) or name.title()


def is_known_family(family: str, column: str) -> bool:
    """Tell whether the tables here hold a family, so that nobody made up its name."""
    return family in {*_FAMILIES[column].values(), OTHER, UNKNOWN}


def _family_inside(name: str, known: dict[str, str]) -> str | None:
    """Return the family of the longest spelling in a longer name ("Jane's iPhone")."""
    inside = [
        spelling
        for spelling in known
        if len(spelling) >= _SHORTEST_PART and f" {spelling} " in f" {name} "
    ]
    return known[max(inside, key=lambda spelling: (len(spelling), spelling))] if inside else None


def _words(text: str) -> str:
    return _BETWEEN_WORDS.sub(" ", text).strip()


def _spellings(families: dict[str, str]) -> dict[str, str]:
    return {
        spelling: family
        for family, others in families.items()
        for spelling in (_words(family.casefold()), *others.split("|"))
    }


_FAMILIES = {
    "device": _spellings(_DEVICES),
    "os": _spellings(_SYSTEMS),
    "browser": _spellings(_BROWSERS),
}
