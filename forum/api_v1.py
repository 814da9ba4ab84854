"""The forum as JSON: read what is public without a token, write with one."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Query, Response
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid, NotAllowed, NotFound, NotSignedIn
from cocreate.core.tables import columns
from cocreate.identity.members.queries import NOBODY, people
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.paging import BadCursor
from cocreate.web.refusals import FOR_TOKENS, refusals
from forum.boards.models import Board
from forum.comments import service as comments
from forum.comments.queries import CommentView, page_of_comments
from forum.merging.queries import heads_of
from forum.posts import listing, service
from forum.posts.forms import split_tags
from forum.posts.listing import Filters, Sort
from forum.posts.models import Post, PostKind, PostStatus, PostTag
from forum.posts.queries import get_post, post_cards, visible_ids
from forum.shapes import CommentIn, CommentOut, CommentPageOut, PostIn, PostOut, PostPageOut, VoteOut
from forum.votes import service as votes
from forum.votes.queries import voted_ids

router = APIRouter(prefix="/api/v1", tags=["forum"])
Limit = Annotated[int, Query(ge=1, le=100, description="Rows on a page.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]


@router.get("/posts", dependencies=[allow("forum.read")], responses=refusals(BadCursor))
def list_posts(
    actor: CurrentActor,
    db: ReadDb,
    sort: Sort = Sort.HOT,
    kind: PostKind | None = None,
    status: PostStatus | None = None,
    board: Annotated[str, Query(max_length=40)] = "",
    model: Annotated[str, Query(max_length=60)] = "",
    tag: Annotated[str, Query(max_length=40)] = "",
    q: Annotated[str, Query(max_length=200, description="Words that it holds.")] = "",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> PostPageOut:
    """Posts by hot, new or top."""
    filters = Filters(
        sort=sort, kind=kind, status=status, board=_clean(board), model=_clean(model), tag=_clean(tag), text=_clean(q)
    )
    page = listing.list_ids(db, filters, actor, limit=limit, cursor=cursor)
    shown = posts_out(db, page.items, actor)
    return PostPageOut(
        items=[shown[post_id] for post_id in page.items if post_id in shown], next_cursor=page.next_cursor
    )


@router.post(
    "/posts",
    status_code=201,
    dependencies=[allow("forum.write", scope="posts:write")],
    responses=refusals(NotSignedIn, NotAllowed, service.SentTwice, Invalid),
)
def add_post(
    data: Annotated[PostIn, Body()],
    actor: CurrentActor,
    db: Db,
    answer: Response,
    idempotency_key: Annotated[str, Header(max_length=80, description="Sent twice, it makes one post.")] = "",
) -> PostOut:
    """Write a post in the name of the token's member, who follows it from then on."""
    draft = service.Draft(
        title=" ".join(_clean(data.title).split()), body=_clean(data.body), kind=data.kind,
        board_id=_board_id(db, data.board), vehicle_id=data.vehicle_id, model=_clean(data.model),
        model_year=data.model_year, tags=split_tags(" ".join(_clean(tag) for tag in data.tags)), private=data.private,
        src="api",
    )  # fmt: skip
    post = service.submit_post(db, draft, author=actor, once=_clean(idempotency_key))
    post_id = post.id or 0
    answer.headers["location"] = f"/api/v1/posts/{post_id}"
    db.flush()
    return posts_out(db, [post_id], actor)[post_id]


@router.get("/posts/{post_id}", dependencies=[allow("forum.read")], responses=refusals(NotFound))
def read_post(post_id: RowId, actor: CurrentActor, db: ReadDb) -> PostOut:
    """One post."""
    get_post(db, post_id, actor)
    return posts_out(db, [post_id], actor)[post_id]


@router.put(
    "/posts/{post_id}/vote",
    dependencies=[allow("forum.write", scope="votes:write")],
    responses={**FOR_TOKENS, **refusals(NotFound, votes.VotingClosed)},
)
def put_vote(post_id: RowId, actor: CurrentActor, db: Db) -> VoteOut:
    """Give the member's one vote; a second time changes nothing."""
    post = get_post(db, post_id, actor)
    votes.cast_vote(db, post, voter=actor)
    head = votes.head_of(db, post)
    return VoteOut(post_id=head.id or 0, votes=head.vote_count, voted=True)


