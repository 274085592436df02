"""Which fields hold what names a person, told by what the fields are called.

A customer's name in ``caller_name`` is one, the plan in ``plan name`` is none: what counts is
the end of a name, and whose it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from chatdash_analysis.text.names import looks_like_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["inner_field", "label_member", "person_field", "role_field", "role_names"]

_WORDS = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# fmt: off
_WHOSE = frozenset({
    "applicant", "booker", "buyer", "caller", "child", "client", "consumer", "contact", "customer",
    "employee", "guest", "husband", "kunde", "lead", "member", "owner", "parent", "partner",
    "passenger", "patient", "person", "prospect", "recipient", "resident", "seller", "spouse",
    "student", "subscriber", "tenant", "user", "visitor", "wife", "your",
})
# Whoever is such a one may stand under the word alone: {"patient": "Zoe Quill"}.
_ROLES = (_WHOSE - {"lead", "partner", "your"}) | {
    "ansprechpartner", "ansprechpartnerin", "anrufer", "anruferin", "attendee", "beneficiary",
    "besucher", "caregiver", "cardholder", "cliente", "contacto", "daughter", "father", "gast",
    "guardian", "host", "insured", "kontakt", "kontaktperson", "kundin", "landlord", "mieter",
    "mieterin", "mitarbeiter", "mitarbeiterin", "mother", "paciente", "patientin", "referrer",
    "son", "teilnehmer", "vermieter",
}
_WHICH_NAME = frozenset({
    "birth", "family", "first", "full", "given", "last", "legal", "maiden", "middle", "nick",
    "preferred", "real", "sur",
})
_NAMES = frozenset({
    "apellido", "apellidos", "cognome", "familienname", "firstname", "fullname", "lastname",
    "nachname", "name", "nickname", "nombre", "prenom", "surname", "vorname",
})
_ENDS = {
    **dict.fromkeys(("email", "emails", "mail", "mails", "emailaddress"), "email"),
    **dict.fromkeys((
        "callerid", "callernumber", "cell", "cellphone", "fax", "fromnumber", "handy",
        "handynummer", "mobile", "mobilenumber", "mobilnummer", "msisdn", "phone", "phonenumber",
        "phones", "rufnummer", "tel", "telefon", "telefono", "telefonnummer", "telephone",
        "tonumber", "waid", "whatsapp",
    ), "phone"),
    **dict.fromkeys((
        "facebook", "handle", "instagram", "linkedin", "login", "skype", "telegram", "twitter",
        "username",
    ), "handle"),
    **dict.fromkeys((
        "address", "addresses", "adresse", "anschrift", "direccion", "indirizzo", "plz",
        "postalcode", "postcode", "street", "strasse", "zip", "zipcode",
    ), "address"),
    **dict.fromkeys((
        "coordinates", "coords", "geolocation", "lat", "latitude", "latlng", "lng", "lon",
        "longitude",
    ), "place"),
    **dict.fromkeys((
        "birthdate", "birthday", "dateofbirth", "dob", "geburtsdatum", "geburtstag",
    ), "birth"),
    **dict.fromkeys(("iban", "passport", "ssn", "vin"), "document"),
    **dict.fromkeys(("ip", "ipaddress"), "ip"),
    **dict.fromkeys(("customerid", "psid", "userid"), "user"),
}
_PAIRS = {
    **{(first, "address"): "email" for first in ("email", "mail")},
    **{(first, "code"): "address" for first in ("postal", "zip", "post")},
    **{(first, "number"): "phone" for first in (
        "ani", "callback", "caller", "contact", "customer", "from", "to",
    )},
    **{(first, "number"): "document" for first in (
        "account", "card", "insurance", "license", "licence", "member", "passport", "patient",
        "policy", "security", "ssn", "tax",
    )},
    **{(first, "id"): "document" for first in ("insurance", "national", "passport", "tax")},
    **{(first, "id"): "user" for first in ("account", "external", "profile", "sender")},
    **{(first, "id"): "call" for first in ("call", "chat", "platform", "session", "thread")},
    ("caller", "id"): "phone", ("wa", "id"): "phone", ("ip", "address"): "ip",
    ("birth", "date"): "birth", ("of", "birth"): "birth", ("credit", "card"): "document",
    ("license", "plate"): "document", ("address", "line"): "address",
}
# fmt: on
_NUMBER = frozenset({"no", "nr", "num", "nummer", "number", "numbers", "numero"})
_LABELS = ("name", "key", "label", "field")
# What stands beside a value and says how it was found.
_BESIDE = frozenset({"criteria_id", "data_collection_id", "json_schema", "rationale"})


@lru_cache(maxsize=8192)
def person_field(field: str) -> str:
    """Tell what of a person a field holds, as its name says; "" if nothing.

    Returns
    -------
    str
        name, email, phone, handle (of an account), address, place (coordinates), birth,
        document (its number), user, lead or call (ids), ip, or "".

    Examples
    --------
    >>> from chatdash_analysis.text.person_fields import person_field
    >>> [person_field(name) for name in ("callerName", "plan name", "email sent", "Phone no. 2")]
    ['name', '', '', 'phone']
    """
    words = [word.casefold() for word in _WORDS.findall(_CAMEL.sub(" ", field))]
    if not words:
        return ""
    # What was written without capitals or blanks is known by its letters.
    whole = _kind_of([*_split_whose("".join(words))]) if len(words) == 1 else ""
    return whole or _kind_of(words)


def _split_whose(word: str) -> tuple[str, ...]:
    for whose in _WHOSE:
        if word.startswith(whose) and len(word) > len(whose):
            return whose, word[len(whose) :]
    return (word,)


def _kind_of(words: list[str]) -> str:
    if (pair := tuple(words[-2:])) in _PAIRS:
        return _PAIRS[pair]
    if words[-1] in _NUMBER and len(words) > 1:
        return _ENDS.get(words[-2], "")
    if words[-1] == "id" and len(words) > 1:
        return _id_kind(words[-2])
    if words[-1] in _NAMES:
        return _name_kind(words)
    if len(words) > 2 and words[-2] == "of" and words[-3] == "name":
        return "name" if _is_whose(words[-1]) else ""
    return _ENDS.get(words[-1], "")


def _id_kind(before: str) -> str:
    if before == "lead":
        return "lead"
    return "user" if _is_whose(before) else _ENDS.get(before, "")


def _name_kind(words: list[str]) -> str:
    if len(words) == 1 or words[-1] != "name":
        return "name"
    before = words[-2]
    return "name" if before in _WHICH_NAME or _is_whose(before) else _handle(before)


def _handle(before: str) -> str:
    return "handle" if _ENDS.get(before) == "handle" else ""


def _is_whose(word: str) -> bool:
    return word in _WHOSE or word.removesuffix("s") in _WHOSE


def role_names(field: str, text: str) -> bool:
    """Whether a text in a field such as ``patient`` or ``contact person`` is somebody's name.

    A field that is called after a person holds a name or says something of them ("returning"):
    its values tell. Where more is in the name of the field ("emergency contact"), one word is
    no name.

    Examples
    --------
    >>> from chatdash_analysis.text.person_fields import role_names
    >>> [role_names("customer", text) for text in ("Zoe Quill", "Zoe", "new", "Returning")]
    [True, True, False, False]
    >>> role_names("emergency contact", "Zoe Quill"), role_names("hair style", "Pixie Cut")
    (True, False)
    """
    role = role_field(field)
    return bool(role) and looks_like_name(text) and (role == "whole" or len(text.split()) > 1)


@lru_cache(maxsize=8192)
def role_field(field: str) -> str:
    """Tell whether a field is called after a person: as a "whole", in its "end", or not ("").

    Examples
    --------
    >>> from chatdash_analysis.text.person_fields import role_field
    >>> [role_field(field) for field in ("patient", "contactPerson", "new_customer", "hair")]
    ['whole', 'whole', 'end', '']
    """
    words = [word.casefold() for word in _WORDS.findall(_CAMEL.sub(" ", field))]
    while len(words) > 1 and (words[-1] in _WHICH_NAME or words[-1] == "person"):
        words.pop()
    if not words or not {words[-1], words[-1].removesuffix("s")} & _ROLES:
        return ""
    return "whole" if len(words) == 1 else "end"


def label_member(value: Mapping[str, Any]) -> str:
    """Return which member of an object only says what its ``value`` or ``result`` is; or "".

    Examples
    --------
    >>> from chatdash_analysis.text.person_fields import label_member
    >>> label_member({"name": "Appointment Booked", "result": True}), label_member({"name": "Ben"})
    ('name', '')
    """
    if "result" not in value and "value" not in value:
        return ""
    return next((name for name in _LABELS if value.get(name) and isinstance(value[name], str)), "")


def inner_field(field: str, key: str, personal: Callable[[str], object] = person_field) -> str:
    """Return the field that a member of an object is of: the object's, if that is of a person.

    Examples
    --------
    >>> from chatdash_analysis.text.person_fields import inner_field
    >>> inner_field("name", "first"), inner_field("name", "email"), inner_field("order", "size")
    ('name', 'email', 'size')
    >>> inner_field("patient", "first"), inner_field("patient", "plan")
    ('first name', 'plan')
    """
    if key.casefold() in _WHICH_NAME and role_field(field):
        return f"{key} name"
    return key if key in _BESIDE or personal(key) or not personal(field) else field
