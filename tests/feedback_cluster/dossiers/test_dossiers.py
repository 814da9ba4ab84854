"""Dossiers: frozen, numbered, every number leads to its voices, and words that were taken back are gone."""

import csv
import io
import json
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from feedback_cluster.dossiers import content, reading, routes, service
from feedback_cluster.dossiers.models import Dossier, DossierVoice
from feedback_cluster.dossiers.reading import Filters
from feedback_cluster.themes.models import Theme
from forum.events import PostDeleted, PostsWithdrawn
from forum.posts.models import Post, Visibility
from forum.posts.service import delete_post

MakeTheme = Callable[..., Theme]


@pytest.fixture
def seats(
    runtime: Runtime, make_theme: MakeTheme, make_voices: Any, make_post: Any, make_member: Any, make_vehicle: Any
) -> Theme:
    """A theme of six voices: two of a member with a verified car, one for staff alone, one that praises."""
    owner = make_member("车主一")
    car = make_vehicle(owner, "云麓", verified=True, model_year=2024, software="2.2", region="广东")
    own = [
        make_post(author=owner, title=title, vehicle_id=car.id, model="云麓", model_year=2024).id
        for title in ("座椅通风太吵，受不了", "座椅通风又响了，太差")
    ]
    posts = [
        *own,
        *make_voices(
            ["座椅通风噪音大，难受", "通风噪音像吹风机，失望"], model="晴川", source="问卷", author_label="老李"
        ),
        *make_voices(["门店反映座椅通风噪音大"], visibility=Visibility.STAFF),
        *make_voices(["座椅通风很安静，非常满意，喜欢"], model="小满"),
    ]
    return make_theme("座椅通风噪音", posts=posts)


@pytest.fixture
def issue(runtime: Runtime, pm_actor: Actor) -> Callable[[Theme], Dossier]:
    """Issue a dossier."""

    def issue(theme: Theme) -> Dossier:
        with runtime.database.write() as session:
            made = service.issue(session, theme.id or 0, by=pm_actor, zone=runtime.settings.zone)
            session.flush()
            session.refresh(made)
            session.expunge(made)
            return made

    return issue


def rows(
    runtime: Runtime, dossier: Dossier, filters: Filters | None = None, roles: Any = (Role.PM,)
) -> list[reading.Row]:
    actor = Actor(id=1, roles=frozenset(roles))
    with runtime.database.read() as session:
        return reading.rows(session, dossier, reading.voices(dossier, filters or Filters()), actor)


def take_back(runtime: Runtime, post_id: int) -> None:
    """Its author deletes the post, and whoever listens is told at once."""
    with runtime.database.write() as session:
        post = session.get(Post, post_id)
        assert post is not None
        delete_post(session, post, by=Actor(id=post.author_id))
    with runtime.database.write() as session:
        service.forget_words(session, PostDeleted(post_id=post_id))


