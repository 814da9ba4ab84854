"""How a text about a car speaks of it: praise, complaint or neither. Pure: a word list and a few rules, no model.

The rules, clause by clause: a burden (油耗, 异响) is bad when there is much of it and good when there is little, a gain
(动力, 空间) the other way round; a negation turns what follows within a few characters; degrees weigh; what comes after
但是 counts more than what came before; questions, wishes and conditions say little about how things are. How often
that is right on real opinions stands in docs/sentiment.md.
"""

import math
import re

from cocreate.text.fold import fold
from feedback_cluster.sentiment.lexicon import Entry, Role, entries, lengths

CLAUSE = re.compile(r"[^,，。.!！?？;；、~～…\n\s|]+|[?？]+")
LONGEST = 600
"""Characters that are read: who writes more has said by then how they feel."""
REACH, FAR, BESIDE, NOWHERE = 4, 8, 1, -99
"""Characters between a negation or degree and its word (没有明显的异响), between a thing and its amount (油耗在市区确实
高), between an amount and the thing after it (高油耗); and a place that nothing is near."""
TURNED, BEFORE_TURN, CONCEDED, EXCEPTED, ASKED, WISHED = 1.6, 0.6, 0.5, -0.3, 0.25, 0.2
NEGATED_GOOD, NEGATED_BAD, ABSENT, BARE_QUALITY = -1.0, -0.6, 0.6, 0.8
"""不好 is a complaint, 不吵 only faint praise; what 没有空间 and 没问题 say; 好 without anything that is."""
SOFTNESS = 2.0
LEAST_GOOD, LEAST_BAD = 0.55, -0.40
"""Where `stance` draws its lines, chosen on the even ids of the real opinions: one plain word makes a complaint, praise
takes an emphatic one or two, because friendly words come easily where people talk about their cars."""
MEASURED = {"three": 61, "polar": 79}
"""Percent of posts sorted as people did, on the odd ids that no word was chosen by: in three classes, and between
praise and complaint where both saw one or the other (docs/sentiment.md; a test holds these figures)."""
COLOURS = frozenset({Role.NEGATION, Role.LESS, Role.DEGREE})
FACTORS = {Role.CONCEDE: CONCEDED, Role.EXCEPT: EXCEPTED, Role.ASK: ASKED}


def polarity(text: str) -> float:
    """From -1 (complaint) to 1 (praise); 0 when it says neither, or both alike. Folds the text itself."""
    total, turned = 0.0, False
    clauses = CLAUSE.findall(fold(text[:LONGEST]))
    last, spoken_of = len(clauses) - 1, None
    for place, words in enumerate(clauses):
        if words[0] in "?？":
            continue
        clause = _Clause(spoken_of, asked=place < last and clauses[place + 1][0] in "?？")
        clause.read(words)
        spoken_of = clause.open_thing
        if clause.turns:
            total = (total + clause.before * clause.factor) * BEFORE_TURN + clause.said() * TURNED
            turned = True
        else:
            total += clause.said() * (TURNED if turned and place == last else 1.0)
    return math.tanh(total / SOFTNESS)


def stance(value: float) -> int:
    """-1 complaint, 0 neither, 1 praise: a polarity as people would sort it."""
    return 1 if value >= LEAST_GOOD else -1 if value <= LEAST_BAD else 0


def find_words(clause: str) -> list[tuple[Entry, int, int]]:
    """Known words of a folded clause, the longest at each place, each with where it begins and ends."""
    known, sizes = entries(), lengths()
    found: list[tuple[Entry, int, int]] = []
    place, end = 0, len(clause)
    while place < end:
        for size in sizes.get(clause[place], ()):
            entry = known.get(clause[place : place + size])
            if entry is not None and place + size <= end:
                found.append((entry, place, place + size))
                place += size
                break
        else:
            place += 1
    return found


