"""The pages where a product manager keeps the lexicon."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, UploadFile
from fastapi.responses import Response
from sqlmodel import Session

from cocreate.core import outbox
from cocreate.core.errors import NotFound
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page
from search.lexicon import queries, recut, service, sheet
from search.lexicon.forms import EntryForm, problems, tidy
from search.lexicon.models import KIND_LABELS, EntryKind, LexiconVersion, VersionCause
from search.lexicon.overlay import Key, shipped

router = APIRouter(include_in_schema=False, dependencies=[allow("search.lexicon")])
BoundEntry = Annotated[BoundForm[EntryForm], Depends(bind(EntryForm))]
Word = Annotated[str, Form(min_length=1, max_length=200)]
Kind = Annotated[EntryKind, Form()]
STATE_LABELS = {"changed": N_("changed"), "added": N_("own"), "removed": N_("taken out")}
CAUSE_LABELS = {VersionCause.EDIT: N_("By hand"), VersionCause.IMPORT: N_("File"), VersionCause.UNDO: N_("Taken back")}
CHANGES_SHOWN, HISTORY = 60, 20


@router.get("/lexicon")
def show_lexicon(
    db: ReadDb,
    page: CurrentPage,
    q: Annotated[str, Query(max_length=100)] = "",
    kind: EntryKind | None = None,
    own: bool = False,
    sheet_number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
    word: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """All words, found by spelling or pinyin; with `word` the form for that word stands open."""
    form: BoundForm[EntryForm] = BoundForm.blank(word=word, kind=(kind or EntryKind.TERM).value)
    return _list(db, page, form, q=q, kind=kind, own=own, number=sheet_number, asked=word)


@router.get("/lexicon/progress")
def show_lexicon_progress(db: ReadDb, page: CurrentPage) -> Response:
    """How far the index is with the newest version; asks for itself until it is done."""
    context = {**_common(db, page, "words"), "progress": recut.progress_of(db)}
    return page.render("search/lexicon/progress.html", block="progress", **context)


@router.get("/lexicon/edit")
def edit_lexicon_word(
    db: ReadDb, page: CurrentPage, kind: EntryKind, word: Annotated[str, Query(max_length=200)]
) -> Response:
    """One word with everything that can be done to it."""
    row = _row(queries.words_of(db), (kind, word))
    entry = row.entry
    form: BoundForm[EntryForm] = BoundForm.blank(
        kind=entry.kind.value, word=entry.word, aliases="，".join(entry.aliases), synonyms="，".join(entry.synonyms)
    )
    return _edit(db, page, form, row)


@router.post("/lexicon")
def save_lexicon_word(form: BoundEntry, db: Db, page: CurrentPage, actor: CurrentActor) -> Response:
    """Add a word, or change the one that `was_word` names."""
    words = queries.words_of(db)
    was = form.value.was if form.value else None
    if form.value is not None:
        found = problems(form.value.entry, words, words.owners(), was)
        for name, reason, params in found:
            form = form.refuse(name, page.text(reason, **params))
    if form.value is None:
        if str(form.values.get("was_word", "")):
            key = (EntryKind(str(form.values.get("was_kind", "term"))), str(form.values["was_word"]))
            return _edit(db, page, form, _row(words, key), status=422)
        return _list(db, page, form, status=422, asked=str(form.values.get("word", "")))
    version = service.publish(db, service.replaced(was, form.value.entry), by=actor)
    _told(page, version, form.value.entry.word)
    return page.redirect("show_lexicon", {"q": form.value.entry.word})


@router.post("/lexicon/remove")
def remove_lexicon_word(kind: Kind, word: Word, db: Db, page: CurrentPage, actor: CurrentActor) -> Response:
    """Take a word out; a shipped one can be put back."""
    key = (kind, word)
    _row(queries.words_of(db), key)
    _told(page, service.publish(db, {key: service.gone(key)}, by=actor), word, N_("“%(word)s” is taken out."))
    return page.redirect("show_lexicon")


@router.post("/lexicon/reset")
def reset_lexicon_word(kind: Kind, word: Word, db: Db, page: CurrentPage, actor: CurrentActor) -> Response:
    """Make a word again as it ships."""
    key = (kind, word)
    _row(queries.words_of(db), key)
    _told(page, service.publish(db, {key: None}, by=actor), word, N_("“%(word)s” is as it came."))
    return page.redirect("show_lexicon", {"q": word})


@router.get("/lexicon/history")
def show_lexicon_history(db: ReadDb, page: CurrentPage, before: Annotated[int | None, Query(ge=1)] = None) -> Response:
    """Every saving, what it changed, and the way back."""
    versions = service.latest_versions(db, limit=HISTORY + 1, before_id=before)
    context = {
        **_common(db, page, "history"),
        "versions": versions[:HISTORY],
        "names": {one: person.name for one, person in people(db, [v.by_id for v in versions]).items()},
        "cause_labels": CAUSE_LABELS,
        "sign_of": sign_of,
        "next_url": page.url("show_lexicon_history", {"before": versions[HISTORY - 1].id})
        if len(versions) > HISTORY
        else None,
    }
    return page.render("search/lexicon/history.html", **context)


@router.post("/lexicon/versions/{version_id}/undo")
def undo_lexicon_version(version_id: RowId, db: Db, page: CurrentPage, actor: CurrentActor) -> Response:
    """Take one saving back."""
    service.undo(db, version_id, by=actor)
    page.flash(N_("Taken back. Search follows within moments."))
    return page.redirect("show_lexicon_history")


@router.get("/lexicon/export.csv")
def export_lexicon(db: ReadDb, kind: EntryKind | None = None, own: bool = False) -> Response:
    """The words as a file for a spreadsheet program; own: only what differs from the shipped lexicon."""
    rows = queries.words_of(db).matching("", kind, own)
    headers = {"content-disposition": 'attachment; filename="lexicon.csv"', "cache-control": "private, no-store"}
    # The mark at its head tells Excel that this is UTF-8.
    return Response("\ufeff" + sheet.write(rows), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/lexicon/file")
def show_lexicon_file(db: ReadDb, page: CurrentPage) -> Response:
    """Words out to a file, words in from one."""
    return _file_page(db, page)


@router.post("/lexicon/file")
def try_lexicon_file(db: ReadDb, page: CurrentPage, file: UploadFile | None = None) -> Response:
    """Say what a file would change. Nothing is changed yet."""
    if file is None or not file.filename:
        return _file_page(db, page, problem=page.text(N_("Please choose a file first.")))
    text = sheet.text_of(file.file.read(sheet.MOST_BYTES + 1))
    if isinstance(text, sheet.LineError):
        return _file_page(db, page, problem=page.text(text.reason, **text.params))
    return _file_page(db, page, text=text, name=file.filename)


@router.post("/lexicon/import")
def import_lexicon(
    db: Db,
    page: CurrentPage,
    actor: CurrentActor,
    text: Annotated[str, Form(max_length=sheet.MOST_BYTES)],
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Do what the preview said, as one version; with a single error nothing is changed."""
    plan = sheet.plan(text, queries.words_of(db))
    if plan.errors:
        return _file_page(db, page, text=text, name=name)
    version = service.publish(db, plan.wanted, by=actor, cause=VersionCause.IMPORT)
    _told(page, version, "", N_("The file is taken over. Search follows within moments."))
    return page.redirect("show_lexicon", {"own": "true"})


