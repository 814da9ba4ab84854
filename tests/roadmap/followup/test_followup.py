"""Did it fix it? Each person asked once, some days after the car has it; too few yes reopen the item, once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from cocreate.core import outbox
from cocreate.core.actor import Role
from cocreate.identity.members.models import Member
from cocreate.identity.members.service import blank_member
from cocreate.identity.vehicles.models import Vehicle
from cocreate.notify.inbox.models import InboxMessage
from cocreate.points import queries as points
from feedback_cluster.themes.models import Theme, ThemePin, ThemePost
from forum import api as forum
from forum.posts.models import Post, Visibility
from roadmap.boards.audience import is_public
from roadmap.boards.models import Audience, BoardReader, ItemBoard, RoadmapBoard
from roadmap.events import CarReceived
from roadmap.followup import asking, rules, service
from roadmap.followup.forms import ReplyForm
from roadmap.followup.models import FollowUp, FollowUpAsk, FollowUpSetting, Outcome, Reply
from roadmap.followup.rules import Tally
from roadmap.items.models import ItemChange, ItemStage, RoadmapItem
from tests.factories.forum import acting

NOON = datetime(2026, 9, 1, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(time_machine):
    time_machine.move_to(NOON, tick=False)


def asked(runtime):
    """Whom the question reached, and how."""
    with runtime.database.read() as session:
        rows = session.exec(select(InboxMessage).order_by(col(InboxMessage.member_id)))
        return [(row.member_id, row.notice) for row in rows if row.notice.startswith("followup.asked")]


def rows(runtime, model):
    with runtime.database.read() as session:
        return list(session.exec(select(model).order_by(model.id)))


def ask_all(runtime, worker, time_machine, days=7):
    time_machine.move_to(NOON + timedelta(days=days), tick=False)
    asking.ask_due(runtime)
    worker.drain()


def set_numbers(runtime, item, **values):
    numbers = {"days": 7, "threshold": 60, "least": 3, "sample": 200, **values}
    with runtime.database.write() as session:
        session.merge(FollowUpSetting(item_id=item.id, **numbers))


@pytest.fixture
def owners(make_member, make_vehicle):
    """`owners(3)`: owners whose car runs 2.4."""

    def make(count, software="2.4.0"):
        made = [make_member() for _ in range(count)]
        for one in made:
            make_vehicle(one, "测试车", software=software, verified=True)
        return made

    return make


@pytest.fixture
def release(make_release):
    return make_release("2.4.0", public=True, released_at=NOON - timedelta(days=2), models=["测试车"])


@pytest.fixture
def world(voices, make_vehicle, make_item, release):
    """An item aimed at 2.4.0; of its authors and voters lin and wu drive a car, lin's has the release."""
    make_vehicle(voices.lin, "测试车", software="2.4.0")
    voices.car = make_vehicle(voices.wu, "测试车", software="2.3.0")
    voices.item = make_item("座椅降噪", themes=[voices.theme])
    return voices


@pytest.fixture
def reply(runtime):
    def send(round_id, member, answer, why=""):
        with runtime.database.write() as session:
            service.reply(session, round_id, ReplyForm(reply=answer, why=why), by=acting(runtime, member))

    return send


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        (Tally(yes=9), None),
        (Tally(yes=6, no=4), True),
        (Tally(yes=5, no=5), False),
        (Tally(yes=5, partly=2, no=3), True),
        (Tally(yes=5, partly=1, no=4), False),
        (Tally(no=10), False),
    ],
)
def test_a_partly_counts_half_and_nothing_counts_before_enough_replied(tally, expected):
    assert rules.solved(tally, threshold=60, least=10) is expected


def test_who_asked_for_it_and_has_it_is_asked_after_the_days_once(runtime, worker, world, release, step, time_machine):
    step(world.item, "rolling_out", release_id=release.id)
    worker.drain()
    time_machine.move_to(NOON + timedelta(days=7) - timedelta(seconds=1), tick=False)
    asking.ask_due(runtime)
    assert asked(runtime) == []
    ask_all(runtime, worker, time_machine)
    asking.ask_due(runtime)
    assert asked(runtime) == [(world.lin.id, "followup.asked")]
    step(world.item, "arrived", release_id=release.id)
    worker.drain()
    ask_all(runtime, worker, time_machine, days=30)
    assert asked(runtime) == [(world.lin.id, "followup.asked")]