@router.delete(
    "/posts/{post_id}/vote",
    dependencies=[allow("forum.write", scope="votes:write")],
    responses={**FOR_TOKENS, **refusals(NotFound, votes.VotingClosed)},
)
def remove_vote(post_id: RowId, actor: CurrentActor, db: Db) -> VoteOut:
    """Take the member's vote back; without one nothing changes."""
    post = get_post(db, post_id, actor)
    votes.withdraw_vote(db, post, voter=actor)
    head = votes.head_of(db, post)
    return VoteOut(post_id=head.id or 0, votes=head.vote_count, voted=False)


@router.get(
    "/posts/{post_id}/comments",
    dependencies=[allow("forum.read")],
    responses=refusals(NotFound, BadCursor),
)
def list_comments(
    post_id: RowId, actor: CurrentActor, db: ReadDb, limit: Limit = 50, cursor: Cursor = None
) -> CommentPageOut:
    """Comments and replies below a post, oldest first."""
    get_post(db, post_id, actor)
    page = page_of_comments(db, post_id, actor, limit=limit, cursor=cursor)
    return CommentPageOut(items=[_comment_out(post_id, one) for one in page.items], next_cursor=page.next_cursor)


@router.post(
    "/posts/{post_id}/comments",
    status_code=201,
    dependencies=[allow("forum.write", scope="comments:write")],
    responses={**FOR_TOKENS, **refusals(NotFound, Invalid)},
)
def write_comment(post_id: RowId, data: Annotated[CommentIn, Body()], actor: CurrentActor, db: Db) -> CommentOut:
    """Answer a post or a comment."""
    post = get_post(db, post_id, actor)
    body = _clean(data.body).strip()
    comment = comments.add_comment(db, post, body, author=actor, parent_id=data.parent_id)
    view = CommentView.written(comment, people(db, [actor.id]).get(actor.member_id, NOBODY))
    return _comment_out(post_id, view)


def posts_out(session: Session, ids: list[int], actor: Actor) -> dict[int, PostOut]:
    """Posts as JSON by id, of those that this reader may see; four statements at most."""
    cards = post_cards(session, ids, actor=actor)
    if not cards:
        return {}
    further = {
        row[0]: row[1:]
        for row in session.exec(
            columns(Post.id, Post.body, Board.key, Post.model_year, Post.edited_at)
            .outerjoin(Board, col(Board.id) == Post.board_id)
            .where(col(Post.id).in_(list(cards)))
        )
    }
    tags: dict[int, list[str]] = {}
    named = columns(PostTag.post_id, PostTag.tag).where(col(PostTag.post_id).in_(list(cards))).order_by(PostTag.tag)
    for post_id, tag in session.exec(named):
        tags.setdefault(post_id, []).append(tag)
    heads = heads_of(session, [card.id for card in cards.values() if card.merged_into_id is not None])
    voted = voted_ids(session, actor, [*cards, *heads.values()])
    seen = visible_ids(session, actor, heads.values())
    return {
        card.id: PostOut(
            id=card.id, url=f"/posts/{card.id}", title=card.title, body=further[card.id][0], kind=card.kind,
            status=card.status, board=further[card.id][1], model=card.model, model_year=further[card.id][2],
            author=card.author_name or None, author_verified=card.author_verified, channel=card.channel,
            visibility=card.visibility, tags=tags.get(card.id, []), votes=card.vote_count,
            imported_votes=card.imported_votes, comments=card.comment_count, voted=heads.get(card.id, card.id) in voted,
            merged_into=heads[card.id] if heads.get(card.id) in seen else None,
            created_at=card.created_at, edited_at=further[card.id][3],
        )
        for card in cards.values()
    }  # fmt: skip


def _comment_out(post_id: int, one: CommentView) -> CommentOut:
    return CommentOut(
        id=one.id, post_id=post_id, parent_id=one.parent_id, author=one.author.name or None,
        author_role=one.author.role.value if one.author.role else None, body=one.body or "",
        created_at=one.created_at, edited_at=one.edited_at,
    )  # fmt: skip


def _board_id(session: Session, key: str | None) -> int | None:
    if key is None:
        return None
    found = session.exec(select(Board.id).where(Board.key == key)).first()
    if found is None:
        raise service.UnknownBoard(fields={"board": service.UnknownBoard.message})
    return found


def _clean(text: str) -> str:
    """Without NUL, which PostgreSQL takes in no text."""
    return text.replace("\x00", "")
