"""The hand-written words of praise and complaint, read once."""

from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from pathlib import Path

WORDS = Path(__file__).parent / "words.txt"


class Role(Enum):
    """What a word does to the sentence it stands in."""

    FEELING = auto()
    BURDEN = auto()
    GAIN = auto()
    AMOUNT = auto()
    QUALITY = auto()
    NEGATION = auto()
    LESS = auto()
    DEGREE = auto()
    TURN = auto()
    CONCEDE = auto()
    EXCEPT = auto()
    ASK = auto()
    WISH = auto()
    EXCLAIM = auto()
    COMPARE = auto()
    PLAIN = auto()


@dataclass(frozen=True, slots=True)
class Entry:
    """A word's role and its worth there: of feelings -2..2, of amounts +1 much or -1 little, of degrees a factor."""

    role: Role
    value: float = 0.0


SECTIONS: dict[str, Entry] = {
    # In the order in which a word that stands in two sections is settled: the later one wins.
    "plain": Entry(Role.PLAIN),
    "intense": Entry(Role.DEGREE, 1.4),
    "mild": Entry(Role.DEGREE, 0.8),
    "negation": Entry(Role.NEGATION),
    "compare": Entry(Role.COMPARE),
    "wish": Entry(Role.WISH),
    "ask": Entry(Role.ASK),
    "exclaim": Entry(Role.EXCLAIM),
    "turn": Entry(Role.TURN),
    "concede": Entry(Role.CONCEDE),
    "except": Entry(Role.EXCEPT),
    "gain": Entry(Role.GAIN),
    "poor": Entry(Role.FEELING, -1.0),
    "good": Entry(Role.FEELING, 1.0),
    "awful": Entry(Role.FEELING, -2.0),
    "less": Entry(Role.LESS, -0.5),
    "great": Entry(Role.FEELING, 2.0),
    "burden": Entry(Role.BURDEN),
    "much": Entry(Role.AMOUNT, 1.0),
    "little": Entry(Role.AMOUNT, -1.0),
    "strong quality": Entry(Role.QUALITY, 1.0),
}


@lru_cache(maxsize=1)
def entries() -> dict[str, Entry]:
    """Every word with its entry.

    What is both a burden and a complaint (异响) is a burden that complains by itself; a mere burden (油耗) waits for
    its amount. The same for gains.
    """
    found: dict[str, Entry] = {}
    sections = _sections()
    for name, entry in SECTIONS.items():
        for word in sections[name]:
            known = found.get(word)
            if entry.role in (Role.BURDEN, Role.GAIN) or known is None:
                found[word] = entry
            elif known.role in (Role.BURDEN, Role.GAIN) and entry.role is Role.FEELING:
                found[word] = Entry(known.role, entry.value)
            else:
                found[word] = entry
    for word in sections["burden"] & sections["poor"]:
        found[word] = Entry(Role.BURDEN, -1.0)
    return found


@lru_cache(maxsize=1)
def lengths() -> dict[str, tuple[int, ...]]:
    """By first character, how long the words are that begin with it, longest first."""
    found: dict[str, set[int]] = {}
    for word in entries():
        found.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(sizes, reverse=True)) for first, sizes in found.items()}


def _sections() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in SECTIONS}
    name = ""
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            found[name].update(line.split())
    return found
