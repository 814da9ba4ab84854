"""Streams: the run-down, the host's acts without script, and the snapshot that a crowd reads."""

import threading
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.db import Database
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster.themes.models import Answer, AnswerState, ThemePost, TriageStatus
from forum.posts.models import PostKind, Visibility
from roadmap.live import service, snapshot
from roadmap.live.models import LiveSession, LiveTopic, TopicState
from roadmap.live.snapshot import Shelf

Make = Callable[..., Any]


@pytest.fixture
def stage(make_live: Make, put_post: Make, put_theme: Make, runtime: Runtime) -> SimpleNamespace:
    """A stream with three topics, the largest first."""
    posts = [[put_post(f"{name}的声音{n}") for n in range(size)] for name, size in (("甲", 3), ("乙", 2), ("丙", 1))]
    themes = [put_theme(name, found) for name, found in zip(("主题甲", "主题乙", "主题丙"), posts, strict=True)]
    live = make_live("夜话", days=None)
    clock = SimpleNamespace(now=1000.0)
    runtime.memory["roadmap.live"] = Shelf(clock=lambda: clock.now)
    return SimpleNamespace(live=live, code=live.code, themes=themes, clock=clock, posts=posts)


def topics(database: Database) -> list[LiveTopic]:
    with database.read() as session:
        return list(session.exec(select(LiveTopic).order_by(LiveTopic.position)))  # type: ignore[arg-type]


def test_codes_hold_no_sign_that_is_mistaken() -> None:
    codes = {service.new_code() for _ in range(500)}
    assert len(codes) == 500
    assert not set("".join(codes)) & set("0O1I")
    assert all(len(code) == 6 for code in codes)


def test_a_new_session_is_filled_by_its_scope(
    client: Any, host: Member, put_post: Make, put_theme: Make, database: Database
) -> None:
    put_theme("云麓的事", [put_post(model="云麓"), put_post(model="云麓")])
    put_theme("小满的事", [put_post(model="小满")])
    made = client.post("/host", actor=host, data={"title": "云麓专场", "model": "云麓", "days": "30"})
    assert made.status_code == 303
    assert [topic.count for topic in topics(database)] == [2]
    page = client.get(made.headers["location"], actor=host).text
    assert "云麓的事" in page
    assert "小满的事" not in page
    refused = client.post("/host", actor=host, data={"title": "", "days": "0"})
    assert refused.status_code == 422


def test_a_whole_show_without_script(client: Any, stage: SimpleNamespace, host: Member, database: Database) -> None:
    base = f"/host/{stage.code}"
    assert client.post(f"{base}/next", actor=host).headers["location"] == base
    first, second, third = topics(database)
    assert [topic.state for topic in (first, second, third)] == [TopicState.NOW, TopicState.QUEUED, TopicState.QUEUED]

    client.post(f"{base}/topics/{first.id}/answered", actor=host, data={"text": "两周内修好。"})
    client.post(f"{base}/next", actor=host)
    states = {topic.theme_id: topic.state for topic in topics(database)}
    assert states == {
        stage.themes[0].id: TopicState.ANSWERED, stage.themes[1].id: TopicState.QUEUED,
        stage.themes[2].id: TopicState.NOW,
    }  # fmt: skip
    with database.read() as session:
        draft = session.exec(select(Answer)).one()
        assert (draft.text, draft.state, draft.source) == ("两周内修好。", AnswerState.DRAFT, f"live:{stage.code}")
        assert draft.theme_id == stage.themes[0].id

    client.post(f"{base}/topics/{second.id}/present", actor=host)
    client.post(f"{base}/topics/{first.id}/back", actor=host)
    kept = {topic.id: topic for topic in topics(database)}
    assert kept[second.id].state == TopicState.NOW
    assert kept[third.id].state == TopicState.QUEUED
    assert (kept[first.id].state, kept[first.id].answer) == (TopicState.QUEUED, "两周内修好。")


