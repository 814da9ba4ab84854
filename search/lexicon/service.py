"""Changing the brand's lexicon: every saving is a version that can be taken back."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, NotFound
from cocreate.core.text_marks import N_
from search.events import LexiconChanged
from search.lexicon import current
from search.lexicon.models import EntryKind, LexiconEntry, LexiconSuggestion, LexiconVersion, VersionCause
from search.lexicon.overlay import Entry, Key, laid_over, shipped

Wanted = Mapping[Key, Entry | None]
"""What words shall be; None: as shipped."""


class ChangedSince(Conflict):
    code = "lexicon_changed_since"
    message = N_("These words were changed again since then. Please change them by hand.")


def publish(
    session: Session, wanted: Wanted, *, by: Actor, cause: VersionCause = VersionCause.EDIT
) -> LexiconVersion | None:
    """Make the words so, in one new version; None when they are so already. Search and themes hear of it."""
    before = current.changes_of(session)
    changed = {key: entry for key, entry in _normal(wanted).items() if before.get(key) != entry}
    if not changed:
        return None
    after = {key: entry for key, entry in {**before, **changed}.items() if entry is not None}
    was, now = laid_over(before.values()), laid_over(after.values())
    _, indexed = versions_of(session)
    pending = not indexed or was.cut != now.cut
    version = LexiconVersion(
        cause=cause,
        by_id=by.id,
        changes=[_told(key, before.get(key), entry) for key, entry in changed.items()],
        cut=now.cut,
        indexed_at=None if pending else clock.now(),
    )
    session.add(version)
    _store(session, changed)
    session.flush()
    current.touch(session)
    number = version.id or 0
    audit.record(session, by, "lexicon.publish", "lexicon", number, cause=cause.value, words=len(changed))
    words = was.cut != now.cut or (was.canonical, was.stop_words, was.name_spellings) != (
        now.canonical, now.stop_words, now.name_spellings
    )  # fmt: skip
    outbox.publish(session, LexiconChanged(version=number, words=words))
    return version


def undo(session: Session, version_id: int, *, by: Actor) -> LexiconVersion | None:
    """Put the words of a version back to what they were before it. ChangedSince when one of them is another by now."""
    version = get_version(session, version_id)
    stands = current.changes_of(session)
    wanted: dict[Key, Entry | None] = {}
    for change in version.changes:
        key = (EntryKind(change["kind"]), str(change["word"]))
        after = None if change["after"] is None else Entry.from_json(key, change["after"])
        if version.undone_at is not None or stands.get(key) != after:
            raise ChangedSince(f"version {version_id}: {key[1]}")
        wanted[key] = None if change["before"] is None else Entry.from_json(key, change["before"])
    version.undone_at = clock.now()
    session.add(version)
    return publish(session, wanted, by=by, cause=VersionCause.UNDO)


def replaced(was: Key | None, entry: Entry) -> dict[Key, Entry | None]:
    """What has to be wanted so that `entry` stands where `was` stood."""
    wanted: dict[Key, Entry | None] = {entry.key: entry}
    if was is not None and was != entry.key:
        wanted[was] = gone(was)
    return wanted


def gone(key: Key) -> Entry:
    """The word taken out."""
    return Entry(*key, removed=True)


def get_version(session: Session, version_id: int) -> LexiconVersion:
    """The version; NotFound."""
    version = session.get(LexiconVersion, version_id)
    if version is None:
        raise NotFound(f"lexicon version {version_id}")
    return version


def latest_versions(session: Session, *, limit: int = 20, before_id: int | None = None) -> list[LexiconVersion]:
    """Savings, newest first."""
    statement = select(LexiconVersion).order_by(col(LexiconVersion.id).desc()).limit(limit)
    if before_id is not None:
        statement = statement.where(col(LexiconVersion.id) < before_id)
    return list(session.exec(statement))


def versions_of(session: Session) -> tuple[int, bool]:
    """The newest version, 0 for none, and whether the index knows it."""
    newest = session.exec(
        select(LexiconVersion.id, LexiconVersion.indexed_at).order_by(col(LexiconVersion.id).desc()).limit(1)
    ).first()
    return (newest[0] or 0, newest[1] is not None) if newest else (0, True)


def refuse_suggestion(session: Session, word: str, *, by: Actor, refused: bool = True) -> None:
    """Say that a suggested piece of text is no word, or take that back. NotFound for one that was never suggested."""
    suggestion = session.get(LexiconSuggestion, word)
    if suggestion is None:
        raise NotFound(f"suggestion {word[:40]}")
    suggestion.refused_at = clock.now() if refused else None
    suggestion.refused_by = by.id if refused else None
    session.add(suggestion)


def _normal(wanted: Wanted) -> dict[Key, Entry | None]:
    """Without entries that only repeat what ships, and without removals of what does not."""
    found: dict[Key, Entry | None] = {}
    for key, entry in wanted.items():
        base = shipped().get(key)
        if entry is not None and entry.removed:
            found[key] = Entry(*key, removed=True) if base is not None else None
        else:
            found[key] = None if entry == base else entry
    return found


def _told(key: Key, before: Entry | None, after: Entry | None) -> dict[str, object]:
    return {
        "kind": key[0].value,
        "word": key[1],
        "before": before.as_json() if before else None,
        "after": after.as_json() if after else None,
    }


def _store(session: Session, changed: Mapping[Key, Entry | None]) -> None:
    words = [word for _, word in changed]
    known: dict[Key, LexiconEntry] = {}
    for start in range(0, len(words), 500):
        rows = session.exec(select(LexiconEntry).where(col(LexiconEntry.word).in_(words[start : start + 500])))
        known |= {(row.kind, row.word): row for row in rows}
    for key, entry in changed.items():
        row = known.get(key)
        if entry is None:
            if row is not None:
                session.delete(row)
            continue
        row = row or LexiconEntry(kind=key[0], word=key[1])
        row.aliases, row.synonyms, row.removed = list(entry.aliases), list(entry.synonyms), entry.removed
        session.add(row)


def mark_indexed(session: Session, version: int) -> None:
    """The index knows every version up to this one."""
    session.connection().execute(
        sa.update(LexiconVersion)
        .where(col(LexiconVersion.id) <= version, col(LexiconVersion.indexed_at).is_(None))
        .values(indexed_at=clock.now())
    )
    current.touch(session)