def test_a_car_that_gets_it_later_is_asked_its_own_days_later(runtime, worker, world, release, step, time_machine):
    step(world.item, "rolling_out", release_id=release.id)
    worker.drain()
    time_machine.move_to(NOON + timedelta(days=5), tick=False)
    with runtime.database.write() as session:
        session.get_one(Vehicle, world.car.id).software = "2.4.0"
        event = CarReceived(vehicle_id=world.car.id, member_id=world.wu.id, release_id=release.id)
        outbox.publish(session, event)
        outbox.publish(session, event)
    worker.drain()
    ask_all(runtime, worker, time_machine, days=11)
    assert asked(runtime) == [(world.lin.id, "followup.asked")]
    ask_all(runtime, worker, time_machine, days=12)
    assert sorted(asked(runtime)) == [(world.lin.id, "followup.asked"), (world.wu.id, "followup.asked")]


def test_silent_owners_with_the_car_are_asked_up_to_the_sample(
    runtime, worker, world, release, step, owners, make_member, make_vehicle, time_machine
):
    owners(5)
    agent = make_member("客服", Role.AGENT)
    make_vehicle(agent, "测试车", software="2.4.0")
    owners(2, software="2.3.0")
    set_numbers(runtime, world.item, sample=3)
    step(world.item, "rolling_out", release_id=release.id)
    worker.drain()
    late = owners(1)[0]
    with runtime.database.write() as session:
        car = session.exec(select(Vehicle).where(Vehicle.member_id == late.id)).one()
        outbox.publish(session, CarReceived(vehicle_id=car.id, member_id=late.id, release_id=release.id))
    worker.drain()
    ask_all(runtime, worker, time_machine, days=40)
    kinds = [notice for _, notice in asked(runtime)]
    assert kinds.count("followup.asked") == 1
    assert kinds.count("followup.asked_silent") == 3
    assert rows(runtime, FollowUp)[0].silent == 3


@pytest.mark.parametrize("when", ["before it rolls out", "before the question"])
def test_an_item_for_some_readers_is_asked_of_these_alone(
    runtime, worker, world, release, step, owners, time_machine, when
):
    """The title is in the question: lin, chen and the silent owners but one may not even see the item."""
    insider, _ = owners(2)
    with runtime.database.write() as session:
        board = RoadmapBoard(name="先行", audience=Audience.COHORT)
        session.add(board)
        session.flush()
        session.add(BoardReader(board_id=board.id, member_id=insider.id))

    def put_away():
        with runtime.database.write() as session:
            item = session.get_one(RoadmapItem, world.item.id)
            session.add(ItemBoard(item_id=item.id, board_id=board.id))
            session.flush()
            item.public = is_public(session, item)
            session.add(item)

    if when == "before it rolls out":
        put_away()
    step(world.item, "rolling_out", release_id=release.id)
    worker.drain()
    if when == "before the question":
        put_away()
    late = owners(1)[0]
    with runtime.database.write() as session:
        car = session.exec(select(Vehicle).where(Vehicle.member_id == late.id)).one()
        outbox.publish(session, CarReceived(vehicle_id=car.id, member_id=late.id, release_id=release.id))
    worker.drain()
    ask_all(runtime, worker, time_machine, days=40)
    assert asked(runtime) == [(insider.id, "followup.asked_silent")]


def test_what_came_without_a_release_is_asked_of_everybody_behind_it(
    runtime, worker, voices, make_item, step, time_machine
):
    item = make_item("服务流程", themes=[voices.theme])
    step(item, "arrived")
    worker.drain()
    ask_all(runtime, worker, time_machine)
    assert asked(runtime) == [
        (one.id, "followup.asked") for one in sorted([voices.lin, voices.chen, voices.wu], key=lambda m: m.id)
    ]


@pytest.fixture
def round_of(runtime, worker, make_item, put_post, owners, release, step, time_machine):
    """`round_of(4)`: an item with so many authors who have it and were asked; item, authors, the round's id."""

    def make(count, **numbers):
        authors = owners(count)
        item = make_item("座椅降噪", posts=[put_post(f"太吵了{n}", author=one) for n, one in enumerate(authors)])
        set_numbers(runtime, item, **numbers)
        step(item, "arrived", release_id=release.id)
        worker.drain()
        ask_all(runtime, worker, time_machine)
        return item, authors, rows(runtime, FollowUp)[-1].id

    return make


def stage_of(runtime, item):
    with runtime.database.read() as session:
        return session.get_one(RoadmapItem, item.id).stage


