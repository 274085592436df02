"""Who turns to the agents: people who come back, found again without being kept.

A person is a number in a population, and every property of a person follows
from that number and the seed. A population keeps one number a day (how many
people it had), so that its memory does not grow with the conversations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatdash_analysis.sandbox.chance import mix
from chatdash_analysis.sandbox.world import LINES, RETURNING, SHARED_IP

if TYPE_CHECKING:
    from chatdash_analysis.sandbox.chance import Uniform
    from chatdash_analysis.sandbox.world import Line

__all__ = ["People", "Person"]

_POPULATIONS = tuple(dict.fromkeys((line.agent.subject, line.language) for line in LINES))
# Some people of the web shop are known to another agent too.
_SIBLINGS = {
    ("shop", "en"): ("fashion", "en"),
    ("fashion", "en"): ("shop", "en"),
    ("shop", "es"): ("whatsapp", "es"),
    ("whatsapp", "es"): ("shop", "es"),
}
_SIBLING_SHARE = 0.15
_GIVEN = {
    "en": "Ava Ben Cora Dean Ella Finn Gwen Hugo Isla Jack Kira Liam Mona Nate Opal Paul Quinn",
    "de": "Anke Bernd Carla Dirk Elke Frank Greta Heiko Ines Jan Katrin Lars Mia Nils Oda Pia Ralf",
    "es": "Alba Bruno Clara Diego Elena Felipe Gema Hugo Irene Javier Lola Marta Nuria Pablo Rocío",
}
_NAMES = {language: tuple(names.split()) for language, names in _GIVEN.items()}
_COUNTRIES: dict[str, dict[str, tuple[str, ...]]] = {
    "clinic": {"en": ("US",)},
    "home": {"en": ("US",), "es": ("US",)},
    "hotel": {"de": ("DE",) * 7 + ("AT", "CH"), "en": ("US", "GB", "GB", "NL", "DK")},
    "shop": {
        "en": ("GB",) * 9 + ("IE",) * 4 + ("US", "US", "SE", "NL", "NA"),
        "de": ("DE",) * 14 + ("AT",) * 3 + ("CH",) * 2 + ("NA",),
        "es": ("ES",) * 12 + ("MX", "MX", "AR", "CO"),
    },
    "whatsapp": {"es": ("ES",) * 12 + ("MX", "AR")},
    "fashion": {"en": ("US",) * 9 + ("CA", "GB", "GB")},
}
# Numbers that regulators keep free for stories, by where people of a population live.
_NUMBERING = {
    ("clinic", "en"): ("us", 0),
    ("home", "en"): ("us", 1),
    ("home", "es"): ("us", 2),
    ("hotel", "en"): ("us", 3),
    ("shop", "en"): ("us", 4),
    ("fashion", "en"): ("us", 5),
    ("hotel", "de"): ("de", 0),
    ("shop", "de"): ("de", 1),
    ("shop", "es"): ("es", 0),
    ("whatsapp", "es"): ("es", 1),
}
_STORY_PREFIXES = ("30 23125", "69 90009", "40 66969", "221 4710", "89 99998")


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person; `bits` are 64 scrambled bits of that person's own."""

    population: tuple[str, str]
    index: int
    bits: int

    @property
    def key(self) -> str:
        """Name of the person in the planted truth."""
        subject, language = self.population
        return f"{subject}-{language}-{self.index}"

    @property
    def name(self) -> str:
        """Given name and an initial."""
        names = _NAMES[self.population[1]]
        return f"{names[self.bits % len(names)]} {chr(65 + (self.bits >> 12) % 25)}."

    @property
    def disposition(self) -> float:
        """Number in [0, 1) that a person's outcomes have in common."""
        return (self.bits >> 11) * 2.0**-53

    @property
    def taste(self) -> float:
        """Number in [0, 1) that settles the usual device."""
        return (mix(self.bits, 3) >> 11) * 2.0**-53

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2 code; NA is Namibia."""
        countries = _COUNTRIES[self.population[0]][self.population[1]]
        return countries[(self.bits >> 40) % len(countries)]

    @property
    def phone(self) -> str:
        """E.164 number that cannot belong to anybody, different for each person."""
        plan, place = _NUMBERING[self.population]
        if plan == "us":
            return _us_number(self.index * 6 + place)
        if plan == "de":
            return _german_number(self.index * 2 + place)
        return f"+343{(self.index * 2 + place) * 48271 % 99999989:08d}"

    @property
    def address(self) -> str:
        """IP address from the blocks for documentation; about one in twenty share an office."""
        bits = mix(self.bits, 7)
        if bits % 20 == 0:
            return SHARED_IP
        if bits % 4 == 0:
            return f"{('192.0.2', '198.51.100')[bits >> 8 & 1]}.{1 + (bits >> 16) % 254}"
        return (
            f"2001:db8:{bits >> 8 & 0xFFFF:x}:{bits >> 24 & 0xFFFF:x}::{1 + (bits >> 40 & 0xFFF):x}"
        )

    def id_for(self, purpose: int) -> str:
        """Return 24 hexadecimal digits of this person's own, for a lead or an account."""
        return f"68{mix(self.bits, purpose):016x}{self.bits & 0xFFFFFF:06x}"


