"""People teach the themes: voices without one, questions, why a voice is where it is, a theme of a few words."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, select

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor, Role
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster import api
from feedback_cluster.guiding import queries, service
from feedback_cluster.runs.models import Run, RunFound
from feedback_cluster.themes import bindings, bonds
from feedback_cluster.themes.assign import loaded_model
from feedback_cluster.themes.models import Source, Theme, ThemePin, ThemePost
from feedback_cluster.themes.queries import current_run_id, get_theme
from forum.events import PostSubmitted
from forum.posts.models import Post

RunNow = Callable[..., Run]


@pytest.fixture
def run(runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None) -> Run:
    return run_now()


@pytest.fixture
def alone(runtime: Runtime, run: Run, make_voices: Any, worker: Worker) -> list[int]:
    """Two voices that are near no theme."""
    posts: list[int] = make_voices(["打卡", "路过看看"])
    with runtime.database.write() as session:
        for post in posts:
            outbox.publish(session, PostSubmitted(post_id=post))
    worker.drain()
    return posts


def theme_of(runtime: Runtime, post_id: int) -> int | None:
    with runtime.database.read() as session:
        row = session.get(ThemePost, (current_run_id(session), post_id))
        return row.theme_id if row else None


def undo_of(answer: Any, client: Any, pm: Member) -> str:
    page = client.get(answer.headers["location"], actor=pm, headers={"cookie": f"flash={answer.cookies['flash']}"})
    found = re.search(r'action="(/(?:themes/decisions/\d+/undo|triage/take-up[^"]*))"', page.text)
    assert found is not None
    return found[1]


def test_voices_without_a_theme_are_put_into_one_for_good(
    runtime: Runtime, alone: list[int], gold_voices: list[int], client: Any, pm: Member, run_now: RunNow
) -> None:
    assert {theme_of(runtime, post) for post in alone} == {None}
    text = client.get("/triage/rest", actor=pm).text
    assert "打卡" in text
    assert "路过看看" in text
    goal = theme_of(runtime, gold_voices[0])
    answer = client.post("/triage/place", data={"post": alone[0], "target": goal}, actor=pm)
    assert answer.status_code == 303
    assert theme_of(runtime, alone[0]) == goal
    assert "打卡" not in client.get("/triage/rest", actor=pm).text
    run_now()
    assert theme_of(runtime, alone[0]) == goal
    assert client.post(undo_of(answer, client, pm), actor=pm).status_code == 303
    assert theme_of(runtime, alone[0]) is None


def test_what_is_left_goes_from_the_list_and_comes_back_with_undo(
    alone: list[int], client: Any, pm: Member, runtime: Runtime
) -> None:
    answer = client.post("/triage/leave", data={"post": alone}, actor=pm)
    assert "打卡" not in client.get("/triage/rest", actor=pm).text
    assert client.post(undo_of(answer, client, pm), actor=pm).status_code == 303
    assert "打卡" in client.get("/triage/rest", actor=pm).text
    with runtime.database.read() as session:
        assert session.exec(select(ThemePin)).all() == []


def test_the_list_is_filtered_sorted_and_paged(
    alone: list[int], client: Any, pm: Member, make_voices: Any, runtime: Runtime, worker: Worker,
    monkeypatch: pytest.MonkeyPatch, count_queries: Any,
) -> None:  # fmt: skip
    more = make_voices([f"路过{number}" for number in range(5)], model="云麓")
    with runtime.database.write() as session:
        for post in more:
            outbox.publish(session, PostSubmitted(post_id=post))
    worker.drain()
    text = client.get("/triage/rest?model=云麓", actor=pm).text
    assert "打卡" not in text
    monkeypatch.setattr(queries, "PAGE", 2)
    seen: list[str] = []
    address: str | None = "/triage/rest?order=votes"
    while address:
        text = client.get(address, actor=pm).text
        seen += re.findall(r'name="post" value="(\d+)"', text)
        more_link = re.search(r'hx-get="(/triage/rest\?[^"]*cursor[^"]*)"', text)
        address = more_link[1].replace("&amp;", "&") if more_link else None
    with runtime.database.read() as session:
        rest = queries.rest(session)
    assert len(seen) == len(set(seen)) == rest.count >= 7
    assert 0 < rest.share < 1


def test_only_product_managers_teach(alone: list[int], client: Any, make_member: Any) -> None:
    host, owner = make_member("主持", Role.HOST), make_member("车主")
    assert client.get("/triage/rest", actor=host).status_code == 200
    assert client.get("/triage/rest", actor=owner).status_code == 403
    assert client.post("/triage/place", data={"post": alone[0], "target": 0}, actor=host).status_code == 403


def test_questions_come_one_by_one_and_each_answer_binds(
    runtime: Runtime, run: Run, gold_voices: list[int], client: Any, pm: Member, run_now: RunNow
) -> None:
    asked = gold_voices[:2]
    with runtime.database.write() as session:
        found = session.get(RunFound, run.id)
        assert found is not None
        assert set(found.ask) <= set(gold_voices)
        found.ask = [*asked]
        session.add(found)
    text = client.get("/triage/ask", actor=pm).text
    assert "已回答 0 / 2" in text
    choices = re.findall(r'name="target" value="(\d+)"', text)
    assert 1 <= len(choices) <= 3
    assert int(choices[0]) == theme_of(runtime, asked[0])
    answer = client.post(f"/triage/ask/{asked[0]}", data={"target": choices[0]}, actor=pm)
    assert "已回答 1 / 2" in client.get(answer.headers["location"], actor=pm).text
    assert "已到末尾" in client.get("/triage/ask?start=2", actor=pm).text
    with runtime.database.read() as session:
        pin = session.get(ThemePin, asked[0])
        assert pin is not None
        assert pin.theme_id == int(choices[0])
    assert client.post(undo_of(answer, client, pm), actor=pm).status_code == 303
    assert "已回答 0 / 2" in client.get("/triage/ask", actor=pm).text


def test_why_names_the_words_that_decided_and_offers_the_second_theme(
    runtime: Runtime, run: Run, gold_voices: list[int], client: Any, pm: Member
) -> None:
    post = gold_voices[0]
    home = theme_of(runtime, post)
    with runtime.database.read() as session:
        loaded = loaded_model(runtime)
        told = queries.why(session, Actor(id=pm.id, roles=frozenset({Role.PM})), loaded, post)
    assert told is not None
    assert told.theme is not None
    assert told.theme.id == home
    assert told.words
    assert "<mark>" in told.text
    assert told.other is not None
    assert told.other[0].id != home
    text = client.get(f"/triage/posts/{post}/why", actor=pm).text
    assert f'name="target" value="{told.other[0].id}"' in text
    assert client.post("/triage/place", data={"post": post, "target": told.other[0].id}, actor=pm).status_code == 303
    assert theme_of(runtime, post) == told.other[0].id
    assert "由人归入" in client.get(f"/triage/posts/{post}/why", actor=pm).text


def test_marks_escape_what_an_owner_wrote() -> None:
    assert queries.marked("<b>噪音</b>大", ["噪音"]) == "&lt;b&gt;<mark>噪音</mark>&lt;/b&gt;大"


def test_a_theme_is_founded_with_words_that_are_counted_while_one_types(
    runtime: Runtime, run: Run, gold_voices: list[int], client: Any, pm: Member
) -> None:
    page = client.get("/triage/themes/new", actor=pm).text
    assert "新建主题" in page
    refused = client.post("/triage/themes/new", data={"name": "空的"}, actor=pm)
    assert refused.status_code == 422
    answer = client.post("/triage/themes/new", data={"name": "凉席党", "words": "凉席，竹垫 凉席"}, actor=pm)
    assert answer.status_code == 303
    with runtime.database.read() as session:
        theme = session.exec(select(Theme).where(Theme.name == "凉席党")).one()
        assert (theme.seeds, theme.name_locked, theme.size) == (["凉席", "竹垫"], True, 0)
    assert client.post(undo_of(answer, client, pm), actor=pm).status_code == 303
    too_many = "、".join(f"词{number}" for number in range(21))
    assert client.post("/triage/themes/new", data={"name": "太多", "words": too_many}, actor=pm).status_code == 422


def test_a_founded_theme_is_filled_by_the_next_run_and_keeps_its_voices(
    runtime: Runtime, run: Run, gold_voices: list[int], run_now: RunNow, pm_actor: Actor
) -> None:
    chosen = gold_voices[:2]
    with runtime.database.write() as session:
        zone = runtime.settings.zone
        made = service.found_theme(session, "座椅风声", "座椅 通风", chosen, by=pm_actor, zone=zone)
    run_now()
    with runtime.database.read() as session:
        assert set(chosen) <= set(api.post_ids_of(session, [made.theme_id])[made.theme_id])
        assert get_theme(session, made.theme_id).name == "座椅风声"
        assert get_theme(session, made.theme_id).size > len(chosen)


def test_a_voice_is_not_put_where_one_is_that_it_must_never_meet(
    runtime: Runtime, alone: list[int], gold_voices: list[int], pm_actor: Actor, session: Session
) -> None:
    zone = runtime.settings.zone
    goal = get_theme(session, theme_of(runtime, gold_voices[0]) or 0)
    bonds.never_together(session, goal, [alone[0], gold_voices[0]], by=pm_actor, zone=zone)
    with pytest.raises(bindings.NotTogether):
        service.place(session, alone[:1], goal.id, by=pm_actor, zone=zone)


def test_a_new_voice_has_its_theme_within_five_seconds(
    runtime: Runtime, run: Run, gold_voices: list[int], make_voices: Any, worker: Worker
) -> None:
    """With the worker that lives in the web process, by its own threads."""
    import time

    worker.start()
    begun = time.monotonic()
    post = make_voices(["座椅通风三档的噪音像吹风机"])[0]
    with runtime.database.write() as session:
        outbox.publish(session, PostSubmitted(post_id=post))
    while theme_of(runtime, post) is None and time.monotonic() - begun < 5:
        time.sleep(0.05)
    assert theme_of(runtime, post) == theme_of(runtime, gold_voices[0])
    with runtime.database.read() as session:
        row = session.get(ThemePost, (current_run_id(session), post))
        assert row is not None
        assert row.source is Source.NEW


def test_a_question_about_a_voice_that_was_hidden_since_is_not_asked(
    runtime: Runtime, run: Run, gold_voices: list[int], client: Any, make_member: Any
) -> None:
    admin = make_member("管理员", Role.ADMIN)
    with runtime.database.write() as session:
        found = session.get_one(RunFound, run.id)
        found.ask = gold_voices[:2]
        session.add(found)
        post = session.get_one(Post, gold_voices[0])
        post.hidden_at = clock.now()
        session.add(post)
    answer = client.get("/triage/ask", actor=admin)
    assert answer.status_code == 200
    assert f"/triage/ask/{gold_voices[1]}" in answer.text
    assert "已回答 0 / 1" in answer.text


def test_voices_that_are_not_there_are_refused_in_words(
    runtime: Runtime, run: Run, gold_voices: list[int], client: Any, pm: Member
) -> None:
    theme = theme_of(runtime, gold_voices[0])
    gone = 9_000_000
    assert client.post("/triage/leave", data={"post": gone}, actor=pm).status_code == 422
    assert client.post("/triage/leave", actor=pm).status_code == 422
    pair = {"post": [gold_voices[0], gone]}
    assert client.post(f"/themes/{theme}/never", data=pair, actor=pm).status_code == 422