def test_words_taken_back_while_a_dossier_is_gathered_are_not_in_it(
    runtime: Runtime, seats: Theme, issue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gather(*args: Any) -> Any:
        found = really(*args)
        if not gone:
            gone.append(found[1][0].post_id)
            take_back(runtime, gone[0])
        return found

    gone: list[int] = []
    really = content.gather
    monkeypatch.setattr(content, "gather", gather)
    made = issue(seats)
    with runtime.database.read() as session:
        kept = session.exec(select(DossierVoice.body, DossierVoice.title).where(DossierVoice.post_id == gone[0])).all()
    assert kept == []
    assert made.voices == 5


def test_words_taken_back_before_a_dossier_is_committed_are_blanked_after_it(
    runtime: Runtime, seats: Theme, pm_actor: Actor
) -> None:
    with runtime.database.write() as session:
        made = service.issue(session, seats.id or 0, by=pm_actor, zone=runtime.settings.zone)
        post_id = made.content["voices"][0]["id"]
        author = threading.Thread(target=take_back, args=(runtime, post_id))
        author.start()
        author.join(0.5)
    author.join()
    with runtime.database.read() as session:
        kept = session.get(DossierVoice, (made.id, post_id))
        assert kept is not None
        assert (kept.title, kept.body, kept.salt) == ("", "", "")


def test_a_dossier_counts_voices_people_cars_and_versions(runtime: Runtime, seats: Theme, issue: Any) -> None:
    made = issue(seats)
    told = made.content["figures"]
    assert (made.number[-5:], made.issue) == ("-0001", 1)
    assert (told["voices"], told["people"], told["unnamed"]) == (6, 2, 2)
    assert (told["cars"], told["verified_cars"], told["staff_only"]) == (1, 1, 1)
    assert told["model"] == {"云麓": 2, "晴川": 2, "小满": 1}
    assert (told["software"], told["region"]) == ({"2.2": 2}, {"广东": 2})
    assert sum(told["stance"].values()) == 6
    assert sum(count for _, count in made.content["weekly"]) == 6
    against = [row.title for row in rows(runtime, made) if row.facts["id"] in made.content["dissent"]]
    assert against == ["座椅通风很安静，非常满意，喜欢"]


def test_every_number_leads_to_its_voices(runtime: Runtime, seats: Theme, issue: Any) -> None:
    made = issue(seats)
    told = made.content["figures"]
    assert len(reading.voices(made, Filters())) == told["voices"]
    assert len(reading.voices(made, Filters(named=True))) == told["voices"] - told["unnamed"]
    assert len(reading.voices(made, Filters(staff=True))) == told["staff_only"]
    assert {voice["car"] for voice in reading.voices(made, Filters(car="verified"))} == {1}
    for name in ("model", "model_year", "software", "region", "order_month", "kind", "stance"):
        for value, count in told[name].items():
            assert len(reading.voices(made, Filters(**{name: value}))) == count, (name, value)
    for monday, count in made.content["weekly"]:
        assert len(reading.voices(made, Filters(week=monday))) == count


def test_two_issues_differ_only_by_new_voices(
    runtime: Runtime, seats: Theme, issue: Any, make_voices: Any, add_to: Any
) -> None:
    first = issue(seats)
    fresh = make_voices(["座椅通风低速也有啸叫", "副驾座椅通风异响"], model="云麓")
    add_to(seats, fresh)
    second = issue(seats)
    assert (second.number, second.issue, second.previous_id) == (first.number, 2, first.id)
    before, now = first.content["voices"], second.content["voices"]
    facts = [name for name in before[0] if name != "words"]
    kept = [{name: voice[name] for name in facts} for voice in now if voice["id"] not in fresh]
    assert kept == [{name: voice[name] for name in facts} for voice in before]
    assert second.content["since"]["new"] == sorted(fresh)
    assert second.content["since"]["gone"] == []
    assert [row.facts["id"] for row in rows(runtime, second, Filters(new=True))] == sorted(fresh)
    assert second.content["since"]["figures"]["voices"] == [6, 8]


def test_an_issue_without_news_is_refused(seats: Theme, issue: Any, make_theme: MakeTheme) -> None:
    issue(seats)
    with pytest.raises(service.NothingNew):
        issue(seats)
    with pytest.raises(service.NothingToShow):
        issue(make_theme("空的", posts=[]))


def test_numbers_go_up_by_theme(seats: Theme, issue: Any, make_theme: MakeTheme) -> None:
    assert [issue(one).serial for one in (seats, make_theme("蓝牙"), make_theme("车机"))] == [1, 2, 3]


def test_what_happens_later_changes_no_figure(
    runtime: Runtime, client: Any, pm: Member, seats: Theme, issue: Any
) -> None:
    made = issue(seats)
    ids = [voice["id"] for voice in made.content["voices"]]
    with runtime.database.write() as session:
        for post_id in ids[:2]:
            post = session.get(Post, post_id)
            assert post is not None
            post.title, post.model, post.vote_count = "改过了", "别的车", 99
            session.add(post)
    with runtime.database.read() as session:
        again = service.get_dossier(session, made.id or 0)
        assert again.content == made.content
        assert service.unharmed(again)
    assert "改过了" not in [row.title for row in rows(runtime, made)]


def test_words_that_were_taken_back_are_gone_and_figures_stay(
    runtime: Runtime, client: Any, pm: Member, seats: Theme, issue: Any, worker: Any
) -> None:
    from cocreate.core import outbox

    made = issue(seats)
    gone = made.content["voices"][0]["id"]
    with runtime.database.write() as session:
        post = session.get(Post, gone)
        assert post is not None
        post.title, post.body, post.deleted_at = "", "", post.created_at
        session.add(post)
        outbox.publish(session, PostDeleted(post_id=gone))
    worker.drain()
    with runtime.database.read() as session:
        kept = session.get(DossierVoice, (made.id, gone))
        assert kept is not None
        assert (kept.title, kept.body, kept.person, kept.salt) == ("", "", None, "")
        assert kept.blanked_at is not None
        again = service.get_dossier(session, made.id or 0)
        assert again.content["figures"] == made.content["figures"]
        assert service.unharmed(again)
    row = next(row for row in rows(runtime, made) if row.facts["id"] == gone)
    assert (row.gone, row.text, row.facts["on"]) == ("blanked", "", made.content["voices"][0]["on"])
    for path in ("", "/print", "/voices.csv"):
        text = client.get(f"/triage/dossiers/{made.id}{path}", actor=pm).text
        assert "座椅通风太吵" not in text, path
        assert str(gone) in text, path


def test_an_import_that_is_taken_back_leaves_no_words(runtime: Runtime, seats: Theme, issue: Any) -> None:
    made = issue(seats)
    with runtime.database.write() as session:
        service.forget_words(
            session, PostsWithdrawn(import_id=1, post_ids=[voice["id"] for voice in made.content["voices"]])
        )
    assert {row.gone for row in rows(runtime, made)} == {"blanked"}


def test_words_that_a_moderator_hid_are_not_read_in_a_dossier(
    runtime: Runtime, client: Any, pm: Member, seats: Theme, issue: Any
) -> None:
    made = issue(seats)
    with runtime.database.write() as session:
        post = session.get(Post, made.content["voices"][0]["id"])
        assert post is not None
        title, post.hidden_at = post.title, post.created_at
        session.add(post)
    page = client.get(f"/triage/dossiers/{made.id}", actor=pm).text
    assert title not in page
    assert "已被版主隐藏" in page


def test_the_record_only_grows(runtime: Runtime, seats: Theme, issue: Any) -> None:
    issue(seats)
    for statement in (sa.delete(Dossier), sa.update(Dossier).values(digest="x")):
        with pytest.raises(sa.exc.DatabaseError), runtime.database.write() as session:
            session.connection().execute(statement)


def test_a_record_that_was_tampered_with_is_seen(seats: Theme, issue: Any) -> None:
    made = issue(seats)
    assert service.unharmed(made)
    made.content["figures"]["voices"] += 1
    assert not service.unharmed(made)


def test_the_fingerprint_of_words_fits_the_words(runtime: Runtime, seats: Theme, issue: Any) -> None:
    made = issue(seats)
    with runtime.database.read() as session:
        said = {row.post_id: row for row in session.exec(select(DossierVoice))}
    for voice in made.content["voices"]:
        row = said[voice["id"]]
        assert content.fingerprint(row.title, row.body, row.salt) == voice["words"]
    assert "座椅" not in json.dumps(made.content["voices"], ensure_ascii=False), "the record holds no person's words"


def test_engineering_takes_note_once(
    client: Any, pm: Member, seats: Theme, issue: Any, make_member: Callable[..., Member], runtime: Runtime
) -> None:
    made = issue(seats)
    engineer, owner = make_member("唐工", Role.AGENT), make_member("车主")
    where = f"/triage/dossiers/{made.id}"
    assert client.post(f"{where}/receipt", actor=owner).status_code == 403
    told = {"department": "座椅工程", "remark": "已复现"}
    assert client.post(f"{where}/receipt", data=told, actor=engineer).status_code == 303
    assert client.post(f"{where}/receipt", data=told, actor=engineer).status_code == 409
    page = client.get(where, actor=pm).text
    assert "唐工" in page
    assert "已复现" in page
    assert "座椅工程" in client.get(f"/themes/{seats.id}", actor=pm).text
    with runtime.database.read() as session:
        assert [m.notice for m in session.exec(select(InboxMessage).where(InboxMessage.member_id == pm.id))] == [
            "dossier.receipt"
        ]


def test_a_later_issue_shows_only_what_is_new(
    client: Any, pm: Member, seats: Theme, issue: Any, make_voices: Any, add_to: Any
) -> None:
    issue(seats)
    add_to(seats, make_voices(["副驾座椅通风异响"]))
    second = issue(seats)
    page = client.get(f"/triage/dossiers/{second.id}", actor=pm).text
    listed = page[page.index('id="voices"') : page.index("</section>", page.index('id="voices"'))]
    assert "副驾座椅通风异响" in listed
    assert "座椅通风太吵" not in listed
    everything = client.get(f"/triage/dossiers/{second.id}?voices=all", actor=pm).text
    assert "座椅通风太吵" in everything
    assert "1 条新增" in page or "新增" in page


def test_from_the_theme_to_the_list(client: Any, pm: Member, seats: Theme, make_member: Callable[..., Member]) -> None:
    assert "还没有卷宗" in client.get("/triage/dossiers", actor=pm).text
    host = make_member("主持", Role.HOST)
    assert client.post(f"/themes/{seats.id}/dossiers", actor=host).status_code == 403
    answer = client.post(f"/themes/{seats.id}/dossiers", actor=pm)
    assert re.fullmatch(r"/triage/dossiers/\d+", answer.headers["location"])
    assert "座椅通风噪音" in client.get("/triage/dossiers", actor=host).text
    assert client.get("/triage/dossiers", actor=make_member("车主")).status_code == 403
    assert client.get("/triage/dossiers/999", actor=pm).status_code == 404


def test_the_table_opens_in_a_spreadsheet_and_runs_no_formula(
    client: Any, pm: Member, make_theme: MakeTheme, make_voices: Any, issue: Any
) -> None:
    made = issue(make_theme("公式", posts=make_voices(["=1+1", '他说"吵"，真的', "普通"], model="云麓")))
    answer = client.get(f"/triage/dossiers/{made.id}/voices.csv", actor=pm)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["title"] for row in table] == ["'=1+1", '他说"吵"，真的', "普通"]
    assert tuple(table[0]) == reading.CELLS


