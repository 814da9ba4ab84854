"""Comments: one reply level, blanking, the counter, and the page with and without script."""

from collections.abc import Callable

import pytest
from sqlmodel import Session, select

from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.comments import service
from forum.comments.models import Comment
from forum.comments.queries import threads
from forum.moderation import service as moderation
from forum.posts.models import Post
from forum.posts.service import NotYours
from tests.client import Client
from tests.factories.forum import acting


def count_of(runtime: Runtime, post: Post) -> int:
    with runtime.database.read() as session:
        return session.get_one(Post, post.id).comment_count


def shown(runtime: Runtime, post: Post, member: Member, *roles: Role) -> list[tuple[str | None, list[str | None]]]:
    with runtime.database.read() as session:
        views = threads(session, post.id or 0, acting(runtime, member, *roles))
    return [(view.body, [reply.body for reply in view.replies]) for view in views]


def test_a_reply_to_a_reply_joins_the_thread(
    make_post: Callable[..., Post], make_comment: Callable[..., Comment]
) -> None:
    post = make_post()
    first = make_comment(post)
    reply = make_comment(post, reply_to=first)
    assert make_comment(post, reply_to=reply).parent_id == first.id


def test_a_comment_of_another_post_takes_no_reply(
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
    make_member: Callable[..., Member],
) -> None:
    elsewhere, post = make_comment(make_post()), make_post()
    with runtime.database.write() as session, pytest.raises(service.NothingToReplyTo):
        service.add_comment(
            session, session.get_one(Post, post.id), "…", author=acting(runtime, make_member()), parent_id=elsewhere.id
        )
    assert count_of(runtime, post) == 0


def test_a_blanked_comment_keeps_its_place_while_it_has_replies(
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
    make_member: Callable[..., Member],
) -> None:
    post, author, reader = make_post(), make_member(), make_member()
    first = make_comment(post, "我说错了", author=author)
    make_comment(post, "没关系", reply_to=first)
    alone = make_comment(post, "路过", author=author)
    assert count_of(runtime, post) == 3

    def blank(session: Session, comment: Comment) -> None:
        service.delete_comment(session, session.get_one(Comment, comment.id), by=acting(runtime, author))

    with runtime.database.write() as session:
        blank(session, first)
        blank(session, alone)
        blank(session, alone)
    assert count_of(runtime, post) == 1
    assert shown(runtime, post, reader) == [(None, ["没关系"])]
    with runtime.database.read() as session:
        assert session.get_one(Comment, first.id).body == ""


def test_only_its_author_changes_a_comment(
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
    make_member: Callable[..., Member],
) -> None:
    author, other = make_member(), make_member()
    comment = make_comment(make_post(), "原话", author=author)
    with runtime.database.write() as session:
        row = session.get_one(Comment, comment.id)
        with pytest.raises(NotYours):
            service.edit_comment(session, row, "别人的话", editor=acting(runtime, other, Role.MODERATOR))
        with pytest.raises(NotYours):
            service.delete_comment(session, row, by=acting(runtime, other))
        assert service.edit_comment(session, row, "新话", editor=acting(runtime, author))
        assert not service.edit_comment(session, row, "新话", editor=acting(runtime, author))
        assert row.edited_at is not None


def test_hiding_a_comment_counts_it_out_and_back_in(
    client: Client,
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
    make_member: Callable[..., Member],
) -> None:
    post, author, moderator = make_post(), make_member(), make_member("版主", Role.MODERATOR)
    comment = make_comment(post, "难听的话", author=author)
    client.post(f"/comments/{comment.id}/hide", actor=moderator, data={"reason": "骂人"})
    client.post(f"/comments/{comment.id}/hide", actor=moderator, data={"reason": "骂人"})
    assert count_of(runtime, post) == 0
    assert "难听的话" not in client.get(f"/posts/{post.id}").text
    assert client.get(f"/api/v1/posts/{post.id}/comments").json()["items"] == []
    for reader in (author, moderator):
        assert "难听的话" in client.get(f"/posts/{post.id}", actor=reader).text
    client.post(f"/comments/{comment.id}/restore", actor=moderator)
    assert count_of(runtime, post) == 1
    assert "难听的话" in client.get(f"/posts/{post.id}").text