@router.get("/lexicon/suggestions")
def show_lexicon_suggestions(db: ReadDb, page: CurrentPage, refused: bool = False) -> Response:
    """Unknown words that stand in many posts."""
    context = {**_common(db, page, "suggestions"), "rows": queries.suggestions(db, refused=refused), "refused": refused}
    return page.render("search/lexicon/suggestions.html", **context)


@router.post("/lexicon/suggestions")
def judge_lexicon_suggestion(
    word: Word, do: Annotated[str, Form(pattern="^(add|name|refuse|reopen)$")], db: Db, page: CurrentPage,
    actor: CurrentActor,
) -> Response:  # fmt: skip
    """Take a suggested word into the lexicon, or say that it is none."""
    if do in ("refuse", "reopen"):
        service.refuse_suggestion(db, word, by=actor, refused=do == "refuse")
        return page.redirect("show_lexicon_suggestions", {"refused": "true" if do == "reopen" else None})
    form = EntryForm(kind=EntryKind.NAME if do == "name" else EntryKind.TERM, word=word)
    words = queries.words_of(db)
    if found := problems(form.entry, words, words.owners()):
        page.flash(page.text(found[0][1], **found[0][2]), level="error")
    else:
        service.refuse_suggestion(db, word, by=actor)
        _told(page, service.publish(db, service.replaced(None, form.entry), by=actor), word)
    return page.redirect("show_lexicon_suggestions")