def test_paper_holds_every_voice_and_its_number(client: Any, pm: Member, seats: Theme, issue: Any) -> None:
    made = issue(seats)
    page = client.get(f"/triage/dossiers/{made.id}/print", actor=pm).text
    assert made.number in page
    assert page.count("<tr>") >= 6
    assert all(f'<td class="num">{voice["id"]}</td>' in page for voice in made.content["voices"])
    assert made.digest in page


def test_many_voices_go_onto_paper_in_parts_each_once(
    client: Any, pm: Member, seats: Theme, issue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "PRINTED", 4)
    made = issue(seats)
    parts = [client.get(f"/triage/dossiers/{made.id}/print?part={part}", actor=pm).text for part in (1, 2)]
    listed = [[int(found) for found in re.findall(r'<tr><td class="num">(\d+)</td>', part)] for part in parts]
    assert [len(part) for part in listed] == [4, 2]
    assert sorted(listed[0] + listed[1]) == sorted(voice["id"] for voice in made.content["voices"])
    assert "第 5–6 条声音，共 6 条（第 2/2 部分）" in parts[1]
    assert "?part=2" in parts[0]


def test_the_page_of_a_theme_reads_no_record_of_voices(
    client: Any, pm: Member, seats: Theme, issue: Any, count_queries: Any
) -> None:
    made = issue(seats)
    with count_queries() as statements:
        assert made.number in client.get(f"/themes/{seats.id}", actor=pm).text
    assert not [statement for statement in statements if "dossier.content" in statement]