def test_commenting_with_and_without_script(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, member = make_post(), make_member("小周")
    plain = client.post(f"/posts/{post.id}/comments", actor=member, data={"body": "**建议：**增加开关"})
    assert plain.status_code == 303
    assert plain.headers["location"].startswith(f"/posts/{post.id}#c")
    page = client.get(f"/posts/{post.id}").text
    assert "<strong>建议：</strong>增加开关" in page
    part = client.post(f"/posts/{post.id}/comments", actor=member, data={"body": "第二条"}, htmx=True).text
    assert "<html" not in part
    assert 'id="comments"' in part
    assert "建议：" in part
    assert "第二条" in part


def test_an_empty_comment_is_shown_again_with_a_word(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, member = make_post("标题还在"), make_member()
    for htmx in (True, False):
        answer = client.post(f"/posts/{post.id}/comments", actor=member, data={"body": "  "}, htmx=htmx)
        assert answer.status_code == 422
        assert "field-error" in answer.text
        assert ("<html" in answer.text) is not htmx


def test_a_comment_is_edited_on_its_own_page(
    client: Client,
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
    make_member: Callable[..., Member],
) -> None:
    post, author = make_post(), make_member()
    comment = make_comment(post, "原话", author=author)
    assert "原话" in client.get(f"/comments/{comment.id}/edit", actor=author).text
    assert client.get(f"/comments/{comment.id}/edit", actor=make_member()).status_code == 403
    answer = client.post(f"/comments/{comment.id}", actor=author, data={"body": "新话"})
    assert answer.headers["location"] == f"/posts/{post.id}#c{comment.id}"
    assert "新话" in client.get(f"/posts/{post.id}").text
    client.post(f"/comments/{comment.id}/delete", actor=author)
    assert client.get(f"/comments/{comment.id}/edit", actor=author).status_code == 404


TWICE: dict[str, Callable[..., None]] = {
    "delete": lambda session, row, by: service.delete_comment(session, row, by=by),
    "hide": lambda session, row, by: moderation.hide_comment(session, row, reason="骂人", by=by),
    "restore": lambda session, row, by: moderation.restore_comment(session, row, by=by),
}


@pytest.mark.parametrize(("act", "left"), [("delete", 1), ("hide", 1), ("restore", 2)])
def test_the_same_button_pressed_twice_counts_once(
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
    make_member: Callable[..., Member],
    act: str,
    left: int,
) -> None:
    post, moderator = make_post(), acting(runtime, make_member(), Role.MODERATOR)
    make_comment(post)
    comment = make_comment(post)
    if act == "restore":
        with runtime.database.write() as session:
            TWICE["hide"](session, session.get_one(Comment, comment.id), moderator)
    with runtime.database.write() as late:
        row = late.get_one(Comment, comment.id)
        with runtime.database.write() as session:
            TWICE[act](session, session.get_one(Comment, comment.id), moderator)
        TWICE[act](late, row, moderator)
    assert count_of(runtime, post) == left


def test_a_comment_blanked_meanwhile_takes_no_new_words(
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
    make_member: Callable[..., Member],
) -> None:
    author = make_member()
    comment = make_comment(make_post(), author=author)
    with runtime.database.write() as late:
        row = late.get_one(Comment, comment.id)
        with runtime.database.write() as session:
            service.delete_comment(session, session.get_one(Comment, comment.id), by=acting(runtime, author))
        with pytest.raises(service.CommentGone):
            service.edit_comment(late, row, "又来了", editor=acting(runtime, author))
    with runtime.database.read() as session:
        assert session.get_one(Comment, comment.id).body == ""


def test_a_long_thread_shows_its_newest_comments_and_says_how_many_came_before(
    client: Client,
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
    make_member: Callable[..., Member],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post, author, reader = make_post(), make_member(), make_member()
    first, *_ = [make_comment(post, f"第{number}条", author=author) for number in range(1, 7)]
    make_comment(post, "答第1条", author=author, reply_to=first)
    with runtime.database.write() as session:
        hidden = session.exec(select(Comment).where(Comment.body == "第2条")).one()
        moderation.hide_comment(session, hidden, reason="骂人", by=acting(runtime, reader))
    expected = [("第1条", ["答第1条"]), ("第5条", []), ("第6条", [])]
    with runtime.database.read() as session:
        # The third and the fourth; the second is hidden, but not from its author.
        for member, earlier in ((reader, 2), (author, 3)):
            found = threads(session, post.id or 0, acting(runtime, member), limit=3)
            assert [(one.body, [reply.body for reply in one.replies]) for one in found] == expected
            assert found.earlier == earlier
        assert threads(session, post.id or 0, acting(runtime, reader), limit=7).earlier == 0
    limited = threads.__kwdefaults__ or {}
    monkeypatch.setitem(limited, "limit", 3)
    page = client.get(f"/posts/{post.id}").text
    assert ("更早的 2 条评论" in page, "第3条" in page, "第6条" in page) == (True, False, True)
