"""The lexicon as a CSV file: what a spreadsheet program writes comes in, what goes out opens in one without harm."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cocreate.core.text_marks import N_
from cocreate.exchange.encodings import BadEncoding, decode
from cocreate.exchange.values import neutral
from search.lexicon.forms import problems, tidy, typed_entry
from search.lexicon.models import KIND_LABELS, EntryKind
from search.lexicon.overlay import Entry, Key
from search.lexicon.queries import Row, Words
from search.lexicon.service import gone

COLUMNS = ("kind", "word", "aliases", "synonyms", "remove")
MOST_BYTES = 900_000
MOST_LINES = 20_000
MOST_ERRORS = 200
BETWEEN = " | "
KINDS: dict[str, EntryKind] = {
    **{kind.value: kind for kind in EntryKind},
    **{label.lower(): kind for kind, label in KIND_LABELS.items()},
    "词条": EntryKind.TERM, "词": EntryKind.TERM, "名称": EntryKind.NAME, "车型": EntryKind.NAME,
    "品牌": EntryKind.NAME, "品牌或车型": EntryKind.NAME, "停用词": EntryKind.STOP,
}  # fmt: skip
HEADS = {
    "kind": "kind", "类别": "kind", "类型": "kind", "word": "word", "词": "word", "词条": "word", "aliases": "aliases",
    "别名": "aliases", "synonyms": "synonyms", "近义词": "synonyms", "同义词": "synonyms", "remove": "remove",
    "删除": "remove",
}  # fmt: skip
YES = {"1", "x", "yes", "y", "true", "是", "删除"}


@dataclass(frozen=True)
class LineError:
    """Why a line is not taken. reason: msgid with params."""

    line: int
    reason: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Plan:
    """What a file would do. Nothing of it is done while there are errors."""

    wanted: dict[Key, Entry | None] = field(default_factory=dict)
    errors: list[LineError] = field(default_factory=list)
    more_errors: int = 0
    added: list[Entry] = field(default_factory=list)
    changed: list[tuple[Row, Entry]] = field(default_factory=list)
    removed: list[Entry] = field(default_factory=list)
    same: int = 0

    def refuse(self, line: int, reason: str, **params: object) -> None:
        """Note an error; of very many only the number."""
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(LineError(line, reason, params))
        else:
            self.more_errors += 1


def text_of(data: bytes) -> str | LineError:
    """The text of a file in any encoding that Excel writes, or why there is none."""
    if len(data) > MOST_BYTES:
        return LineError(0, N_("The file is too large: at most %(size)s KB."), {"size": MOST_BYTES // 1000})
    try:
        return decode(data)[0].removeprefix("\ufeff").replace("\x00", "")
    except BadEncoding as bad:
        return LineError(0, str(bad.args[0]) if bad.args else N_("This file cannot be read as text."))


def plan(text: str, words: Words) -> Plan:
    """Compare a file with the lexicon: head line, then a word a line. Lines of words that stay out are left alone."""
    told = Plan()
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        head = next(rows, [])
        places = {HEADS[name]: place for place, cell in enumerate(head) if (name := tidy(cell)) in HEADS}
        if "word" not in places:
            told.refuse(1, N_("The first line must name the columns; “word” is missing."))
            return told
        entries = _entries(rows, places, told)
    except csv.Error:
        told.refuse(rows.line_num, N_("This line breaks off: a quotation mark is not closed."))
        return told
    _check(entries, words, told)
    for _, entry in entries:
        told.wanted[entry.key] = entry
        _sort_in(entry, words, told)
    return told


def write(rows: Iterable[Row]) -> str:
    """The words as CSV; those taken out stand with a mark in the last column."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(COLUMNS)
    for row in rows:
        entry = row.entry
        cells = [entry.kind.value, entry.word, BETWEEN.join(entry.aliases), BETWEEN.join(entry.synonyms)]
        writer.writerow([neutral(cell) for cell in cells] + ["x" if row.state == "removed" else ""])
    return target.getvalue()


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",\t;", key=head.count)


def _entries(rows: Iterable[list[str]], places: Mapping[str, int], told: Plan) -> list[tuple[int, Entry]]:
    found: dict[Key, tuple[int, Entry]] = {}
    for cells in rows:
        line = rows.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        if len(found) >= MOST_LINES:
            told.refuse(line, N_("A file may hold %(count)s words at most."), count=MOST_LINES)
            break
        cell = {name: _plain(cells[place]) for name, place in places.items() if place < len(cells)}
        kind = KINDS.get(tidy(cell.get("kind", "")) or "term")
        if kind is None:
            told.refuse(line, N_("“%(kind)s” is no kind: term, name or stop."), kind=cell["kind"][:20])
            continue
        entry = typed_entry(kind, cell.get("word", ""), cell.get("aliases", ""), cell.get("synonyms", ""))
        if not entry.word:
            told.refuse(line, N_("The word is missing."))
        elif entry.key in found:
            told.refuse(line, N_("This word stands in line %(other)s already."), other=found[entry.key][0])
        else:
            removed = tidy(cell.get("remove", "")) in YES
            found[entry.key] = (line, gone(entry.key) if removed else entry)
    return list(found.values())


def _check(entries: list[tuple[int, Entry]], words: Words, told: Plan) -> None:
    """Each word against the others of the file and against those of the lexicon that the file does not speak of."""
    spoken = {entry.key for _, entry in entries}
    owners = {spelling: key for spelling, key in words.owners().items() if key not in spoken}
    kept = [(line, entry) for line, entry in entries if not entry.removed]
    for _, entry in kept:
        owners[entry.word] = entry.key
    for line, entry in kept:
        for _, reason, params in problems(entry, words, owners):
            told.refuse(line, reason, **params)
        for alias in entry.aliases:
            owners.setdefault(alias, entry.key)


def _sort_in(entry: Entry, words: Words, told: Plan) -> None:
    row = words.find(entry.key)
    stands = row is not None and row.state != "removed"
    if entry.removed:
        if stands:
            told.removed.append(entry)
        else:
            told.same += 1
    elif not stands or row is None:
        told.added.append(entry)
    elif (row.entry.aliases, row.entry.synonyms) == (entry.aliases, entry.synonyms):
        told.same += 1
    else:
        told.changed.append((row, entry))


def _plain(cell: str) -> str:
    """A cell as it was before it was made harmless for a spreadsheet program."""
    return cell[1:] if cell[:1] == "'" and neutral(cell[1:]) == cell else cell
