"""Which column means what: guessed from the head of a file, or said by a person as `column=field,column=field`."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.exchange.reading import RawRow, Sheet
from cocreate.exchange.table import Field, RowError, SourceRow

ColumnMap = dict[str, str]
"""Column → field; columns that mean nothing are absent."""


@dataclass(frozen=True)
class Problem:
    """Why a mapping does not fit. reason: msgid."""

    reason: str
    params: Mapping[str, str]


class BadMapping(Invalid):
    """A mapping that does not fit the file or the table."""

    code = "bad_mapping"
    message = N_("The columns do not fit together with the fields.")

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem

    def told(self, gettext: Callable[..., str]) -> str:
        """The problem as a sentence in the language of `gettext`."""
        return gettext(self.problem.reason, **self.problem.params)


def detect(columns: Sequence[str], fields: Sequence[Field], sample: Sequence[RawRow] = ()) -> ColumnMap:
    """The likeliest meaning of each column: by its name, and the longest column as the text if no name tells."""
    found: ColumnMap = {}
    taken: set[str] = set()
    for exact in (True, False):
        for column in columns:
            if column in found:
                continue
            for field in fields:
                if (field.name not in taken or field.many) and _fits(column, field, exact):
                    found[column] = field.name
                    taken.add(field.name)
                    break
    texts = [field.name for field in fields if field.text]
    if texts and not taken & set(texts) and sample:
        longest = max(
            (place for place, column in enumerate(columns) if column not in found),
            key=lambda place: sum(len(row.cells[place]) for row in sample),
            default=None,
        )
        if longest is not None:
            found[columns[longest]] = texts[-1]
    return {column: found[column] for column in columns if column in found}


def parse(text: str) -> ColumnMap:
    """`id=external_id,text=body` as a mapping; BadMapping if it is not of that form."""
    found: ColumnMap = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        column, equals, name = part.rpartition("=")
        if not equals or not column.strip() or not name.strip():
            raise BadMapping(Problem(N_("“%(part)s” is not of the form column=field"), {"part": part}))
        found[column.strip()] = name.strip()
    return found


def problem(mapping: ColumnMap, columns: Sequence[str], fields: Sequence[Field]) -> Problem | None:
    """What is wrong with a mapping, None when it will do."""
    known = {field.name: field for field in fields}
    used: set[str] = set()
    for column, name in mapping.items():
        if column not in columns:
            told = {"column": column, "columns": ", ".join(columns[:40])}
            return Problem(N_("there is no column “%(column)s”; the file has: %(columns)s"), told)
        if name not in known:
            told = {"field": name, "fields": ", ".join(known)}
            return Problem(N_("there is no field “%(field)s”; there are: %(fields)s"), told)
        if name in used and not known[name].many:
            return Problem(N_("two columns are to be “%(field)s”"), {"field": name})
        used.add(name)
    if not used & {field.name for field in fields if field.text}:
        told = {"fields": ", ".join(field.name for field in fields if field.text)}
        return Problem(N_("one column has to be one of: %(fields)s"), told)
    return None


def mapped(sheet: Sheet, mapping: ColumnMap) -> Iterator[SourceRow | RowError]:
    """Rows of a file under field names; what could not be read comes through as it is."""
    places = [(sheet.columns.index(column), name) for column, name in mapping.items()]
    for row in sheet.rows():
        if isinstance(row, RowError):
            yield row
            continue
        values: dict[str, list[str]] = {}
        for place, name in places:
            values.setdefault(name, []).append(row.cells[place])
        yield SourceRow(row.number, row.line, values)


def _fits(column: str, field: Field, exact: bool) -> bool:
    head = _plain(column)
    names = {_plain(name) for name in (field.name, *field.aliases)}
    if exact:
        return head in names
    # Short English words such as "id" hide inside others; Chinese ones and longer words tell enough.
    return any(name in head for name in names if len(name) > 3 or not name.isascii())


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())
