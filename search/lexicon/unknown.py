"""Words the lexicon lacks: pieces of text that stand beside each other in many posts and that no dictionary knows."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from cocreate.text.cutter import cutter_for
from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import NUMBER, RUN, URL
from search.lexicon.current import lexicon_of
from search.lexicon.models import LexiconSuggestion
from search.models import IndexedRow

FEWEST_POSTS = 5
CLOSENESS = 3.0
"""How much more often than by chance the parts stand together, as a natural logarithm (20 times)."""
FREEDOM = 1.0
"""Least surprise, in nats, about what stands before and after: 充电口盖 stands anywhere, 充电口盖结 only before 冰."""
LONGEST, SHORTEST = 6, 2
MOST = 200
READ_AT_ONCE = 500
COMMON_SIGNS = frozenset(
    "的了是在我有不也就都很还和与或被把让给跟到从对向比着过吗呢吧啊呀嘛哦这那哪个些么没太更最又再才只要会能可想去来说看用"
)
"""Characters that begin or end a phrase, hardly ever a word an owner would look for."""

Parts = tuple[str, ...]


class Counting:
    """How often pieces stand beside each other; texts one by one in, unknown words out."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.cut = cutter_for(lexicon).cut_known
        self.texts = 0
        self.single: Counter[str] = Counter()
        self.together: Counter[Parts] = Counter()
        self.before: dict[Parts, Counter[str]] = {}
        self.after: dict[Parts, Counter[str]] = {}

    def add(self, text: str) -> None:
        """Count one text; what stands in it twice counts once."""
        self.texts += 1
        singles: set[str] = set()
        found: dict[Parts, tuple[str, str]] = {}
        for chinese, _ in RUN.findall(URL.sub(" ", fold(text))):
            parts = ["", *self.cut(chinese), ""] if chinese else []
            singles.update(parts)
            for place in range(1, len(parts) - 2):
                for end in range(place + 2, min(place + 3, len(parts) - 1) + 1):
                    piece = tuple(parts[place:end])
                    if self._may_be(piece):
                        found[piece] = (parts[place - 1], parts[end])
        self.single.update(singles)
        self.together.update(found.keys())
        for piece, (before, after) in found.items():
            # A border says as much as a word of its own: what stands at the end of sentences is whole there.
            self.before.setdefault(piece, Counter())[before or f"\n{self.texts}"] += 1
            self.after.setdefault(piece, Counter())[after or f"\n{self.texts}"] += 1

    def _may_be(self, piece: Parts) -> bool:
        length = sum(map(len, piece))
        if not SHORTEST <= length <= (LONGEST if len(piece) == 2 else LONGEST - 1):
            return False
        stop = self.lexicon.stop_words
        if all(part in self.lexicon.name_spellings for part in piece):
            return False  # 一汽大众 奥迪: both are known, and together they are no word
        if piece[0][0] in COMMON_SIGNS or piece[-1][-1] in COMMON_SIGNS:
            return False
        return not any(part in stop or NUMBER.fullmatch(part) for part in piece)

    def words(self) -> list[tuple[str, int]]:
        """Unknown words with the number of texts that hold them, most first."""
        passed = {*self.lexicon.spellings, *self.lexicon.synonyms, *self.lexicon.stop_words}
        found: Counter[str] = Counter()
        for piece, count in self.together.items():
            word = "".join(piece)
            if count < FEWEST_POSTS or word in passed:
                continue
            free = min(_surprise(self.before[piece]), _surprise(self.after[piece]))
            if self._closeness(piece, count) >= CLOSENESS and free >= FREEDOM:
                found[word] += count
        return found.most_common(MOST)

    def _closeness(self, piece: Parts, count: int) -> float:
        """How much more often than by chance the two halves meet, for the halves that meet most by chance."""
        chance = max(
            self._held(piece[:place]) * self._held(piece[place:]) / self.texts for place in range(1, len(piece))
        )
        return math.log(count / chance)

    def _held(self, piece: Parts) -> int:
        return self.single[piece[0]] if len(piece) == 1 else self.together.get(piece, self.single[piece[0]])


def _surprise(counter: Counter[str]) -> float:
    total = counter.total()
    return -sum(count / total * math.log(count / total) for count in counter.values())


def find_suggestions(runtime: Runtime) -> None:
    """Look through all indexed posts and keep what was found; what somebody refused stays refused."""
    with runtime.database.read() as session:
        counting = Counting(lexicon_of(session))
        for text in _texts(session):
            counting.add(text)
    found = counting.words()
    with runtime.database.write() as session:
        _keep(session, dict(found))


def _texts(session: Session) -> Iterator[str]:
    table: Any = IndexedRow.__table__  # type: ignore[attr-defined]
    last = 0
    statement = (
        sa.select(table.c.id, table.c.title, table.c.body)
        .where(table.c.kind == "post", table.c.id > sa.bindparam("last"))
        .order_by(table.c.id)
        .limit(READ_AT_ONCE)
    )
    while batch := session.connection().execute(statement, {"last": last}).all():
        for last, title, body in batch:  # noqa: B007 (where the next batch begins)
            yield body if body.startswith(title.rstrip("…")) else f"{title}\n{body}"


def _keep(session: Session, found: dict[str, int]) -> None:
    """Exactly these are open suggestions; those somebody refused stay refused."""
    table: Any = LexiconSuggestion.__table__  # type: ignore[attr-defined]
    connection = session.connection()
    stale = sa.delete(table).where(col(LexiconSuggestion.refused_at).is_(None))
    connection.execute(stale)
    if not found:
        return
    insert: Any = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
    statement = insert.on_conflict_do_update(index_elements=["word"], set_={"posts": insert.excluded.posts})
    moment = clock.now()
    connection.execute(statement, [{"word": word, "posts": posts, "found_at": moment} for word, posts in found.items()])