def test_too_few_yes_reopen_the_item_once_with_the_reasons_as_a_theme(runtime, worker, round_of, reply):
    item, authors, round_id = round_of(5)
    reply(round_id, authors[0], Reply.NO, "三档还是吵。后排更明显")
    reply(round_id, authors[1], Reply.YES)
    worker.drain()
    assert stage_of(runtime, item) == ItemStage.ARRIVED
    reply(round_id, authors[2], Reply.PARTLY, "只在二档好了")
    worker.drain()
    assert stage_of(runtime, item) == ItemStage.STUDIED
    with pytest.raises(service.RoundOver):
        reply(round_id, authors[3], Reply.NO, "没有")
    for _ in range(3):
        service.judge_followup(runtime, round_id=round_id)
    worker.drain()
    steps = [change for change in rows(runtime, ItemChange) if change.item_id == item.id]
    assert [change.stage for change in steps][-1] == ItemStage.STUDIED
    assert [change.stage for change in steps].count(ItemStage.STUDIED) == 1
    assert "3 位车主" in steps[-1].sentence
    assert "50%" in steps[-1].sentence
    (row,) = rows(runtime, FollowUp)
    assert row.outcome == Outcome.REOPENED
    posts = [post for post in rows(runtime, Post) if post.channel == "followup"]
    assert sorted(post.body for post in posts) == ["三档还是吵。后排更明显", "只在二档好了"]
    assert {post.visibility for post in posts} == {Visibility.STAFF}
    with runtime.database.read() as session:
        theme = session.get_one(Theme, row.theme_id)
        pins = session.exec(select(ThemePin.post_id).where(ThemePin.theme_id == theme.id)).all()
    assert theme.name == "没有解决：座椅降噪"
    assert sorted(pins) == sorted(post.id for post in posts)


def test_reasons_become_voices_a_few_at_a_time_and_a_killed_job_goes_on(runtime, worker, round_of, reply, monkeypatch):
    _, authors, round_id = round_of(7)
    for one in authors:
        reply(round_id, one, Reply.NO, f"还是吵 {one.id}")
    monkeypatch.setattr(service, "VOICES", 3)
    made = forum.add_private_voice
    seen: list[int] = []

    def count(session, *args, **values):
        seen.append(id(session))
        if len(seen) == 5:
            raise KeyboardInterrupt  # the process is killed in the middle of the second handful
        return made(session, *args, **values)

    monkeypatch.setattr("forum.api.add_private_voice", count)
    with pytest.raises(KeyboardInterrupt):
        worker.drain()
    assert len([post for post in rows(runtime, Post) if post.channel == "followup"]) == 3
    assert rows(runtime, FollowUp)[0].outcome == Outcome.REOPENED
    for _ in range(2):
        service.gather_reasons(runtime, round_id=round_id)
    worker.drain()
    posts = [post for post in rows(runtime, Post) if post.channel == "followup"]
    assert sorted(post.body for post in posts) == sorted(f"还是吵 {one.id}" for one in authors)
    (row,) = rows(runtime, FollowUp)
    with runtime.database.read() as session:
        pins = session.exec(select(ThemePin.post_id).where(ThemePin.theme_id == row.theme_id)).all()
    assert sorted(pins) == sorted(post.id for post in posts)


def test_reasons_join_their_theme_in_the_current_run(runtime, worker, round_of, reply, put_theme):
    put_theme("别的")  # there is a current run
    _, authors, round_id = round_of(3)
    for one in authors:
        reply(round_id, one, Reply.NO, f"还是吵 {one.id}")
    worker.drain()
    (row,) = rows(runtime, FollowUp)
    with runtime.database.read() as session:
        voices = session.exec(select(ThemePost).where(ThemePost.theme_id == row.theme_id)).all()
        assert len(voices) == 3
        assert all(voice.staff_only for voice in voices)
        assert session.get_one(Theme, row.theme_id).size == 3


def test_a_reopened_item_that_ships_again_may_reopen_again_but_not_by_the_same_release(
    runtime, worker, round_of, reply, step, release, make_release, time_machine
):
    item, authors, round_id = round_of(3)
    for one in authors:
        reply(round_id, one, Reply.NO)
    worker.drain()
    step(item, "arrived", release_id=release.id)
    worker.drain()
    ask_all(runtime, worker, time_machine, days=60)
    assert len(rows(runtime, FollowUp)) == 1
    service.judge_followup(runtime, round_id=round_id)
    assert stage_of(runtime, item) == ItemStage.ARRIVED
    newer = make_release("2.5.0", public=True, released_at=NOON, models=["测试车"])
    with runtime.database.write() as session:
        for car in session.exec(select(Vehicle)):
            car.software = "2.5.0"
    step(item, "rolling_out", release_id=newer.id)
    worker.drain()
    ask_all(runtime, worker, time_machine, days=90)
    second = rows(runtime, FollowUp)[-1].id
    assert second != round_id
    for one in authors:
        reply(second, one, Reply.NO)
    worker.drain()
    assert stage_of(runtime, item) == ItemStage.STUDIED


