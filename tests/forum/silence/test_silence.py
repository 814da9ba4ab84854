"""The silence clock of posts: who waits, what stops it, where it goes when posts merge, what everybody may know."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cocreate.clocks import service as clocks
from cocreate.clocks.ladder import climb
from cocreate.clocks.queries import figures
from cocreate.core.actor import GUEST, Role
from forum.comments.models import Comment
from forum.comments.service import add_comment, delete_comment
from forum.desk import service as desk
from forum.merging import service as merging
from forum.moderation import service as moderation
from forum.posts.models import Post, PostKind, PostStatus
from forum.posts.service import Draft, delete_post, edit_post, submit_post
from forum.silence.rules import FIRST_ANSWER
from forum.silence.service import unanswered
from tests.factories.forum import acting

ZONE = ZoneInfo("Asia/Shanghai")
TUESDAY = datetime(2026, 3, 10, 10, tzinfo=ZONE)
DUE = datetime(2026, 3, 20, 10, tzinfo=ZONE)
"""Eight working days of nine hours later."""


@pytest.fixture(autouse=True)
def tuesday(runtime, time_machine):
    time_machine.move_to(TUESDAY, tick=False)
    return time_machine


@pytest.fixture
def owner(make_member):
    return make_member("小周")


@pytest.fixture
def agent(make_member):
    return make_member("小林", Role.AGENT, Role.MODERATOR)


@pytest.fixture
def submit(runtime, owner):
    """`submit("座椅太吵", kind=…)`: the owner posts it."""

    def write(title="座椅通风太吵", author=None, **values):
        member = author or owner
        with runtime.database.write() as session:
            draft = Draft(title=title, **values)
            roles = values.pop("roles", [])
            return submit_post(session, draft, author=acting(runtime, member, *roles))

    return write


def wait(runtime, post):
    with runtime.database.read() as session:
        return clocks.read(session, FIRST_ANSWER, [post.id]).get(post.id)


def test_a_public_question_waits_from_the_moment_it_is_posted(runtime, submit, worker):
    post = submit(kind=PostKind.QUESTION)
    view = wait(runtime, post)
    assert (view.started_at, view.due_at, view.state) == (TUESDAY, DUE, "running")
    worker.drain()
    assert wait(runtime, post) == view


def test_praise_private_and_imported_posts_wait_for_nobody(runtime, submit, make_post, worker):
    for post in (submit(kind=PostKind.PRAISE), submit(private=True), make_post(imported=True)):
        assert wait(runtime, post) is None
    worker.drain()


def test_what_staff_post_themselves_waits_for_nobody(runtime, agent, worker):
    with runtime.database.write() as session:
        post = submit_post(session, Draft(title="新品征集"), author=acting(runtime, agent, Role.AGENT))
    worker.drain()
    assert wait(runtime, post) is None


@pytest.mark.parametrize("way", ["comment", "response", "status"])
def test_the_first_human_answer_stops_it_at_the_moment_it_was_given(runtime, submit, agent, worker, tuesday, way):
    post = submit()
    worker.drain()
    answered_at = TUESDAY + timedelta(hours=5)
    tuesday.move_to(answered_at, tick=False)
    with runtime.database.write() as session:
        row, by = session.get_one(Post, post.id), acting(runtime, agent, Role.AGENT)
        if way == "comment":
            add_comment(session, row, "我们在看", author=by)
        elif way == "response":
            desk.respond(session, row, "我们在看", by=by)
        else:
            desk.decide(session, row, PostStatus.REVIEWING, reason="我们在看", by=by)
    tuesday.move_to(answered_at + timedelta(hours=1), tick=False)
    worker.drain()
    view = wait(runtime, post)
    assert (view.state, view.stopped_at) == ("met", answered_at)


def test_a_step_that_somebody_took_with_the_item_behind_the_post_is_an_answer(runtime, submit, agent):
    post = submit()
    with runtime.database.write() as session:
        by = acting(runtime, agent, Role.AGENT)
        desk.set_status(session, [post.id], PostStatus.PLANNED, cause=("roadmap_item", 7), by=by, reason="排进 2.4")
    assert wait(runtime, post).state == "met"


def test_owners_and_statuses_that_follow_from_something_else_do_not_stop_it(
    runtime, submit, owner, make_member, agent, worker
):
    post = submit()
    with runtime.database.write() as session:
        row = session.get_one(Post, post.id)
        add_comment(session, row, "我也是", author=acting(runtime, make_member()))
        add_comment(session, row, "补充一句", author=acting(runtime, owner))
        desk.set_status(session, [post.id], PostStatus.PLANNED, cause=("roadmap_item", 7), by=GUEST)
        by = acting(runtime, agent, Role.AGENT)
        desk.set_status(session, [post.id], PostStatus.REVIEWING, cause=("returned", 7), by=by)
    worker.drain()
    assert wait(runtime, post).state == "running"


def test_an_answer_to_a_theme_stops_all_its_posts(runtime, submit, agent):
    posts = [submit(f"想法{n}") for n in range(3)]
    from forum import api

    with runtime.database.write() as session:
        assert api.note_answer(session, [post.id for post in posts[:2]], by=agent.id) == 2
        assert api.note_answer(session, [post.id for post in posts[:2]], by=agent.id) == 0
    assert [wait(runtime, post).state for post in posts] == ["met", "met", "running"]


def test_deleted_and_hidden_posts_wait_no_more_and_a_restored_one_waits_anew(
    runtime, submit, owner, agent, worker, tuesday
):
    gone, hidden = submit("删掉的"), submit("藏起来的")
    with runtime.database.write() as session:
        delete_post(session, session.get_one(Post, gone.id), by=acting(runtime, owner))
        moderator = acting(runtime, agent, Role.MODERATOR)
        moderation.hide_post(session, session.get_one(Post, hidden.id), reason="核实", by=moderator)
    worker.drain()
    assert [wait(runtime, post).state for post in (gone, hidden)] == ["gone", "gone"]
    later = TUESDAY + timedelta(days=1)
    tuesday.move_to(later, tick=False)
    with runtime.database.write() as session:
        moderation.restore_post(session, session.get_one(Post, hidden.id), by=acting(runtime, agent, Role.MODERATOR))
    worker.drain()
    assert (wait(runtime, hidden).state, wait(runtime, hidden).started_at) == ("running", later)


def test_a_post_made_private_waits_no_more_and_one_opened_begins_to(runtime, submit, owner, worker):
    post, private = submit(), submit("私下说", private=True)
    with runtime.database.write() as session:
        by = acting(runtime, owner)
        edit_post(session, session.get_one(Post, post.id), Draft(title=post.title, private=True), editor=by)
        edit_post(session, session.get_one(Post, private.id), Draft(title="私下说"), editor=by)
    worker.drain()
    assert wait(runtime, post).state == "gone"
    assert wait(runtime, private).state == "running"


def test_a_post_opened_after_weeks_is_not_late_at_once(runtime, submit, owner, worker, tuesday):
    private = submit("私下说", private=True)
    worker.drain()
    later = DUE + timedelta(days=4)
    tuesday.move_to(later, tick=False)
    with runtime.database.write() as session:
        edit_post(session, session.get_one(Post, private.id), Draft(title="私下说"), editor=acting(runtime, owner))
    worker.drain()
    assert (wait(runtime, private).started_at, wait(runtime, private).state) == (later, "running")


def test_an_answer_that_is_taken_back_was_none(runtime, submit, agent, worker, tuesday):
    from forum import api

    post, reviewed = submit(), submit("已经在看的")
    by = acting(runtime, agent, Role.PM)
    with runtime.database.write() as session:
        desk.decide(session, session.get_one(Post, reviewed.id), PostStatus.REVIEWING, reason="在看", by=by)
    before = wait(runtime, post)
    tuesday.move_to(TUESDAY + timedelta(hours=5), tick=False)
    with runtime.database.write() as session:
        ids = [post.id, reviewed.id]
        desk.set_status(session, ids, PostStatus.DECLINED, cause=("theme", 3), by=by, reason="不安全")
    assert wait(runtime, post).state == "met"
    tuesday.move_to(TUESDAY + timedelta(hours=6), tick=False)
    with runtime.database.write() as session:
        desk.set_status(session, [post.id], PostStatus.OPEN, cause=("theme", 3), by=by)
        desk.set_status(session, [reviewed.id], PostStatus.REVIEWING, cause=("theme", 3), by=by)
        assert api.take_answer_back(session, ids, ("theme", 3)) == 1
    worker.drain()
    after = wait(runtime, post)
    assert (after.started_at, after.due_at, after.state) == (before.started_at, before.due_at, "running")
    assert wait(runtime, reviewed).stopped_at == TUESDAY
    tuesday.move_to(DUE, tick=False)
    climb(runtime)
    assert wait(runtime, post).step == 2


@pytest.mark.parametrize("gone", ["deleted", "hidden"])
def test_a_comment_that_goes_was_no_answer(runtime, submit, agent, worker, tuesday, gone):
    post, by = submit(), acting(runtime, agent, Role.AGENT, Role.MODERATOR)
    before = wait(runtime, post)
    comments = []
    for hours in (1, 2):
        tuesday.move_to(TUESDAY + timedelta(hours=hours), tick=False)
        with runtime.database.write() as session:
            comments.append(add_comment(session, session.get_one(Post, post.id), "在看", author=by).id)
        worker.drain()
    assert wait(runtime, post).stopped_at == TUESDAY + timedelta(hours=1)

    def take_out(comment_id):
        with runtime.database.write() as session:
            comment = session.get_one(Comment, comment_id)
            if gone == "deleted":
                delete_comment(session, comment, by=by)
            else:
                moderation.hide_comment(session, comment, reason="发错了", by=by)

    take_out(comments[0])
    assert wait(runtime, post).stopped_at == TUESDAY + timedelta(hours=2), "the other one stands"
    take_out(comments[1])
    after = wait(runtime, post)
    assert (after.started_at, after.due_at, after.state) == (before.started_at, before.due_at, "running")
    if gone == "hidden":
        with runtime.database.write() as session:
            moderation.restore_comment(session, session.get_one(Comment, comments[1]), by=by)
        assert wait(runtime, post).stopped_at == TUESDAY + timedelta(hours=2)


def test_a_comment_that_is_gone_when_it_is_heard_of_answers_nobody(runtime, submit, agent, worker):
    post, by = submit(), acting(runtime, agent, Role.AGENT)
    with runtime.database.write() as session:
        comment = add_comment(session, session.get_one(Post, post.id), "在看", author=by)
        delete_comment(session, comment, by=by)
    worker.drain()
    assert wait(runtime, post).state == "running"


def test_a_no_that_is_taken_back_leaves_what_else_was_answered(runtime, submit, agent, worker, tuesday):
    post, by = submit(), acting(runtime, agent, Role.PM)
    with runtime.database.write() as session:
        desk.set_status(session, [post.id], PostStatus.DECLINED, cause=("theme", 3), by=by, reason="不安全")
    tuesday.move_to(TUESDAY + timedelta(hours=2), tick=False)
    with runtime.database.write() as session:
        desk.respond(session, session.get_one(Post, post.id), "停车后可以看。", by=by)
    worker.drain()
    with runtime.database.write() as session:
        desk.set_status(session, [post.id], PostStatus.OPEN, cause=("theme", 3), by=by)
        assert unanswered(session, [post.id], ("theme", 3)) == 0
    assert wait(runtime, post).stopped_at == TUESDAY + timedelta(hours=2)


def test_messages_about_a_post_that_is_hidden_keep_its_number_alone(runtime, submit, agent, worker, tuesday):
    from sqlmodel import select

    from cocreate.notify.inbox.models import InboxMessage

    post = submit("车牌和住址都写在标题里")
    tuesday.move_to(DUE - timedelta(days=1), tick=False)
    climb(runtime)
    with runtime.database.write() as session:
        by = acting(runtime, agent, Role.MODERATOR)
        moderation.hide_post(session, session.get_one(Post, post.id), reason="隐私", by=by)
    worker.drain()
    with runtime.database.read() as session:
        row = session.exec(select(InboxMessage).where(InboxMessage.notice == "clocks.warned")).one()
    assert row.params["what"] == f"#{post.id}"


def merge(runtime, source, target, agent):
    with runtime.database.write() as session:
        by = acting(runtime, agent, Role.MODERATOR)
        return merging.merge_posts(session, source.id, target.id, by=by)


def test_a_merged_post_waits_at_its_head_by_the_earlier_promise(runtime, submit, agent, worker, tuesday):
    early = submit("先说的")
    tuesday.move_to(TUESDAY + timedelta(days=1), tick=False)
    late = submit("后说的")
    merge(runtime, early, late, agent)
    worker.drain()
    assert wait(runtime, early).state == "gone"
    assert (wait(runtime, late).started_at, wait(runtime, late).due_at) == (TUESDAY, DUE)


def test_a_post_merged_into_an_answered_one_is_answered(runtime, submit, agent, worker):
    head, post = submit("先说的"), submit("后说的")
    with runtime.database.write() as session:
        desk.respond(session, session.get_one(Post, head.id), "在做了", by=acting(runtime, agent, Role.AGENT))
    worker.drain()
    merge(runtime, post, head, agent)
    worker.drain()
    assert wait(runtime, post).state == "met"


def test_a_merge_into_an_imported_voice_brings_the_wait_there(runtime, submit, make_post, agent, worker):
    post, head = submit(), make_post(imported=True)
    merge(runtime, post, head, agent)
    worker.drain()
    assert (wait(runtime, head).state, wait(runtime, head).due_at) == ("running", DUE)


def test_a_merge_taken_back_lets_the_post_wait_on_since_it_began(runtime, submit, agent, worker, tuesday):
    head, post = submit("先说的"), submit("后说的")
    made = merge(runtime, post, head, agent)
    worker.drain()
    tuesday.move_to(TUESDAY + timedelta(days=2), tick=False)
    with runtime.database.write() as session:
        merging.undo_merge(session, made.id, by=acting(runtime, agent, Role.MODERATOR))
    worker.drain()
    assert (wait(runtime, post).state, wait(runtime, post).due_at) == ("running", DUE)


def test_agents_are_warned_and_then_the_leadership_is_told(runtime, submit, agent, make_member, tuesday, worker):
    from sqlmodel import select

    from cocreate.notify.inbox.models import InboxMessage

    lead = make_member("总经理", Role.ADMIN)
    submit()
    worker.drain()
    for moment in (DUE - timedelta(days=2), DUE, datetime(2026, 3, 24, 10, tzinfo=ZONE)):
        tuesday.move_to(moment, tick=False)
        climb(runtime)
    with runtime.database.read() as session:
        rows = session.exec(select(InboxMessage).where(InboxMessage.notice.startswith("clocks."))).all()
    told = sorted((row.member_id, row.notice, row.params["what"]) for row in rows)
    assert told == sorted(
        [
            (agent.id, "clocks.warned", "座椅通风太吵"),
            (lead.id, "clocks.due", "座椅通风太吵"),
            (lead.id, "clocks.leadership", "座椅通风太吵"),
        ]
    )


# -- pages


def test_the_author_reads_when_somebody_answers_and_so_does_everybody(client, submit, owner, make_member):
    post = submit()
    mine = client.get(f"/posts/{post.id}", actor=owner).text
    assert "会在" in mine
    assert "3月20日" in mine
    assert "18" not in mine.split("3月20日")[1][:8]
    assert "3月20日" in client.get(f"/posts/{post.id}").text
    assert "3月20日" in client.get("/me", actor=owner).text
    assert "承诺" in client.get(f"/posts/{post.id}", actor=make_member()).text


def test_a_broken_promise_is_said_openly(client, submit, owner, tuesday):
    post = submit()
    tuesday.move_to(DUE + timedelta(minutes=1), tick=False)
    assert "没有做到" in client.get(f"/posts/{post.id}", actor=owner).text
    assert "meter-late" in client.get(f"/posts/{post.id}").text


def test_nothing_is_shown_once_somebody_answered(client, runtime, submit, owner, agent, worker):
    post = submit()
    with runtime.database.write() as session:
        desk.respond(session, session.get_one(Post, post.id), "在做了", by=acting(runtime, agent, Role.AGENT))
    worker.drain()
    assert 'class="wait' not in client.get(f"/posts/{post.id}", actor=owner).text


def test_everybody_may_know_how_many_wait_and_for_how_long(client, runtime, submit, agent, worker, tuesday, make_board):
    board = make_board("cockpit", "智能座舱")
    posts = [submit(f"想法{n}", board_id=board.id) for n in range(4)]
    for number, hours in enumerate((2, 4, 9)):
        tuesday.move_to(TUESDAY + timedelta(hours=hours), tick=False)
        with runtime.database.write() as session:
            row = session.get_one(Post, posts[number].id)
            desk.respond(session, row, "在看", by=acting(runtime, agent, Role.AGENT))
        worker.drain()
    tuesday.move_to(DUE + timedelta(minutes=1), tick=False)
    answer = client.get("/api/v1/silence")
    assert answer.headers["cache-control"] == "public, max-age=15"
    assert answer.json() == {
        "waiting": 1, "past_due": 1, "promised_hours": 72.0, "answered_in_30_days": 3, "in_time_in_30_days": 3,
        "median_first_answer_hours": 4.0,
        "lines": [{"key": "cockpit", "name": "智能座舱", "promised_hours": 72.0, "waiting": 1, "past_due": 1}],
    }  # fmt: skip
    page = client.get("/silence")
    assert page.status_code == 200
    assert "智能座舱" in page.text
    assert "72" in page.text


def test_figures_of_an_empty_house_are_none(client):
    assert client.get("/api/v1/silence").json()["median_first_answer_hours"] is None
    assert client.get("/silence").status_code == 200


def test_the_figures_cost_two_statements_however_many_wait(runtime, submit, count_queries):
    for number in range(5):
        submit(f"想法{number}")
    with runtime.database.read() as session, count_queries() as statements:
        found = figures(session, FIRST_ANSWER)
    assert (found.waiting, found.past_due, len(statements)) == (5, 0, 2)
