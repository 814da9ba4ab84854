"""What should not stand in public: phone numbers, number plates, vehicle numbers. Pure: text in, places out.

Nothing is changed or refused here; the form points it out, and its author decides.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Private(StrEnum):
    """What was found; the value is also its name in forms."""

    PHONE = "phone"
    PLATE = "plate"
    VIN = "vin"


@dataclass(frozen=True)
class Place:
    """A private number between `start` and `end` of the text, as it was written and as it looks masked."""

    kind: Private
    start: int
    end: int
    text: str
    masked: str


_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_GAP = r"[ \u3000.·•・-]?"
# GB 16735 and ISO 3779: 17 signs without I, O and Q.
_VIN = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPR-Za-hj-npr-z]{17}(?![0-9A-Za-z])")
# GA 36: province, office, then five signs, six for new energy; trainers', police and border plates end in a character.
_PLATE = re.compile(
    rf"(?<![A-Za-z])[{_PROVINCES}]{_GAP}[A-HJ-NP-Za-hj-np-z]{_GAP}[0-9A-HJ-NP-Za-hj-np-z]{{4}}"
    r"(?:[0-9A-HJ-NP-Za-hj-np-z]{1,2}(?![0-9A-Za-z])|[学警挂港澳])"
)
_PHONE = re.compile(
    r"(?<![\dA-Za-z])(?:"
    r"(?:(?:\+|00)?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}"  # mainland mobile
    r"|\(?0(?:10|2\d|[3-9]\d{2})\)?[ -]\d{3,4}[ -]?\d{4}"  # mainland landline, written with its gap
    r"|(?:\+|00)(?:852|853)[ -]?[569]\d{3}[ -]?\d{4}"  # Hong Kong, Macau
    r"|(?:(?:\+|00)886[ -]?9\d{2}|09\d{2})[ -]?\d{3}[ -]?\d{3}"  # Taiwan mobile
    r")(?![\dA-Za-z])"
)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VALUES = {**{str(n): n for n in range(10)}, **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ",
    [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9], strict=True))}  # fmt: skip


def find_private(text: str) -> list[Place]:
    """All private numbers, in the order of the text and never overlapping."""
    found: list[Place] = []
    rules: tuple[tuple[Private, re.Pattern[str], Callable[[str], bool]], ...] = (
        (Private.VIN, _VIN, _is_vin),
        (Private.PLATE, _PLATE, _is_plate),
        (Private.PHONE, _PHONE, lambda _number: True),
    )
    for kind, pattern, holds in rules:
        for match in pattern.finditer(text):
            free = all(match.end() <= one.start or one.end <= match.start() for one in found)
            if free and holds(match.group()):
                found.append(Place(kind, match.start(), match.end(), match.group(), _masked(kind, match.group())))
    return sorted(found, key=lambda place: place.start)


def redact(text: str) -> str:
    """The text with every private number masked; masking it again changes nothing."""
    return _replaced(text, lambda place: place.masked)


def without_private(text: str) -> str:
    """The text with a blank for every private number: what others may have said as well."""
    return _replaced(text, lambda _place: " ")


def _replaced(text: str, put: Callable[[Place], str]) -> str:
    pieces, last = [], 0
    for place in find_private(text):
        pieces += [text[last : place.start], put(place)]
        last = place.end
    return "".join([*pieces, text[last:]])


def _is_vin(number: str) -> bool:
    """Whether the ninth sign checks the others, which every car sold in China has to fulfil."""
    signs = number.upper()
    if sum(sign.isalpha() for sign in signs) < 2:
        return False  # an order number
    rest = sum(_VALUES[sign] * weight for sign, weight in zip(signs, _WEIGHTS, strict=True)) % 11
    return signs[8] == ("X" if rest == 10 else str(rest))


def _is_plate(number: str) -> bool:
    """Plates hold a digit; 川A and five letters would be a word. 新ES8 2024 is a new car, not a plate of Xinjiang."""
    signs = re.sub(_GAP, "", number[1:])
    return sum(sign.isdigit() for sign in signs) >= 2 and not re.match(r"(?i)(es|et|ec|em)\d", signs)


def _masked(kind: Private, number: str) -> str:
    """Enough is left to recognise one's own, not enough to find somebody."""
    signs = [index for index, sign in enumerate(number) if sign.isalnum()]
    before, after = {Private.PHONE: (3, 2), Private.PLATE: (2, 1), Private.VIN: (3, 2)}[kind]
    hidden = set(signs[before : len(signs) - after])
    return "".join("*" if index in hidden else sign for index, sign in enumerate(number))
