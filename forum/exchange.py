"""Posts from files: voices that were raised elsewhere, in a survey, a chat group, another forum.

An imported post has no author but perhaps a label. Who it is: (source, its own id there), or else (source, hash of what
was mapped, the how-manieth of equal rows), because equal texts are separate voices.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.exchange import values
from cocreate.exchange.table import (
    BATCH,
    Field,
    Kept,
    Options,
    Outcome,
    PlannedRow,
    RowError,
    SourceRow,
    UndoStep,
    plan_once,
)
from cocreate.text.excerpt import first_sentence
from forum.events import PostsImported, PostsWithdrawn
from forum.indexing import NEW, post_doc, post_facts
from forum.posts.hot import hot_score
from forum.posts.models import KIND_LABELS, Post, PostKind, PostTag, Visibility
from forum.posts.queries import readable_by
from forum.undo import blank, reasons_to_stay
from search import api as search

KIND_WORDS = {
    PostKind.IDEA: "idea suggestion feature wish request 建议 需求 功能 功能建议 想法 点子 期望 优化 优化建议",
    PostKind.PROBLEM: "problem bug complaint issue defect 问题 投诉 故障 缺陷 吐槽 抱怨 报障 质量问题 反馈",
    PostKind.QUESTION: "question inquiry ask 咨询 提问 疑问 询问 求助 使用咨询",
    PostKind.PRAISE: "praise thanks compliment like 表扬 好评 点赞 赞扬 感谢 满意",
}
_KINDS = {word: kind for kind, words in KIND_WORDS.items() for word in words.split()}
MOST_TAGS = 20
FIELDS = (
    Field("title", N_("Headline"), ("标题", "主题", "题目", "subject", "headline", "summary"), text=True),
    Field("body", N_("Text"), ("正文", "内容", "反馈内容", "描述", "详情", "意见", "评论", "text", "content",
                                "description", "message", "comment", "feedback"), text=True),
    Field("kind", N_("Kind"), ("类型", "类别", "反馈类型", "type", "category"),
          choices=[(kind.value, label) for kind, label in KIND_LABELS.items()]),
    Field("created_at", N_("Date"), ("日期", "时间", "发布时间", "创建时间", "提交时间", "反馈时间", "date", "time",
                                      "created", "timestamp")),
    Field("author", N_("Who"), ("作者", "昵称", "用户", "用户名", "车主", "姓名", "user", "nickname", "name")),
    Field("model", N_("Model"), ("车型", "车系", "model name", "series", "vehicle")),
    Field("model_year", N_("Model year"), ("年款", "年份", "车型年份", "year")),
    Field("external_id", N_("Own id"), ("编号", "序号", "工单号", "帖子编号", "id", "key", "number", "ticket")),
    Field("channel", N_("Channel"), ("渠道", "来源渠道", "channel", "origin")),
    Field("tags", N_("Tags"), ("标签", "品牌", "关键词", "tag", "labels", "keywords", "topics", "brand"), many=True),
    Field("votes", N_("Votes elsewhere"), ("票数", "点赞数", "赞数", "点赞", "支持数", "likes", "upvotes", "score")),
)  # fmt: skip


@dataclass(frozen=True)
class Voice:
    """A row of a file as the post that it will be."""

    external_id: str
    hash: str
    title: str
    title_derived: bool
    body: str
    kind: PostKind
    created_at: datetime | None
    author_label: str | None
    model: str
    model_year: int | None
    channel: str
    tags: tuple[str, ...]
    imported_votes: int


class PostTable:
    """The forum's side of import."""

    name = "posts"
    label = N_("Posts")
    fields = FIELDS
    link = ("show_post", "post_id")

    def plan(self, rows: Iterable[SourceRow], options: Options) -> Iterator[PlannedRow | RowError]:
        """Voices in the order of the file; a row that repeats an own id of the same file is refused."""
        equal: Counter[str] = Counter()
        return plan_once(rows, lambda row: _voice(row, options, equal), lambda voice: voice.external_id)

    def preview(self, row: PlannedRow, options: Options) -> Mapping[str, str]:
        voice: Voice = row.data
        moment = voice.created_at.astimezone(options.zone) if voice.created_at else None
        return {
            "title": voice.title,
            "body": "" if voice.title_derived and voice.body == voice.title else voice.body[:200],
            "kind": voice.kind.value,
            "created_at": f"{moment:%Y-%m-%d %H:%M}".removesuffix(" 00:00") if moment else "",
            "author": voice.author_label or "",
            "model": voice.model,
            "model_year": str(voice.model_year or ""),
            "external_id": "" if voice.external_id.startswith("#") else voice.external_id,
            "channel": voice.channel,
            "tags": "、".join(voice.tags),
            "votes": str(voice.imported_votes or ""),
        }

    def compare(self, session: Session, rows: Sequence[PlannedRow], options: Options) -> Outcome:
        new, changed, same = _sorted_out(session, [row.data for row in rows], options)
        return Outcome(len(new), len(changed), same)

    def write(self, session: Session, import_id: int, rows: Sequence[PlannedRow], options: Options) -> Outcome:
        new, changed, same = _sorted_out(session, [row.data for row in rows], options)
        moment = clock.now()
        visibility = Visibility(options.visibility)
        # Cutting words is the slow part: it comes before the first write, so that nobody waits for it.
        docs = search.prepare(session, (_doc(voice, visibility, moment) for voice in [*new, *changed.values()]))
        prepared = dict(zip([voice.external_id for voice in [*new, *changed.values()]], docs, strict=True))
        added = _insert(session, [_row(voice, import_id, options, visibility, moment) for voice in new])
        _update(session, changed, visibility)
        ids = {voice.external_id: post_id for post_id, voice in changed.items()} | added
        voices = {voice.external_id: voice for voice in [*new, *changed.values()]}
        _replace_tags(session, {post_id: voices[key].tags for key, post_id in ids.items()}, set(changed))
        search.put(
            session,
            [
                replace(prepared[key], doc=replace(prepared[key].doc, row_id=post_id))
                for key, post_id in ids.items()
            ],
        )  # fmt: skip
        if changed:
            search.refresh(session, "post", post_facts(session, list(changed)))
        if ids:
            outbox.publish(session, PostsImported(import_id=import_id, post_ids=sorted(ids.values())))
        # A voice that another import added between our reading and our writing is known by now.
        return Outcome(len(added), len(changed), same + len(new) - len(added))

    def undo(self, session: Session, import_id: int, after_id: int) -> UndoStep:
        """Blank the import's posts that nobody voted on, commented on, followed, answered or linked since.

        Their identity is freed, so the same file may bring them again.
        """
        mine = select(Post.id).where(Post.import_id == import_id, col(Post.deleted_at).is_(None))
        statement = mine.where(col(Post.id) > after_id).order_by(col(Post.id)).limit(BATCH)
        ids = [post_id for post_id in session.exec(statement) if post_id is not None]
        reasons = reasons_to_stay(session, ids)
        free = [post_id for post_id in ids if not reasons.get(post_id)]
        gone = blank(session, free)
        # Somebody may have built on a post between our reading and our writing.
        late = reasons_to_stay(session, [post_id for post_id in free if post_id not in gone])
        reasons |= {post_id: reason or N_("Somebody voted for it.") for post_id, reason in late.items()}
        kept = [Kept(post_id, reason) for post_id in ids if (reason := reasons.get(post_id))]
        if gone:
            outbox.publish(session, PostsWithdrawn(import_id=import_id, post_ids=sorted(gone)))
        return UndoStep(len(gone), kept, ids[-1] if len(ids) == BATCH else None)

    def titles(self, session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, str]:
        """Titles of the posts that this reader may open."""
        statement = columns(Post.id, Post.title).where(col(Post.id).in_(ids), *readable_by(actor))
        return dict(session.exec(statement).all())