class People:
    """The populations, one for each agent and language.

    Parameters
    ----------
    seed : int
        Seed of the people's properties.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        # For each population, how many people it had at the start of each day, and has now.
        self._met: list[list[int]] = [[0] for _ in _POPULATIONS]

    def next_day(self) -> None:
        """Begin another day."""
        for met in self._met:
            met.append(met[-1])

    def visitor(self, u: Uniform, line: Line) -> Person:
        """Return who turns to `line`: somebody new, or somebody of an earlier day or of today."""
        population = (line.agent.subject, line.language)
        if u() < RETURNING:
            return self._known(u, population) or self._new(population)
        return self._new(population)

    def _new(self, population: tuple[str, str]) -> Person:
        met = self._met[_POPULATIONS.index(population)]
        met[-1] += 1
        return self._person(population, met[-1] - 1)

    def _known(self, u: Uniform, population: tuple[str, str]) -> Person | None:
        if population in _SIBLINGS and u() < _SIBLING_SHARE:
            population = _SIBLINGS[population]
        met = self._met[_POPULATIONS.index(population)]
        chance = u()
        # Days since the first contact: half within nine, with a long tail.
        first = len(met) - 2 - int(9 * chance / (1.01 - chance))
        if first < 0:
            return None
        # Squared, so that a few people of each day come back often.
        index = met[first] + int((met[first + 1] - met[first]) * u() * u())
        if met[first + 1] == met[first]:
            index = met[first] - 1
        return self._person(population, index) if index >= 0 else None

    def _person(self, population: tuple[str, str], index: int) -> Person:
        bits = mix(self._seed, _POPULATIONS.index(population), index)
        return Person(population, index, bits)


def _us_number(serial: int) -> str:
    """Return a number of 555-0100 to 555-0199, or of the area codes that are never given out."""
    serial *= 48271
    if serial < 63_997 * 48271:
        area, last = divmod(serial % 63_997, 100)
        hundreds, rest = divmod(area % 640, 80)
        tens, ones = divmod(rest, 10)
        return f"+1{2 + hundreds}{tens + (tens > 0)}{ones}55501{last:02d}"
    rest, hundreds = divmod(serial, 8)
    rest, ones = divmod(rest, 10)
    rest, exchange = divmod(rest, 800)
    return f"+1{2 + hundreds}9{ones}{200 + exchange}{rest % 10_000:04d}"


def _german_number(serial: int) -> str:
    """Return a number kept for films, or beyond those one of an unused prefix."""
    if serial < 4_995:
        prefix = _STORY_PREFIXES[serial % 5].replace(" ", "")
        return f"+49{prefix}{serial // 5 + 1:03d}"
    return f"+49197{serial * 48271 % 99_999_989:08d}"