def test_the_queue_is_reordered_and_topics_come_and_go(
    client: Any, stage: SimpleNamespace, host: Member, database: Database
) -> None:
    base = f"/host/{stage.code}/topics"
    first, second, third = topics(database)
    client.post(f"{base}/{third.id}/up", actor=host)
    assert [topic.id for topic in topics(database)] == [first.id, third.id, second.id]
    client.post(f"{base}/{first.id}/down", actor=host)
    assert [topic.id for topic in topics(database)] == [third.id, first.id, second.id]
    client.post(f"{base}/{first.id}/remove", actor=host)
    assert [topic.id for topic in topics(database)] == [third.id, second.id]
    more = client.get(f"/host/{stage.code}/more", actor=host).text
    assert "主题甲" in more
    assert "主题乙" not in more
    client.post(f"/host/{stage.code}/themes", actor=host, data={"theme": str(stage.themes[0].id)})
    assert [topic.theme_id for topic in topics(database)][-1] == stage.themes[0].id
    assert client.post(f"{base}/{second.id}/explode", actor=host).status_code == 422
    assert client.post(f"{base}/4711/up", actor=host).status_code == 404


def test_a_closed_session_takes_no_steps_until_it_is_opened_again(
    client: Any, stage: SimpleNamespace, host: Member
) -> None:
    base = f"/host/{stage.code}"
    client.post(f"{base}/state", actor=host, data={"state": "closed"})
    refused = client.post(f"{base}/next", actor=host)
    assert (refused.status_code, "已结束" in refused.text) == (409, True)
    assert client.get(f"/api/v1/live/{stage.code}/topics").json()["state"] == "closed"
    client.post(f"{base}/state", actor=host, data={"state": "open"})
    assert client.post(f"{base}/next", actor=host).status_code == 303


def test_htmx_gets_the_console_alone(client: Any, stage: SimpleNamespace, host: Member) -> None:
    part = client.post(f"/host/{stage.code}/next", actor=host, htmx=True)
    assert part.status_code == 200
    assert "<html" not in part.text
    assert 'id="console"' in part.text
    screen = client.get(f"/host/{stage.code}/screen", actor=host, htmx=True).text
    assert "<html" not in screen
    assert "主题甲" in screen


def test_the_snapshot_says_what_is_on(client: Any, stage: SimpleNamespace, make_item: Make, host: Member) -> None:
    make_item("座椅降噪", themes=[stage.themes[0]], stage="built")
    client.post(f"/host/{stage.code}/next", actor=host)
    answer = client.get(f"/api/v1/live/{stage.code.lower()}/topics")
    body = answer.json()
    assert [(topic["name"], topic["state"], topic["size"]) for topic in body["topics"]] == [
        ("主题甲", "now", 3), ("主题乙", "queued", 2), ("主题丙", "queued", 1),
    ]  # fmt: skip
    assert (body["topics"][0]["status"], body["topics"][0]["stage"]) == ("started", "built")
    assert body["topics"][0]["quote"]
    assert "public" in answer.headers["cache-control"]
    assert "max-age=1" in answer.headers["cache-control"]


