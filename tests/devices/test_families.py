"""Families: spellings that mean the same are one, and nothing is lost or made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdash_analysis.devices.families import (
    DEVICE_COLUMNS,
    OTHER,
    UNKNOWN,
    families_of,
    family_of,
)
from chatdash_analysis.sandbox.world import SETUPS


@pytest.mark.parametrize(
    ("column", "family", "spellings"),
    [
        ("device", "Desktop", ["Desktop", "desktop", "PC", "Laptop", "Macintosh", " DESKTOP "]),
        ("device", "Mobile", ["mobile", "Smartphone", "iPhone", "iPhone15,3", "Mobile Phone"]),
        ("device", "Tablet", ["tablet", "iPad (9th gen)", "Android Tablet"]),
        ("os", "Windows", ["Windows 10", "windows", "Win32", "Windows NT 10.0; Win64; x64"]),
        ("os", "Mac OS", ["Mac OS", "macOS", "Mac OS X 10_15_7", "OSX", "mac_os", "Darwin 23.1"]),
        ("os", "iOS", ["iOS", "iOS 17.2", "iOS17", "iPadOS 16", "iPhone OS"]),
        ("os", "Android", ["Android", "android 14", "ANDROID"]),
        ("os", "Linux", ["Linux", "GNU/Linux", "Linux x86_64", "Ubuntu 22.04", "Fedora"]),
        ("os", "ChromeOS", ["Chrome OS", "ChromeOS 120", "Chromium OS", "CrOS"]),
        ("browser", "Chrome", ["Chrome", "Chrome 120.0", "Chrome Mobile", "CriOS/120", "Chromium"]),
        ("browser", "Safari", ["Safari", "Mobile Safari", "mobile_safari 17.1", "Safari/605.1.15"]),
        ("browser", "Edge", ["Edge", "Microsoft Edge 119", "MS-Edge", "EdgA/119"]),
        ("browser", "Firefox", ["Firefox", "Firefox (Focus)", "FxiOS", "Mozilla Firefox 121"]),
        (
            "browser",
            "Samsung Internet",
            ["Samsung Internet", "SamsungBrowser/23", "samsung_internet"],
        ),
        ("browser", "Opera", ["Opera", "Opera Mini", "OPR/106", "Opera GX"]),
        (
            "browser",
            "In-app",
            ["In-app", "in app", "Instagram", "Facebook", "Chrome WebView", "GSA"],
        ),
        ("browser", "Internet Explorer", ["IE11", "MSIE 10", "Internet Explorer"]),
    ],
)
def test_spellings_of_one_thing_are_one_family(column, family, spellings):
    assert {text: family_of(text, column) for text in spellings} == dict.fromkeys(spellings, family)


def test_the_same_text_means_different_things_in_different_columns():
    assert [family_of("iPhone", column) for column in DEVICE_COLUMNS] == ["Mobile", "iOS", "Iphone"]
    assert family_of("Android", "browser") == "Android Browser"
    assert family_of("Chrome OS", "os") == "ChromeOS"


def test_what_the_sample_plants_is_kept():
    setups = {setup for shares in SETUPS.values() for setup, _ in shares if setup[0]}
    changed = {
        (raw, family_of(raw, column))
        for setup in setups
        for raw, column in zip(setup, DEVICE_COLUMNS, strict=True)
        if family_of(raw, column) != raw
    }
    assert changed == {("Mobile Safari", "Safari")}


@pytest.mark.parametrize(
    "text", ["n/a", "Unknown", "undefined", "-", "  ", "(not set)", "???", "null"]
)
def test_a_text_that_says_nothing_is_a_group_of_its_own(text):
    assert family_of(text, "browser") == UNKNOWN


def test_a_name_that_nobody_knows_stays_visible_without_its_version():
    assert family_of("SteamOS 3.5", "os") == family_of("STEAMOS", "os") == "Steamos"
    assert family_of("konqueror/5.0 (KHTML)", "browser") == "Konqueror"


@pytest.mark.parametrize(
    "text",
    [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15",
        "jane.doe@example.com",
        "203.0.113.10",
        "2001:db8::1",
        "fe80::abcd",
        "+49 30 23125 000",
        "https://example.com/x",
        "X1",
        "lorem ipsum " * 10,
    ],
)
def test_addresses_and_user_agents_never_become_labels(text):
    assert family_of(text, "browser") == OTHER


def test_a_known_name_inside_a_longer_one_counts_not_the_name_of_its_owner():
    assert family_of("Jane's iPhone", "device") == "Mobile"
    assert family_of("Chrome Mobile WebView 120", "browser") == "In-app"
    assert family_of("DuckDuckGo Privacy Browser", "browser") == "DuckDuckGo"


@given(text=st.text(max_size=60), column=st.sampled_from(DEVICE_COLUMNS))
def test_any_text_has_a_short_family_that_is_its_own_family(text, column):
    family = family_of(text, column)
    assert family
    assert len(family) <= 60
    assert "@" not in family
    if family not in (OTHER, UNKNOWN):
        assert family_of(family, column) in (family, OTHER)


def test_missing_and_empty_values_have_no_family():
    assert families_of({None: 3, float("nan"): 2, "": 4, "iOS": 1}, "os") == {"iOS": "iOS"}


def test_of_ten_thousand_names_the_frequent_ones_stay_and_the_rest_are_other():
    names = {
        f"{'abcdefghij'[i % 10]}{'klmnopqrst'[i // 10 % 10]}xyz{'u' * (i // 100)}": i
        for i in range(2_000)
    }
    raw = {name: count + 1 for name, count in names.items() if len(name) <= 40}
    families = families_of({**raw, "Windows 11": 1}, "os")
    named = {family for family in families.values() if family not in (OTHER, "Windows")}
    frequent = sorted(raw, key=lambda name: -raw[name])[:50]
    assert families["Windows 11"] == "Windows"
    assert named == {name.title() for name in frequent}
    assert len(families) == len(raw) + 1
