"""The receipt as the rooms above fill it: the theme without a merge by hand, each step, the car, the points."""

import pytest
from sqlmodel import select

from feedback_cluster.themes.models import Theme, TriageStatus
from forum.posts.models import Visibility
from roadmap.followup.models import FollowUp


@pytest.fixture
def wish(voices, make_item, make_release, make_vehicle, step, worker):
    """lin's sentence, never merged by hand, in a theme that an item answers; it is rolling out to lin's car."""
    release = make_release("2.4.0", public=True, models=["测试车"])
    make_vehicle(voices.lin, "测试车", software="2.4.0")
    voices.item = make_item("座椅降噪", themes=[voices.theme])
    step(voices.item, "decided", "年底前做。")
    step(voices.item, "rolling_out", "今天开始推送。", release_id=release.id)
    worker.drain()
    return voices


def test_a_sentence_that_nobody_merged_knows_its_theme_its_steps_its_car_and_its_points(client, wish):
    page = client.get(f"/me/voice/{wish.posts[0].id}", actor=wish.lin).text
    assert "座椅通风噪音" in page
    assert "年底前做。" in page
    assert "今天开始推送。" in page
    assert "OTA 2.4.0" in page
    assert "测试车" in page
    assert ">188</b>" in page  # 50 to 30 of 300: the first of two authors
    assert page.index("座椅通风噪音") < page.index("座椅降噪")


def test_a_voter_sees_the_steps_and_no_points_of_others(client, wish):
    page = client.get(f"/me/voice/{wish.posts[0].id}", actor=wish.wu).text
    assert "今天开始推送。" in page
    assert "188" not in page


def test_the_question_stands_on_the_receipt_once_it_was_asked(client, runtime, worker, wish, time_machine):
    from datetime import timedelta

    from cocreate.core import clock
    from roadmap.followup.asking import ask_due

    assert "你最清楚" not in client.get(f"/me/voice/{wish.posts[0].id}", actor=wish.lin).text
    time_machine.move_to(clock.now() + timedelta(days=8), tick=False)
    ask_due(runtime)
    with runtime.database.read() as session:
        round_id = session.exec(select(FollowUp.id)).one()
    page = client.get(f"/me/voice/{wish.posts[0].id}", actor=wish.lin).text
    assert f"/followups/{round_id}" in page


def test_what_only_staff_may_read_stays_out(client, runtime, make_item, put_post, put_theme, make_member, voices):
    lin = make_member("林二")
    own = put_post("只给你们看", author=lin, visibility=Visibility.STAFF)
    theme = put_theme("内部叫法", [own])
    hidden = make_item("还没公开", themes=[theme], public=False)
    for path in ("/me", f"/me/voice/{own.id}"):
        page = client.get(path, actor=lin).text
        assert "只给你们看" in page
        assert "内部叫法" not in page
        assert hidden.title not in page


def test_a_hidden_theme_is_not_named(client, runtime, put_post, put_theme, make_member):
    lin = make_member("林三")
    own = put_post("通风太吵", author=lin)
    theme = put_theme("藏起来的", [own])
    assert "藏起来的" in client.get(f"/me/voice/{own.id}", actor=lin).text
    with runtime.database.write() as session:
        session.get_one(Theme, theme.id).status = TriageStatus.HIDDEN
    assert "藏起来的" not in client.get(f"/me/voice/{own.id}", actor=lin).text