class _Clause:
    """One clause being read: points so far, and what is waiting for its other half."""

    __slots__ = (
        "amount", "amount_end", "before", "carried", "degree", "degree_end", "factor", "negated_end", "open_thing",
        "points", "settled", "thing", "thing_end", "thing_negated", "turns",
    )  # fmt: skip

    def __init__(self, carried: Entry | None, *, asked: bool) -> None:
        """carried: what the clause before spoke of without an amount, 油耗嘛，有点高."""
        self.points, self.before, self.settled, self.turns = 0.0, 0.0, 0.0, False
        self.factor = ASKED if asked else 1.0
        self.thing, self.carried, self.thing_end, self.thing_negated = carried, carried is not None, NOWHERE, False
        self.amount, self.amount_end = 0.0, NOWHERE
        self.degree, self.degree_end = 1.0, NOWHERE
        self.negated_end = NOWHERE
        self.open_thing: Entry | None = None

    def read(self, clause: str) -> None:
        for entry, start, end in find_words(clause):
            role = entry.role
            if role is Role.FEELING:
                self._say(entry.value, start)
                self.thing = None
            elif role is Role.BURDEN or role is Role.GAIN:
                self._name(entry, start, end)
            elif role is Role.AMOUNT or role is Role.QUALITY:
                self._measure(entry, start, end)
            elif role in COLOURS:
                self._colour(entry, start, end)
            elif role is Role.TURN:
                self.before, self.points, self.turns = self.before + self.points + self.settled, 0.0, True
                self.settled = 0.0
            elif role is Role.EXCLAIM:
                self.factor = 1.0
            elif role is Role.WISH:  # 异响希望解决: what was said before the wish is no wish
                self._settle()
                self.factor *= WISHED
            else:
                self.factor *= FACTORS.get(role, 1.0)
        self._close()

    def said(self) -> float:
        """Points after the last turn."""
        return self.settled + self.points * self.factor

    def _settle(self) -> None:
        if self.thing is not None and not self.carried:
            self.points += _alone(self.thing, self.thing_negated)
            self.thing = None
        self.settled, self.points = self.settled + self.points * self.factor, 0.0

    def _colour(self, entry: Entry, start: int, end: int) -> None:
        if entry.role is Role.LESS:  # 不如宝马好看: what is praised afterwards is somebody else's
            self.points += entry.value
            self.negated_end = end + FAR
        elif entry.role is Role.NEGATION:
            self.negated_end = end
        else:
            self.degree, self.degree_end = entry.value, end
            if start - self.negated_end <= BESIDE:
                self.negated_end = end

    def _say(self, value: float, start: int) -> None:
        negated = start - self.negated_end <= REACH
        weight = self.degree if start - self.degree_end <= REACH else 1.0
        self.points += _turned(value, negated) * weight
        self.negated_end = NOWHERE

    def _name(self, entry: Entry, start: int, end: int) -> None:
        if start - self.amount_end <= BESIDE:  # 高油耗, 大空间
            weight = self.degree if start - self.degree_end <= REACH else 1.0
            self.points += _sign(entry) * self.amount * weight  # a negation before the amount has turned it already
            self.amount_end = self.negated_end = NOWHERE
            return
        if self.thing is not None and not self.carried:
            self.points += _alone(self.thing, self.thing_negated)
        self.thing, self.thing_end, self.carried = entry, end, False
        self.thing_negated = start - self.negated_end <= REACH
        self.negated_end = NOWHERE

    def _measure(self, entry: Entry, start: int, end: int) -> None:
        if self.thing is not None and (self.carried or start - self.thing_end <= FAR):
            sign = _sign(self.thing) if entry.role is Role.AMOUNT else 1.0
            self._say(sign * entry.value, start)
            self.thing = None
        elif entry.role is Role.QUALITY:
            self._say(BARE_QUALITY * entry.value, start)
        else:
            negated = start - self.negated_end <= REACH
            self.amount, self.amount_end = (-entry.value if negated else entry.value), end

    def _close(self) -> None:
        if self.thing is not None and not self.carried:
            self.points += _alone(self.thing, self.thing_negated)
            self.open_thing = None if self.thing.value or self.thing_negated else self.thing


def _sign(thing: Entry) -> float:
    return -1.0 if thing.role is Role.BURDEN else 1.0


def _alone(thing: Entry, negated: bool) -> float:
    """What a thing says without an amount: 异响 complains, 没有异响 praises, 没有空间 complains."""
    if thing.value:
        return _turned(thing.value, negated)
    return -_sign(thing) * ABSENT if negated else 0.0


def _turned(value: float, negated: bool) -> float:
    if not negated:
        return value
    return value * (NEGATED_GOOD if value > 0 else NEGATED_BAD)