@router.post("/lexicon/suggestions/look")
def look_for_lexicon_words(db: Db, page: CurrentPage) -> Response:
    """Look through the posts again, beside the site."""
    outbox.enqueue(db, "search.suggest_words", lane=outbox.SLOW)
    page.flash(N_("The posts are being read. Look again in a minute."))
    return page.redirect("show_lexicon_suggestions")


def sign_of(change: dict[str, Any]) -> str:
    """+ for a word that came, − for one that went, ~ for one that is another now."""
    ships = (EntryKind(change["kind"]), change["word"]) in shipped()

    def stood(told: dict[str, Any] | None) -> bool:
        return ships if told is None else not told["removed"]

    before, after = stood(change["before"]), stood(change["after"])
    return "~" if before == after else "+" if after else "−"


def _list(
    db: Session, page: Page, form: BoundForm[EntryForm], *, q: str = "", kind: EntryKind | None = None,
    own: bool = False, number: int = 1, asked: str = "", status: int = 200,
) -> Response:  # fmt: skip
    words = queries.words_of(db)
    found = words.matching(q, kind, own)
    rows = found[(number - 1) * queries.PAGE : number * queries.PAGE]
    stands = words.owners().get(tidy(asked)) if asked else None
    query = {"q": q, "kind": kind.value if kind else None, "own": "true" if own else None}
    context = {
        **_common(db, page, "words"),
        "rows": rows,
        "total": len(found),
        "posts": queries.posts_of(db, [row.entry for row in rows if row.entry.kind is not EntryKind.STOP]),
        "progress": recut.progress_of(db),
        "form": form, "q": q, "kind": kind, "own": own, "query": query, "asked": asked, "stands": stands,
        "next_url": page.url("show_lexicon", {**query, "page": number + 1})
        if len(found) > number * queries.PAGE
        else None,
        "previous_url": page.url("show_lexicon", {**query, "page": number - 1}) if number > 1 else None,
    }  # fmt: skip
    return page.render("search/lexicon/list.html", block="rows", status=status, **context)


def _edit(db: Session, page: Page, form: BoundForm[EntryForm], row: queries.Row, *, status: int = 200) -> Response:
    context = {**_common(db, page, "words"), "form": form, "row": row, "posts": queries.posts_of(db, [row.entry])}
    return page.render("search/lexicon/edit.html", status=status, **context)


def _file_page(db: Session, page: Page, *, text: str | None = None, name: str = "", problem: str = "") -> Response:
    plan = None if text is None else sheet.plan(text, queries.words_of(db))
    context = {
        **_common(db, page, "file"), "plan": plan, "text": text, "name": name, "shown": CHANGES_SHOWN,
        "problem": problem,
    }  # fmt: skip
    wrong = bool(problem or (plan and plan.errors))
    return page.render("search/lexicon/file.html", status=422 if wrong else 200, **context)


def _common(db: Session, page: Page, here: str) -> dict[str, Any]:
    return {
        "here": here,
        "open_suggestions": queries.count_suggestions(db),
        "kind_labels": KIND_LABELS,
        "state_labels": STATE_LABELS,
        "pinyin_of": queries.pinyin_of,
    }


def _row(words: queries.Words, key: Key) -> queries.Row:
    row = words.find(key)
    if row is None:
        raise NotFound(f"{key[0].value} {key[1][:40]}")
    return row


def _told(
    page: Page,
    version: LexiconVersion | None,
    word: str,
    message: str = N_("“%(word)s” is saved. Search follows within moments."),
) -> None:
    if version is None:
        page.flash(N_("That is how it was already."))
        return
    page.flash(message, undo_url=page.url("undo_lexicon_version", version_id=version.id), word=word)
