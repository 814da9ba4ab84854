"""One sentence comes back: from a theme over a release to its owner's car, and on when it did not help."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlmodel import col, select

from cocreate.core.runtime import Runtime
from cocreate.identity.vehicles import service as garage
from cocreate.identity.vehicles.models import Vehicle
from cocreate.notify.inbox.models import InboxMessage
from cocreate.points.queries import balance
from roadmap.followup import asking
from roadmap.followup.models import FollowUp, FollowUpSetting
from roadmap.items.models import ItemStage, RoadmapItem
from roadmap.releases import rollout
from roadmap.releases.models import NoteLabel, Release, ReleaseNote
from tests.factories.forum import acting

NOON = datetime(2026, 9, 1, 4, tzinfo=UTC)


@pytest.fixture
def story(time_machine, put_post, put_theme, make_member, make_vehicle, make_item, make_release):
    """Two authors and a voter behind one theme, which an item answers with OTA 2.4; the author drives a 云麓."""
    time_machine.move_to(NOON, tick=False)
    lin, chen, wu = make_member("林"), make_member("陈"), make_member("吴")
    car = make_vehicle(lin, "云麓", software="2.3", verified=True)
    make_vehicle(chen, "晴川", software="2.3", verified=True)
    posts = [put_post("通风三档太吵", author=lin, voters=[wu]), put_post("座椅像拖拉机", author=chen, voters=[wu, lin])]
    release = make_release("2.4", models=["云麓"], public=True)
    item = make_item("座椅通风降噪", themes=[put_theme("座椅通风噪音", posts)], release=release.id)
    return SimpleNamespace(lin=lin, chen=chen, wu=wu, car=car, release=release, item=item, posts=posts)


def letters(runtime: Runtime, member) -> list[InboxMessage]:
    with runtime.database.read() as session:
        mine = select(InboxMessage).where(InboxMessage.member_id == member.id).order_by(col(InboxMessage.id))
        return list(session.exec(mine))


def test_a_sentence_comes_back_to_its_owner_and_on_when_it_did_not_help(
    story, step, runtime: Runtime, worker, client, pm, pm_actor, time_machine
):
    # Decided: each person hears once, although two of them stand behind two posts, and each about their own car.
    step(story.item, "decided", "随 2.4 改风道。", release_id=story.release.id)
    worker.drain()
    for person in (story.lin, story.chen, story.wu):
        (letter,) = letters(runtime, person)
        assert letter.key == f"item:{story.item.id}:decided:1"
    own = client.get("/inbox", actor=story.lin).text
    assert "正文" in own  # their own words
    assert "云麓" in own
    assert "云麓" not in client.get("/inbox", actor=story.chen).text

    # Rolled out: the release says what of it was theirs, and only to cars that get it.
    with runtime.database.write() as session:
        line = {"release_id": story.release.id, "label": NoteLabel.BETTER, "item_id": story.item.id}
        session.add(ReleaseNote(text="座椅通风更安静", **line))
        rollout.roll_out(session, session.get_one(Release, story.release.id), percent=100, by=pm_actor)
        session.merge(FollowUpSetting(item_id=story.item.id, days=7, threshold=60, least=1, sample=0))
    step(story.item, "rolling_out", "开始推送。", release_id=story.release.id)
    worker.drain()
    told = [letter.notice for letter in letters(runtime, story.lin)]
    assert told.count("roadmap.release.wrote") == 1
    assert not any(letter.notice.startswith("roadmap.release") for letter in letters(runtime, story.chen))
    note = client.get(f"/releases/{story.release.id}/mine", actor=story.lin).text
    assert "通风三档太吵" in note
    assert "座椅通风更安静" in note

    # The car has it; the item arrived and is shipped: thanks are paid, the voice page says all of it.
    with runtime.database.write() as session:
        garage.set_software(session, session.get_one(Vehicle, story.car.id), "2.4", by=acting(runtime, story.lin))
    step(story.item, "arrived", "到车了。", release_id=story.release.id)
    worker.drain()
    with runtime.database.read() as session:
        thanks = balance(session, story.lin.id)
    assert thanks > 0
    voice = client.get("/me", actor=story.lin).text
    for words in ("座椅通风降噪", "2.4", "云麓"):
        assert words in voice

    # A week later the owner says that it did not help: the item is taken up again, once, and the thanks go back.
    time_machine.move_to(NOON + timedelta(days=8), tick=False)
    asking.ask_due(runtime)
    worker.drain()
    with runtime.database.read() as session:
        round_id = session.exec(select(FollowUp.id)).one()
    ask = letters(runtime, story.lin)[-1]
    assert ask.notice.startswith("followup.asked")
    answer = client.post(ask.url, actor=story.lin, data={"reply": "no", "why": "高速上还是一样吵"})
    assert answer.status_code == 303
    worker.drain()
    with runtime.database.read() as session:
        item = session.get_one(RoadmapItem, story.item.id)
        assert item.stage is ItemStage.STUDIED
        assert session.get_one(FollowUp, round_id).theme_id is not None
        assert balance(session, story.lin.id) < thanks
    assert [letter.key for letter in letters(runtime, story.wu)][-1] == f"item:{story.item.id}:studied:1"
    assert "高速上还是一样吵" not in client.get(f"/roadmap/{story.item.id}").text
    assert client.get(f"/roadmap/{story.item.id}/followup", actor=pm).status_code == 200
