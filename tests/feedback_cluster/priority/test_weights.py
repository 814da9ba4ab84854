"""Weights: typed, tried, saved, taken back; every theme follows, and nothing is forgotten."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from cocreate.core import audit, outbox
from cocreate.core.actor import Actor, Role
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster.priority import forms, jobs, service
from feedback_cluster.priority.models import ScoreRecount, ScoreWeights
from feedback_cluster.priority.preview import TOP, preview
from feedback_cluster.priority.queries import current_weights, recount_under_way
from feedback_cluster.runs import folder as work
from feedback_cluster.sentiment.judge import polarity
from feedback_cluster.themes import service as themes
from feedback_cluster.themes import stats
from feedback_cluster.themes.facts import words_of
from feedback_cluster.themes.models import Theme, ThemePost
from feedback_cluster.themes.queries import get_theme
from feedback_cluster.themes.score import DEFAULT_POINTS, Evidence, Weights
from forum import api as forum
from forum.events import PostSubmitted

MakeTheme = Callable[..., Theme]
ONLY_VOICES = Weights({**dict.fromkeys(DEFAULT_POINTS, 0.0), "voices": 10.0})


def typed(weights: Weights, **changed: str) -> dict[str, Any]:
    form = forms.shown(weights)
    return form.values | {"model": [m for m, _ in form.models], "weight": [w for _, w in form.models]} | changed


@given(
    st.fixed_dictionaries({term: st.integers(0, 100) for term in DEFAULT_POINTS}).filter(lambda p: any(p.values())),
    st.dictionaries(st.sampled_from(["云麓", "晴川", "ES 8"]), st.sampled_from([0.0, 0.5, 2.0, 5.0])),
    st.sampled_from([0.0, 1.0, 1.5]),
    st.lists(st.sampled_from(["失速", "断电", "夹手"]), unique=True),
)
def test_what_is_shown_is_what_is_read(points: Any, models: Any, verified: float, words: Any) -> None:
    weights = Weights(points, models, verified, tuple(words))
    form = forms.shown(weights)
    assert forms.read(form.values, form.models).value == weights


@pytest.mark.parametrize(("field", "text"), [
    ("points-cars", "-1"), ("points-cars", "101"), ("points-cars", ""), ("points-cars", "viel"), ("points-cars", "nan"),
    ("points-cars", "inf"), ("verified", "6"), ("safety", "字" * 21),
])  # fmt: skip
def test_what_does_not_fit_is_said_beside_its_field(field: str, text: str) -> None:
    form = forms.read({**forms.shown(Weights()).values, field: text}, [])
    assert (form.value, list(form.errors)) == (None, [field])


def test_a_model_may_not_weigh_six_and_something_has_to_weigh() -> None:
    assert list(forms.read(forms.shown(Weights()).values, [("云麓", "6")]).errors) == ["weight-0"]
    nothing = forms.shown(Weights()).values | {f"points-{term}": "0" for term in DEFAULT_POINTS}
    assert list(forms.read(nothing, []).errors) == ["points-cars"]
    words = forms.read(forms.shown(Weights()).values | {"safety": "失速，斷電、夹手\n失速"}, []).value
    assert words is not None
    assert words.safety == ("失速", "断电", "夹手")


def test_saved_weights_hold_at_once_and_themes_follow(
    runtime: Runtime, worker: Worker, pm_actor: Actor, make_theme: MakeTheme, make_voices: Any
) -> None:
    many, few = make_theme("多", posts=make_voices([f"第 {n} 条" for n in range(30)])), make_theme("少")
    with runtime.database.write() as session:
        row = service.save(session, ONLY_VOICES, by=pm_actor)
        assert current_weights(session) == ONLY_VOICES
        assert recount_under_way(session) is not None
        entry = audit.trail(session, "score_weights", row.id or 0)[0]
        assert (entry.action, entry.actor_id) == ("score_weights.change", pm_actor.id)
        assert "points.cars" in entry.detail["changed"]
    worker.drain()
    with runtime.database.read() as session:
        assert recount_under_way(session) is None
        told = [get_theme(session, theme.id or 0) for theme in (many, few)]
        assert [theme.parts["people"] for theme in told] == [0, 0]
        assert told[0].score == told[0].parts["voices"] > told[1].score > 0


def test_new_words_of_danger_are_looked_for_in_all_voices(
    runtime: Runtime, worker: Worker, pm_actor: Actor, make_theme: MakeTheme, make_voices: Any
) -> None:
    theme = make_theme("尾门", posts=make_voices(["尾门夹手了", "从来没夹手过", "高速失速"]))
    with runtime.database.write() as session:
        service.save(session, Weights(safety=("夹手",)), by=pm_actor)
    worker.drain()
    with runtime.database.read() as session:
        said = sorted(session.exec(select(ThemePost.safety)))
        assert said == ["", "", "夹手"]
        assert get_theme(session, theme.id or 0).evidence["dangers"] == {"夹手": 1}
    with runtime.database.write() as session:
        service.reset(session, by=pm_actor)
    worker.drain()
    with runtime.database.read() as session:
        assert get_theme(session, theme.id or 0).evidence["dangers"] == {"失速": 1}


def test_a_recount_that_was_overtaken_writes_nothing(
    runtime: Runtime, worker: Worker, pm_actor: Actor, make_theme: MakeTheme, make_voices: Any
) -> None:
    make_theme("尾门", posts=make_voices(["尾门夹手了"]))
    with runtime.database.write() as session:
        service.save(session, Weights(safety=("夹手",)), by=pm_actor)
        first = recount_under_way(session)
        service.save(session, Weights(safety=("尾门",)), by=pm_actor)
    assert first is not None
    jobs.recount(runtime, recount_id=first.id or 0)
    with runtime.database.read() as session:
        assert list(session.exec(select(ThemePost.safety))) == [""]
    worker.drain()
    with runtime.database.read() as session:
        assert list(session.exec(select(ThemePost.safety))) == ["尾门"]
        assert [row.step for row in session.exec(select(ScoreRecount).order_by(ScoreRecount.id))] == ["queued", "done"]  # type: ignore[arg-type]


def test_a_merge_while_themes_are_counted_is_not_counted_away(
    runtime: Runtime,
    worker: Worker,
    pm_actor: Actor,
    make_theme: MakeTheme,
    make_voices: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def merge_meanwhile(session: Any, ids: Any, zone: Any) -> Any:
        found = really(session, ids, zone)
        if not merged:
            merged.append(True)
            with runtime.database.write() as other:
                source = get_theme(other, small.id or 0)
                themes.merge(other, source, large.id or 0, by=pm_actor, zone=zone)
        return found

    merged: list[bool] = []
    really = stats.figures
    small, large = make_theme("尾门", posts=make_voices(["尾门夹手"])), make_theme("门", posts=make_voices(["门响"]))
    with runtime.database.write() as session:
        service.save(session, Weights(verified=2.0), by=pm_actor)
    monkeypatch.setattr(
        jobs, "stats", SimpleNamespace(figures=merge_meanwhile, store=stats.store, told_by=stats.told_by)
    )
    worker.drain()
    assert merged
    with runtime.database.read() as session:
        assert get_theme(session, large.id or 0).size == 2


def test_words_that_are_taken_back_while_voices_are_looked_through_leave_no_trace(
    runtime: Runtime,
    worker: Worker,
    pm_actor: Actor,
    make_theme: MakeTheme,
    make_voices: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def undo_meanwhile(session: Any, **options: Any) -> Any:
        if options.get("after_id") and not undone:  # between the first batch and the second
            undone.append(True)
            with runtime.database.write() as other:
                service.undo(other, changed, by=pm_actor)
        return really(session, **options)

    undone: list[bool] = []
    really = forum.post_texts
    make_theme("尾门", posts=make_voices(["尾门夹手了", "尾门又夹手了"]))
    with runtime.database.write() as session:
        changed = service.save(session, Weights(safety=("夹手",)), by=pm_actor).id or 0
    monkeypatch.setattr(jobs, "POSTS", 1)
    monkeypatch.setattr(forum, "post_texts", undo_meanwhile)
    worker.drain()
    assert undone
    with runtime.database.read() as session:
        assert current_weights(session) == Weights()
        assert list(session.exec(select(ThemePost.safety))) == ["", ""]


@pytest.mark.usefixtures("quick_pipeline")
def test_a_run_that_began_before_the_words_changed_is_looked_through_again(
    runtime: Runtime,
    worker: Worker,
    pm_actor: Actor,
    gold_voices: list[int],
    monkeypatch: pytest.MonkeyPatch,
    run_now: Any,
) -> None:
    def save_meanwhile(*args: Any, **options: Any) -> Any:
        with runtime.database.write() as session:
            service.save(session, Weights(safety=("座椅",)), by=pm_actor)
        worker.drain()
        return really(*args, **options)

    really = work.run_pipeline
    monkeypatch.setattr(work, "run_pipeline", save_meanwhile)
    run_now()
    with runtime.database.read() as session:
        assert set(session.exec(select(ThemePost.safety))) == {""}
    worker.drain()
    with runtime.database.read() as session:
        assert set(session.exec(select(ThemePost.safety))) == {"", "座椅"}
        assert recount_under_way(session) is None


@pytest.mark.usefixtures("quick_pipeline")
def test_runs_and_arrivals_note_how_a_voice_feels(
    runtime: Runtime,
    worker: Worker,
    gold_voices: list[int],
    make_voices: Any,
    run_now: Any,
    make_member: Any,
    make_vehicle: Any,
) -> None:
    run_now()
    car = make_vehicle(make_member("老周"), "云麓", region="广东", model_year=2025)
    late = make_voices(["座椅通风太吵了，强烈要求解决，昨天还冒烟"], vehicle_id=car.id, model="云麓", model_year=2025)[
        0
    ]
    with runtime.database.write() as session:
        outbox.publish(session, PostSubmitted(post_id=late))
    worker.drain()
    with runtime.database.read() as session:
        rows = {row.post_id: row for row in session.exec(select(ThemePost))}
        texts = forum.post_texts(session, ids=[*gold_voices, late])
        assert {post.id: round(polarity(words_of(post)), 4) for post in texts} == {
            post_id: row.polarity for post_id, row in rows.items()
        }
        assert len({row.polarity for row in rows.values()}) > 2
        new = rows[late]
        assert (new.urgent, new.safety, new.region, new.model_year, new.vehicle_id) == (
            True,
            "冒烟",
            "广东",
            2025,
            car.id,
        )


def test_only_the_newest_saving_is_taken_back(session: Session, pm_actor: Actor) -> None:
    first = service.save(session, ONLY_VOICES, by=pm_actor)
    second = service.save(session, Weights(verified=3.0), by=pm_actor)
    with pytest.raises(service.Overtaken):
        service.undo(session, first.id or 0, by=pm_actor)
    with pytest.raises(service.NothingChanged):
        service.save(session, Weights(verified=3.0), by=pm_actor)
    back = service.undo(session, second.id or 0, by=pm_actor)
    assert (back.undoes_id, back.cause, current_weights(session)) == (second.id, "undo", ONLY_VOICES)
    service.undo(session, back.id or 0, by=pm_actor)
    assert current_weights(session).verified == 3.0
    assert len(session.exec(select(ScoreWeights)).all()) == 4


def test_the_preview_says_where_every_theme_of_the_top_would_stand(
    session: Session, make_theme: MakeTheme, count_queries: Any
) -> None:
    for number in range(TOP + 5):
        evidence = Evidence(voices=number + 1, people=200 - 8 * number, speakers=1).as_json()
        make_theme(f"主题{number:02}", posts=[], size=1, evidence=evidence)
    with count_queries() as queries:
        told = preview(session, Weights(), ONLY_VOICES)
    assert len(queries) == 1
    assert [one.name for one in told[:3]] == ["主题24", "主题23", "主题22"]
    places = {one.name: (one.place, one.before) for one in told}
    assert places["主题24"] == (1, TOP + 5)
    assert places["主题00"] == (TOP + 5, 8)
    assert sum(place <= TOP for place, _ in places.values()) == TOP
    assert sum(before <= TOP for _, before in places.values()) == TOP
    assert all(one.moved == one.before - one.place for one in told)
    same = preview(session, Weights(), Weights())
    assert [one.moved for one in same] == [0] * TOP


def test_the_page_previews_saves_and_takes_back(
    client: Any, runtime: Runtime, worker: Worker, pm: Member, make_theme: MakeTheme
) -> None:
    make_theme("座椅通风")
    page = client.get("/triage/weights", actor=pm).text
    assert "座椅通风" not in page
    assert "还没有人改过权重" in page
    tried = client.post("/triage/weights/preview", actor=pm, data=typed(ONLY_VOICES), htmx=True)
    assert tried.status_code == 200
    assert "座椅通风" in tried.text
    assert "<html" not in tried.text
    with runtime.database.read() as session:
        assert current_weights(session) == Weights()
    wrong = client.post("/triage/weights", actor=pm, data=typed(Weights(), verified="9"))
    assert (wrong.status_code, "请填 0 到 5 之间的数字" in wrong.text) == (422, True)
    assert client.post("/triage/weights", actor=pm, data=typed(ONLY_VOICES)).status_code == 303
    shown = client.get("/triage/weights", actor=pm).text
    assert "正在重新计算所有主题" in shown
    worker.drain()
    shown = client.get("/triage/weights", actor=pm).text
    assert "hx-get" not in shown.split('id="recount"')[1].split(">")[0]
    with runtime.database.read() as session:
        newest = session.exec(select(ScoreWeights.id)).one()
    client.post(f"/triage/weights/{newest}/undo", actor=pm)
    again = client.post(f"/triage/weights/{newest}/undo", actor=pm)
    assert (again.status_code, "之后又有人改过权重" in again.text) == (409, True)


@pytest.mark.parametrize("path", ["", "/preview", "/reset", "/1/undo"])
def test_only_product_managers_change_weights(client: Any, make_member: Any, path: str) -> None:
    agent = make_member("客服", Role.AGENT)
    assert client.get("/triage/weights", actor=agent).status_code == 200
    assert client.post(f"/triage/weights{path}", actor=agent, data=typed(ONLY_VOICES)).status_code == 403
    assert client.get("/triage/weights", actor=make_member("车主")).status_code == 403


def test_a_size_of_effort_moves_the_score_and_is_taken_back(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme
) -> None:
    theme = make_theme("座椅通风")

    def effort() -> tuple[str, float]:
        with runtime.database.read() as session:
            found = get_theme(session, theme.id or 0)
            return found.effort, found.parts["effort"]

    before = effort()
    assert client.post(f"/themes/{theme.id}/effort", actor=pm, data={"size": "XS"}).status_code == 303
    assert effort() == ("XS", 5.0)
    page = client.get(f"/themes/{theme.id}", actor=pm).text
    assert "规模 XS" in page
    decision = page.split("/themes/decisions/")[1].split("/")[0]
    client.post(f"/themes/decisions/{decision}/undo", actor=pm)
    assert effort() == before == ("", 2.5)
    assert client.post(f"/themes/{theme.id}/effort", actor=pm, data={"size": "XXL"}).status_code == 422


def test_the_theme_page_and_json_say_why(
    client: Any, pm: Member, make_theme: MakeTheme, make_voices: Any, make_token: Any
) -> None:
    theme = make_theme("失速", posts=make_voices(["高速上失速，太吓人了", "空间很大，非常满意", "今天提车"]))
    page = client.get(f"/themes/{theme.id}", actor=pm).text
    assert "1 人提到：失速 1" in page
    assert "抱怨 33 %" in page
    told = client.get(f"/api/v1/themes/{theme.id}", token=make_token(pm, "themes:read")).json()
    assert told["sentiment"] == {"negative": 1, "neutral": 1, "positive": 1}
    assert (told["evidence"]["dangers"], told["score_formula"]) == ({"失速": 1}, 2)
    assert list(told["score_parts"]) == list(DEFAULT_POINTS)
