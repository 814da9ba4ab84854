"""Themes go by the brand's lexicon: the next run reads it, new posts are placed by the words of the run that holds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cocreate.core.actor import Actor
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.text.lexicon import Lexicon, Term
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.parameters import Parameters
from feedback_cluster.runs.models import Run
from feedback_cluster.themes.assign import loaded_model
from search.lexicon import service
from search.lexicon.models import EntryKind
from search.lexicon.overlay import Entry, Key
from tests.client import Client

Voices = Callable[..., list[int]]
OWN = Entry(EntryKind.TERM, "云感座舱")
TEXTS = [f"云感座舱{said}" for said in ("吱吱响", "有异味", "太闷", "反应慢", "不好看", "掉皮")] * 4
OTHERS = [f"蓝牙{said}" for said in ("断连", "连不上", "太慢", "没声音", "找不到", "重启才好")] * 4


def save(runtime: Runtime, by: Actor, *entries: Entry) -> None:
    with runtime.database.write() as session:
        assert service.publish(session, {entry.key: entry for entry in entries}, by=by)


@pytest.mark.usefixtures("quick_pipeline")
def test_a_run_reads_the_brand_s_words_and_places_new_posts_by_them(
    runtime: Runtime, make_voices: Voices, run_now: Callable[..., Run], pm_actor: Actor
) -> None:
    make_voices(TEXTS + OTHERS)
    run_now()
    before = loaded_model(runtime)
    assert before is not None
    assert "云感座舱" not in before.model.features_.vocabulary_
    save(runtime, pm_actor, OWN)
    assert "云感座舱" not in before.model.vocabulary.spellings
    run_now()
    after = loaded_model(runtime)
    assert after is not None
    assert "云感座舱" in after.model.features_.vocabulary_
    assert after.model.explain("云感座舱又响了")[0][0] == "云感座舱"
    with runtime.database.write() as session:
        gone: Key = OWN.key
        service.publish(session, {gone: None}, by=pm_actor)
    assert after.model.explain("云感座舱又响了")[0][0] == "云感座舱"  # the run's lexicon, whatever holds by now


@pytest.mark.usefixtures("quick_pipeline")
def test_people_are_told_that_the_lexicon_changed_until_the_next_run(
    runtime: Runtime, client: Client, make_voices: Voices, run_now: Callable[..., Run], pm: Member, pm_actor: Actor,
    worker: Worker, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("search.lexicon.recut.LATE_SECONDS", 0.0)
    make_voices(TEXTS)
    first = run_now()
    told = "归类之后词典改过"
    assert told not in client.get("/themes/runs", actor=pm).text
    seat = next(term for term in Lexicon.default().terms if term.word == "座椅")
    save(runtime, pm_actor, Entry(EntryKind.TERM, "座椅", seat.aliases, (*seat.synonyms, "屁股垫")))
    worker.drain()
    assert told not in client.get("/themes/runs", actor=pm).text, "synonyms are for search alone"
    save(runtime, pm_actor, OWN)
    worker.drain()
    assert told in client.get("/themes/runs", actor=pm).text
    assert told in client.get(f"/themes/runs/{first.id}", actor=pm).text
    run_now()
    assert told not in client.get("/themes/runs", actor=pm).text


def test_a_model_keeps_the_lexicon_it_was_fitted_with(tmp_path: Path) -> None:
    lexicon = Lexicon(
        (*Lexicon.default().terms, Term("云感座舱", ("云座舱",))), Lexicon.default().names, Lexicon.default().stop_words
    )
    ThemeModel(Parameters(k=2), lexicon=lexicon).fit(TEXTS + OTHERS).save(tmp_path / "model.npz")
    loaded = ThemeModel.load(tmp_path / "model.npz")
    assert loaded.vocabulary.fingerprint == lexicon.fingerprint == loaded.lexicon_fingerprint_
    assert loaded.explain("云座舱响")[0][0] == "云感座舱"