posts = PostTable()
_POST: Any = Post.__table__  # type: ignore[attr-defined]


# -- planning


def _voice(row: SourceRow, options: Options, equal: Counter[str]) -> Voice:
    title, body = " ".join(row.one("title").split()), row.one("body")
    if not title and not body:
        raise values.BadValue(N_("Neither title nor text says anything."))
    derived = not title
    external_id = row.one("external_id")
    if len(external_id) > 180:
        raise values.BadValue(N_("The id is longer than %(most)s characters."), most=180)
    mapped = {name: list(cells) for name, cells in sorted(row.values.items())}
    digest = hashlib.sha256(json.dumps(mapped, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()
    if not external_id:
        equal[digest] += 1
        external_id = f"#{digest[:40]}-{equal[digest]}"
    elif external_id.startswith("#"):
        external_id = f"##{external_id[1:]}"  # "#" begins our own names
    date, year, votes = row.one("created_at"), row.one("model_year"), row.one("votes")
    tags = dict.fromkeys(tag[:40] for cell in row.values.get("tags", ()) for tag in values.words(cell))
    return Voice(
        external_id=external_id,
        hash=hashlib.sha256(f"{digest}{sorted(options.defaults.items())}{options.visibility}".encode()).hexdigest(),
        title=title or first_sentence(body) or body[:60],
        title_derived=derived,
        body=body,
        kind=_kind(row.one("kind") or options.defaults.get("kind", "")),
        created_at=values.moment(date, options.zone) if date else None,
        author_label=row.one("author")[:80] or None,
        model=row.one("model")[:60],
        model_year=values.whole_number(year.removesuffix("款"), least=1950, most=2100) if year else None,
        channel=(row.one("channel") or options.defaults.get("channel", "") or "import")[:40],
        tags=tuple(tags)[:MOST_TAGS],
        imported_votes=values.whole_number(votes) if votes else 0,
    )


def _kind(word: str) -> PostKind:
    if not word:
        return PostKind.IDEA
    kind = _KINDS.get(word.strip().casefold())
    if kind is None:
        raise values.BadValue(N_("“%(value)s” is no kind of post: 建议, 问题, 咨询 or 表扬."), value=word[:40])
    return kind


# -- writing


def _sorted_out(
    session: Session, voices: Sequence[Voice], options: Options
) -> tuple[list[Voice], dict[int, Voice], int]:
    """New voices, changed ones by the id of their post, and the number of those that are known as they are."""
    statement = columns(Post.external_id, Post.id, Post.import_hash, Post.deleted_at).where(
        Post.source == options.source, col(Post.external_id).in_([voice.external_id for voice in voices])
    )
    known = {key: (post_id, digest, deleted_at) for key, post_id, digest, deleted_at in session.exec(statement)}
    new = [voice for voice in voices if voice.external_id not in known]
    # What a person deleted stays deleted, whatever the file says.
    changed = {
        known[voice.external_id][0]: voice
        for voice in voices
        if voice.external_id in known and known[voice.external_id][1] != voice.hash
        and known[voice.external_id][2] is None
    }  # fmt: skip
    return new, changed, len(voices) - len(new) - len(changed)


def _doc(voice: Voice, visibility: Visibility, moment: datetime) -> search.SearchDoc:
    return post_doc(
        title=voice.title, body=voice.body, created_at=voice.created_at or moment, model=voice.model,
        visibility=visibility, tags=voice.tags, kind=voice.kind, facts=replace(NEW, votes=voice.imported_votes),
    )  # fmt: skip


def _content(voice: Voice, visibility: Visibility) -> dict[str, Any]:
    return {
        "kind": voice.kind, "title": voice.title, "title_derived": voice.title_derived, "body": voice.body,
        "author_label": voice.author_label, "imported_votes": voice.imported_votes, "channel": voice.channel,
        "model": voice.model, "model_year": voice.model_year, "visibility": visibility, "import_hash": voice.hash,
    }  # fmt: skip


def _row(voice: Voice, import_id: int, options: Options, visibility: Visibility, moment: datetime) -> dict[str, Any]:
    created_at = voice.created_at or moment
    return _blank_post() | _content(voice, visibility) | {
        "source": options.source, "external_id": voice.external_id, "import_id": import_id,
        "created_at": created_at, "hot": hot_score(0, created_at),
    }  # fmt: skip


@lru_cache(maxsize=1)
def _blank_post() -> dict[str, Any]:
    """What the model sets by itself; making 5,000 models for it would take longer than writing the rows."""
    post = Post(title="")
    return {column.key: getattr(post, column.key) for column in _POST.columns if column.key != "id"}


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Ids of the posts that were added, by external id; one that somebody else added meanwhile is left out."""
    if not rows:
        return {}
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    table = _POST
    statement = dialect.insert(table).on_conflict_do_nothing().returning(table.c.external_id, table.c.id)
    return {row.external_id: row.id for row in session.connection().execute(statement, rows)}


def _update(session: Session, changed: Mapping[int, Voice], visibility: Visibility) -> None:
    if not changed:
        return
    table = _POST
    rows = [
        {**_content(voice, visibility), "at": voice.created_at, "key": post_id} for post_id, voice in changed.items()
    ]
    names = [name for name in rows[0] if name not in ("at", "key")]
    fixed: dict[str, Any] = {name: sa.bindparam(name) for name in names}
    created = sa.func.coalesce(sa.bindparam("at", type_=table.c.created_at.type), table.c.created_at)
    statement = sa.update(table).where(table.c.id == sa.bindparam("key")).values(created_at=created, **fixed)
    session.connection().execute(statement, rows)


def _replace_tags(session: Session, tags: Mapping[int, Sequence[str]], known: set[int]) -> None:
    if known:
        session.connection().execute(sa.delete(PostTag).where(col(PostTag.post_id).in_(known)))
    rows = [{"post_id": post_id, "tag": tag} for post_id, words in tags.items() for tag in words]
    if rows:
        session.connection().execute(sa.insert(PostTag), rows)