def test_enough_yes_are_a_suggestion_to_staff(runtime, worker, client, round_of, reply, roadmap_pm):
    item, authors, round_id = round_of(3)
    for one in authors:
        reply(round_id, one, Reply.YES)
    worker.drain()
    assert stage_of(runtime, item) == ItemStage.ARRIVED
    assert rows(runtime, FollowUp)[0].outcome == Outcome.SOLVED
    with runtime.database.read() as session:
        told = [row.member_id for row in session.exec(select(InboxMessage)) if row.notice == "followup.solved"]
    assert told == [roadmap_pm.id]
    page = client.get(f"/roadmap/{item.id}/followup", actor=roadmap_pm).text
    assert "stage=verified" in page


def test_enough_yes_confirm_the_item_where_that_is_set(runtime, worker, round_of, reply, monkeypatch):
    monkeypatch.setattr(runtime, "settings", runtime.settings.model_copy(update={"followup_automatic": True}))
    item, authors, round_id = round_of(3)
    for one in authors:
        reply(round_id, one, Reply.YES)
    worker.drain()
    assert stage_of(runtime, item) == ItemStage.VERIFIED


def test_later_replies_may_still_take_a_solved_item_back(runtime, worker, round_of, reply):
    item, authors, round_id = round_of(6)
    for one in authors[:3]:
        reply(round_id, one, Reply.YES)
    worker.drain()
    for one in authors[3:]:
        reply(round_id, one, Reply.NO)
    worker.drain()
    assert stage_of(runtime, item) == ItemStage.STUDIED


def test_the_page_takes_a_reply_and_gives_points_once(client, runtime, worker, round_of):
    _, authors, round_id = round_of(2)
    page = client.get(f"/followups/{round_id}", actor=authors[0])
    assert page.status_code == 200
    assert "太吵了0" in page.text
    assert client.post(f"/followups/{round_id}", actor=authors[0], data={"why": "x"}).status_code == 422
    for answer in ("yes", "no"):
        sent = client.post(f"/followups/{round_id}", actor=authors[0], data={"reply": answer, "why": "还差一点"})
        assert sent.status_code == 303
    (ask,) = [one for one in rows(runtime, FollowUpAsk) if one.member_id == authors[0].id]
    assert (ask.reply, ask.why) == (Reply.NO, "还差一点")
    with runtime.database.read() as session:
        lines = points.history(session, authors[0].id).items
    assert [line.amount for line in lines if line.rule == "roadmap.answered"] == [3]


def test_only_who_was_asked_may_reply(client, round_of, make_member):
    _, _, round_id = round_of(1)
    stranger = make_member()
    assert client.get(f"/followups/{round_id}", actor=stranger).status_code == 404
    assert client.post(f"/followups/{round_id}", actor=stranger, data={"reply": "no"}).status_code == 404
    assert client.get(f"/followups/{round_id}").status_code == 303


def test_the_result_is_public_from_twenty_replies_on(client, runtime, worker, round_of, reply, roadmap_pm):
    item, authors, round_id = round_of(20)
    for one in authors[:19]:
        reply(round_id, one, Reply.YES)
    address = f"/roadmap/{item.id}"
    assert "认为解决了" not in client.get(address).text
    assert "100% 认为解决了" in client.get(address, actor=roadmap_pm).text
    reply(round_id, authors[19], Reply.YES)
    assert "100% 认为解决了" in client.get(address).text


def test_numbers_are_checked_and_hold_for_the_next_round(client, runtime, round_of, roadmap_pm, make_member):
    item, _, round_id = round_of(1)
    address = f"/roadmap/{item.id}/followup"
    data = {"days": "3", "threshold": "70", "least": "5", "sample": "9", "asks": "1"}
    assert client.post(address, actor=make_member(), data=data).status_code == 403
    assert client.post(address, actor=roadmap_pm, data={**data, "threshold": "101"}).status_code == 422
    assert client.post(address, actor=roadmap_pm, data=data).status_code == 303
    with runtime.database.read() as session:
        assert session.get_one(FollowUpSetting, item.id).threshold == 70
        assert session.get_one(FollowUp, round_id).threshold == 60


def test_an_item_that_was_moved_back_meanwhile_is_not_asked_about(runtime, worker, world, release, step, time_machine):
    step(world.item, "rolling_out", release_id=release.id)
    worker.drain()
    step(world.item, "built", release_id=release.id)
    worker.drain()
    ask_all(runtime, worker, time_machine)
    assert asked(runtime) == []


def test_whoever_leaves_takes_the_words_along(runtime, worker, round_of, reply):
    _, authors, round_id = round_of(2)
    reply(round_id, authors[0], Reply.NO, "还是吵")
    with runtime.database.write() as session:
        blank_member(session, session.get_one(Member, authors[0].id), by=acting(runtime, authors[0]))
    worker.drain()
    (ask,) = [one for one in rows(runtime, FollowUpAsk) if one.member_id == authors[0].id]
    assert (ask.reply, ask.why) == (Reply.NO, "")