def test_an_unchanged_snapshot_is_304_and_a_changed_one_is_not(
    client: Any, stage: SimpleNamespace, host: Member
) -> None:
    path = f"/api/v1/live/{stage.code}/topics"
    tag = client.get(path).headers["etag"]
    for sent in (tag, f'W/{tag}, "other"', "*"):
        same = client.get(path, headers={"if-none-match": sent})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    stage.clock.now += 10
    assert client.get(path, headers={"if-none-match": tag}).status_code == 304
    client.post(f"/host/{stage.code}/next", actor=host)
    changed = client.get(path, headers={"if-none-match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_a_fresh_snapshot_costs_no_query_and_is_rebuilt_after_two_seconds(
    client: Any, stage: SimpleNamespace, count_queries: Make
) -> None:
    path = f"/api/v1/live/{stage.code}/topics"
    client.get(path)
    with count_queries() as statements:
        for _ in range(5):
            client.get(path)
            client.get(f"/live/{stage.code}")
        stage.clock.now += 1.9
        client.get(path)
    assert statements == []
    stage.clock.now += 0.2
    with count_queries() as statements:
        client.get(path)
        client.get(path)
    rebuilt = [statement for statement in statements if "FROM live_session" in statement]
    assert len(rebuilt) == 1


def test_who_comes_during_a_rebuild_gets_the_old_bytes_at_once(
    stage: SimpleNamespace, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = snapshot.shelf(runtime)
    old = shelf.get(runtime, stage.code)
    stage.clock.now += 5
    building, go_on = threading.Event(), threading.Event()
    real = snapshot.build

    def slow(*args: Any, **kwargs: Any) -> Any:
        building.set()
        assert go_on.wait(5)
        return real(*args, **kwargs)

    monkeypatch.setattr(snapshot, "build", slow)
    rebuilder = threading.Thread(target=shelf.get, args=(runtime, stage.code))
    rebuilder.start()
    assert building.wait(5)
    assert shelf.get(runtime, stage.code) is old
    go_on.set()
    rebuilder.join(5)
    assert shelf.get(runtime, stage.code) is not old


def test_guessed_codes_are_not_found_and_leave_nothing(
    client: Any, stage: SimpleNamespace, runtime: Runtime, count_queries: Make
) -> None:
    for code in ("ZZZZZZ", "AAAAA2"):
        answer = client.get(f"/api/v1/live/{code}/topics")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        assert client.get(f"/live/{code}").status_code == 404
    with count_queries() as statements:
        assert client.get("/api/v1/live/O0O0O0/topics").status_code == 404
    assert statements == []
    assert snapshot.shelf(runtime).locks == {}


def test_nothing_for_colleagues_reaches_viewers(
    client: Any, make_live: Make, put_post: Make, put_theme: Make, make_item: Make, make_release: Make,
    host: Member, database: Database, runtime: Runtime,
) -> None:  # fmt: skip
    secret = put_post("员工才知道的话", visibility=Visibility.STAFF)
    shown = put_theme("公开主题", [put_post("公开的话"), secret])
    late = put_theme("后来隐藏", [put_post("另一句")])
    put_theme("只有员工", [put_post("员工另一句", visibility=Visibility.STAFF)])
    draft = make_item("未公开条目", themes=[shown], public=False, release=make_release("7.7", public=False).id)
    live = make_live(days=None)
    with database.write() as session:
        session.add(Answer(theme_id=shown.id or 0, text="审定但没说出口的话", state=AnswerState.APPROVED))
        row = session.get(type(late), late.id)
        assert row is not None
        row.status = TriageStatus.HIDDEN
        session.add(row)
    client.post(f"/host/{live.code}/next", actor=host)
    assert "审定但没说出口的话" in client.get(f"/host/{live.code}", actor=host).text

    hidden = ("员工才知道的话", "员工另一句", "只有员工", "后来隐藏", "审定但没说出口的话", "7.7")
    pages = [f"/api/v1/live/{live.code}/topics", f"/live/{live.code}"]
    for path in pages:
        text = client.get(path).text
        assert "公开主题" in text
        for inside in (*hidden, draft.title):
            assert inside not in text, (path, inside)


def test_an_answer_shows_on_the_theme_and_to_viewers_once_given(
    client: Any, stage: SimpleNamespace, host: Member, database: Database
) -> None:
    client.post(f"/host/{stage.code}/next", actor=host)
    now = next(topic for topic in topics(database) if topic.state == TopicState.NOW)
    client.post(f"/host/{stage.code}/topics/{now.id}/answered", actor=host, data={"text": "下周推送。"})
    assert "下周推送。" in client.get(f"/live/{stage.code}").text
    topic = client.get(f"/api/v1/live/{stage.code}/topics").json()["topics"][-1]
    assert (topic["state"], topic["answer"]) == ("answered", "下周推送。")


def test_words_that_lie_ready_are_not_told_before(
    client: Any, stage: SimpleNamespace, host: Member, database: Database
) -> None:
    with database.write() as session:
        for topic in session.exec(select(LiveTopic)).all():
            topic.answer = "还没说出口"
            session.add(topic)
    client.post(f"/host/{stage.code}/next", actor=host)
    for path in (f"/api/v1/live/{stage.code}/topics", f"/live/{stage.code}"):
        assert "还没说出口" not in client.get(path).text
    assert "还没说出口" in client.get(f"/host/{stage.code}", actor=host).text


def test_no_days_means_all_voices(
    client: Any, host: Member, put_post: Make, put_theme: Make, database: Database
) -> None:
    put_theme("很久以前", [put_post(created_at=clock.now() - timedelta(days=400))])
    for days, count in (("30", 0), ("", 1)):
        client.post("/host", actor=host, data={"title": "场", "days": days})
        assert len(topics(database)) == count


def test_growth_and_quote_are_those_of_the_scope(
    client: Any, host: Member, put_post: Make, put_theme: Make, make_live: Make, database: Database
) -> None:
    before = clock.now() - timedelta(days=20)
    loud = [put_post(body=f"小满这边第{n}个人说的一整句话。", model="小满") for n in range(4)]
    inside = put_post(body="云麓车主去年就说过这句话。", model="云麓")
    secret = put_post(body="云麓门店里才知道的一句话。", model="云麓", visibility=Visibility.STAFF)
    fading = [put_post(body="云麓以前常说的一句话。", model="云麓", created_at=before) for _ in range(5)]
    theme = put_theme("两款车的事", [*loud, secret, inside, *fading], trend=0.9)
    theme.quotes = [post.id or 0 for post in (*loud, secret, *fading)]
    with database.write() as session:
        session.merge(theme)
    live = make_live("云麓专场", model="云麓", days=7)
    for path in (f"/live/{live.code}", f"/host/{live.code}", f"/host/{live.code}/screen", f"/host/{live.code}/more"):
        text = client.get(path, actor=host).text
        assert "小满这边" not in text
        assert "门店里才知道" not in text
    topic = client.get(f"/api/v1/live/{live.code}/topics").json()["topics"][0]
    assert topic["quote"] == "云麓车主去年就说过这句话"
    assert (topic["size"], topic["trend"]) == (2, round((2 - 5) / (2 + 5 + 6), 3))


def test_a_topic_of_which_the_scope_is_silent_now_keeps_its_place_without_a_quote(
    client: Any, put_post: Make, put_theme: Make, make_live: Make, database: Database
) -> None:
    inside, outside = put_post(model="云麓"), put_post(body="小满车主说的一整句话。", model="小满")
    put_theme("只剩别的车", [outside, inside], trend=0.9)
    live = make_live(model="云麓", days=None)
    with database.write() as session:
        for voice in session.exec(select(ThemePost).where(ThemePost.post_id == inside.id)):
            voice.model = "小满"
            session.add(voice)
    topic = client.get(f"/api/v1/live/{live.code}/topics").json()["topics"][0]
    assert (topic["name"], topic["size"], topic["trend"], topic["quote"]) == ("只剩别的车", 1, 0.0, "")


def test_the_host_sees_the_whole_scope_and_the_answers_that_lie_ready(
    client: Any, host: Member, put_post: Make, put_theme: Make, make_live: Make, make_board: Make, database: Database
) -> None:
    board = make_board(name="座舱组")
    live = make_live("专场", model="云麓", board=board.id, kind="problem", days=30)
    post = put_post(model="云麓", kind=PostKind.PROBLEM, board_id=board.id)
    theme = put_theme("后来的主题", [post])
    with database.write() as session:
        session.add(Answer(theme_id=theme.id or 0, text="审定好的话", state=AnswerState.APPROVED))
    head = client.get(f"/host/{live.code}", actor=host).text.split("console-now")[0]
    for part in ("云麓", "座舱组", "问题", "30 天"):
        assert part in head, part
    assert "<span>问题</span>" in client.get("/host", actor=host).text
    assert "审定好的话" in client.get(f"/host/{live.code}/more", actor=host).text
    whole = make_live("全部", days=None)
    assert "不限时间" in client.get(f"/host/{whole.code}", actor=host).text


def test_the_screen_carries_a_code_to_scan(client: Any, stage: SimpleNamespace, host: Member) -> None:
    page = client.get(f"/host/{stage.code}/screen", actor=host).text
    assert "<svg" in page
    assert 'class="segno"' in page
    assert "style=" not in page
    assert f"/live/{stage.code}" in page
    assert "<nav" not in page


def test_the_list_names_open_sessions_first(client: Any, host: Member, make_live: Make, database: Database) -> None:
    old = make_live("旧场")
    make_live("新场")
    client.post(f"/host/{old.code}/state", actor=host, data={"state": "closed"})
    page = client.get("/host", actor=host).text
    assert page.index("新场") < page.index("旧场")
    with database.read() as session:
        assert len(session.exec(select(LiveSession)).all()) == 2