def test_json_holds_the_record(client: Any, pm: Member, make_token: Any, seats: Theme) -> None:
    reading_, writing = make_token(pm, "themes:read"), make_token(pm, "themes:write")
    where = f"/api/v1/themes/{seats.id}/dossiers"
    assert client.post(where, token=reading_).status_code == 403
    made = client.post(where, token=writing)
    assert made.status_code == 201
    told = client.get(f"/api/v1/dossiers/{made.json()['id']}", token=reading_).json()
    assert told["unharmed"] is True
    assert len(told["voices_list"]) == told["figures"]["voices"] == 6
    saved = client.get(f"/triage/dossiers/{told['id']}/dossier.json", actor=pm)
    assert saved.json() == told
    assert client.post(where, token=writing).json()["error"]["code"] == "nothing_new"
    assert client.get("/api/v1/dossiers", token=reading_).json()["items"][0]["number"] == told["number"]
    noted = client.post(f"/api/v1/dossiers/{told['id']}/receipt", json={"department": "座椅"}, token=writing)
    assert noted.json()["department"] == "座椅"
    assert client.post(f"/api/v1/dossiers/{told['id']}/receipt", json={}, token=writing).status_code == 409


voice_values = st.fixed_dictionaries(
    {
        "stance": st.sampled_from(["negative", "neutral", "positive"]),
        "polarity": st.floats(-1, 1),
        "confidence": st.floats(0, 1),
    }
)


@settings(max_examples=100, deadline=None)
@given(st.lists(voice_values, max_size=20))
def test_dissent_speaks_against_the_most(values: list[dict[str, Any]]) -> None:
    voices = [{"id": number, **value} for number, value in enumerate(values)]
    against = content.dissent(voices)
    sides = {voices[place]["stance"] for place in against}
    assert len(sides) <= 1
    assert "neutral" not in sides
    for side in sides:
        other = "negative" if side == "positive" else "positive"
        assert sum(v["stance"] == other for v in voices) >= sum(v["stance"] == side for v in voices)
    assert len(against) <= 3


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=5)), max_size=6), st.randoms())
def test_the_hash_does_not_depend_on_the_order_of_keys(told: dict[str, Any], dice: Any) -> None:
    keys = list(told)
    dice.shuffle(keys)
    assert content.digest({key: told[key] for key in keys}) == content.digest(told)
