"""The queue as pages: with buttons, filters, places, and the way for owners to say that two posts are the same."""

import re

import pytest
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.actor import Role
from forum.duplicates.models import DuplicateDecision, MergeReport, MergeSuggestion, Origin, State
from forum.posts.models import Post, Visibility


@pytest.fixture
def moderator(make_member):
    return make_member("版主", Role.MODERATOR)


@pytest.fixture
def suggest(database):
    """`suggest(post, post, 0.9)`: a stored suggestion."""

    def make(a, b, score=0.9, **values):
        low, high = sorted((a.id, b.id))
        with database.write() as session:
            row = MergeSuggestion(low_id=low, high_id=high, score=score, words=["天窗", "漏水"], **values)
            session.add(row)
        return row

    return make


@pytest.fixture
def pair(make_post, suggest):
    older, newer = make_post("天窗漏水嚴重", body="洗车之后"), make_post("天窗一直漏水", votes=2)
    return older, newer, suggest(older, newer)


def head_of(database, post):
    with database.read() as session:
        return session.get_one(Post, post.id).merged_into_id


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.PM, Role.AGENT, Role.ADMIN])
def test_staff_see_both_posts_with_what_they_share(client, pair, make_member, role):
    answer = client.get("/moderation/duplicates", actor=make_member("", role))
    assert answer.status_code == 200
    assert answer.text.count("<mark>天窗漏水</mark>") == 1
    assert "天窗</mark>一直<mark>漏水" in answer.text
    assert "90 %" in answer.text
    assert "1</b> / 1" in answer.text


@pytest.mark.parametrize("role", [None, Role.MEMBER, Role.HOST])
def test_others_do_not(client, pair, make_member, role):
    actor = make_member("", role) if role else None
    assert client.get("/moderation/duplicates", actor=actor).status_code in (303, 401, 403)
    assert client.post(f"/moderation/duplicates/{pair[2].id}/apart", actor=actor).status_code in (303, 401, 403)


def test_the_post_with_more_votes_stays_and_a_swap_turns_it_round(client, pair, moderator):
    older, newer, _ = pair
    page = client.get("/moderation/duplicates", actor=moderator).text
    assert f'name="keep" value="{newer.id}"' in page
    assert f'name="keep" value="{older.id}"' in client.get("/moderation/duplicates?swap=1", actor=moderator).text


def test_of_equal_votes_the_older_stays(client, make_post, suggest, moderator):
    older, newer = make_post("天窗漏水"), make_post("天窗一直漏水")
    suggest(older, newer)
    assert f'name="keep" value="{older.id}"' in client.get("/moderation/duplicates", actor=moderator).text


def test_merging_and_undoing_without_script(client, pair, moderator, database):
    older, newer, row = pair
    done = client.post(f"/moderation/duplicates/{row.id}/merge", actor=moderator, data={"keep": newer.id})
    assert done.status_code == 303
    assert head_of(database, older) == newer.id
    page = client.get(done.headers["location"], actor=moderator, headers={"cookie": f"flash={done.cookies['flash']}"})
    undo = re.search(r'action="(/moderation/duplicates/decisions/\d+/undo)"', page.text)
    assert undo
    assert client.post(undo[1], actor=moderator).status_code == 303
    assert head_of(database, older) is None
    assert f'data-pair="{row.id}"' in client.get("/moderation/duplicates", actor=moderator).text


def test_a_part_answers_with_the_next_pair_and_an_undo(client, pair, make_post, suggest, moderator):
    second = suggest(make_post("导航卡顿"), make_post("导航总是卡顿"), 0.8)
    answer = client.post(
        f"/moderation/duplicates/{pair[2].id}/apart",
        actor=moderator,
        htmx=True,
        data={"next": second.id, "number": 1, "least": "0.75"},
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert f'data-pair="{second.id}"' in answer.text
    assert "<hx-partial" in answer.text
    assert "/undo" in answer.text
    assert answer.headers["hx-replace-url"] == f"/moderation/duplicates?at={second.id}"


def test_the_queue_keeps_its_place_when_the_next_pair_went_too(client, make_post, suggest, moderator, database):
    """Merging a post takes every pair with it out of the queue: the place in the queue holds, not the pair."""
    hub = make_post("天窗漏水", votes=5)
    rows = [suggest(hub, make_post(f"天窗漏水{number}"), 0.99 - number / 100) for number in range(3)]
    last = suggest(make_post("导航卡顿"), make_post("导航总卡顿"), 0.8)
    with database.write() as session:
        session.get_one(Post, rows[2].high_id).hidden_at = clock.now()
    answer = client.post(
        f"/moderation/duplicates/{rows[1].id}/apart",
        actor=moderator,
        data={"next": rows[2].id, "number": 2, "least": "0.75"},
        htmx=True,
    )
    assert f'data-pair="{last.id}"' in answer.text


def test_a_pair_that_somebody_else_decided_is_refused(client, pair, moderator, database, make_member):
    row = pair[2]
    client.post(f"/moderation/duplicates/{row.id}/apart", actor=make_member("", Role.PM))
    answer = client.post(
        f"/moderation/duplicates/{row.id}/merge", actor=moderator, data={"keep": pair[0].id}, htmx=True
    )
    assert answer.status_code == 409
    with database.read() as session:
        assert len(session.exec(select(DuplicateDecision)).all()) == 1
    assert head_of(database, pair[0]) is None


def test_filters_narrow_the_queue_and_owners_come_first(client, make_post, make_board, suggest, moderator):
    board = make_board("cabin", "座舱")
    strong = suggest(make_post("甲一", board_id=board.id), make_post("甲二"), 0.95)
    fair = suggest(make_post("乙一"), make_post("乙二"), 0.8)
    weak = suggest(make_post("丙一"), make_post("丙二"), 0.6)
    said = suggest(make_post("丁一"), make_post("丁二"), 0.1, origin=Origin.OWNER)

    def shown(query):
        found, at = [], ""
        while True:
            text = client.get(f"/moderation/duplicates{query}{at}", actor=moderator).text
            pair = re.search(r'data-pair="(\d+)"', text)
            if pair is None:
                return found
            found.append(int(pair[1]))
            following = re.search(r'data-key="j"[^>]*', text)
            if following is None or not (
                link := re.search(r"at=(\d+)", text[following.start() - 200 : following.end()])
            ):
                return found
            at = ("&" if query else "?") + f"at={link[1]}"
            if int(link[1]) in found:
                return found

    assert shown("") == [said.id, strong.id, fair.id]
    assert shown("?least=0.9") == [said.id, strong.id]
    assert shown("?least=0.5") == [said.id, strong.id, fair.id, weak.id]
    assert shown("?origin=owner") == [said.id]
    assert shown(f"?board={board.id}") == [strong.id]
    assert shown("?least=nan&board=x&origin=nobody") == [said.id, strong.id, fair.id]


def test_a_group_is_merged_with_its_ticked_posts(client, make_post, suggest, moderator, database):
    one, two, three = (make_post(f"天窗漏水{number}") for number in "甲乙丙")
    row = suggest(one, two, 0.99)
    suggest(two, three, 0.9)
    page = client.get("/moderation/duplicates", actor=moderator).text
    assert f'name="post" value="{three.id}" checked' in page
    done = client.post(
        f"/moderation/duplicates/{row.id}/merge-group", actor=moderator, data={"keep": one.id, "post": [three.id]}
    )
    assert done.status_code == 303
    assert head_of(database, two) == head_of(database, three) == one.id


def test_an_empty_queue_says_why(client, moderator):
    text = client.get("/moderation/duplicates", actor=moderator).text
    assert "没有待处理的重复" in text
    assert "没有符合筛选的" in client.get("/moderation/duplicates?least=0.9", actor=moderator).text


def test_the_queue_asks_a_bounded_number_of_statements(client, make_post, suggest, moderator, count_queries):
    hub = make_post("天窗漏水", votes=3)
    for number in range(8):
        suggest(hub, make_post(f"天窗漏水{number}"), 0.9)
    client.get("/moderation/duplicates", actor=moderator)
    with count_queries() as statements:
        client.get("/moderation/duplicates", actor=moderator)
    assert len(statements) <= 55, len(statements)


def test_precision_of_past_decisions_stands_below(client, pair, moderator):
    client.post(f"/moderation/duplicates/{pair[2].id}/merge", actor=moderator, data={"keep": pair[0].id})
    text = client.get("/moderation/duplicates", actor=moderator).text
    assert "过去的建议有多准" in text
    assert "太少，还说不准" in text


def test_a_look_through_all_posts_is_started_and_watched(client, pair, moderator, worker):
    started = client.post("/moderation/duplicates/run", actor=moderator, htmx=True)
    assert 'hx-trigger="every 1s"' in started.text
    worker.drain()
    text = client.get("/moderation/duplicates/run", actor=moderator, htmx=True).text
    assert "hx-trigger" not in text
    assert "2 条帖子" in text


def test_an_owner_finds_the_other_post_and_says_so(client, make_post, make_member, database):
    mine, other = make_post("後車廂感應很看心情"), make_post("后备箱脚踢感应全看缘分")
    owner = make_member("车主")
    assert f"/posts/{mine.id}/same" in client.get(f"/posts/{mine.id}", actor=owner).text
    assert f'value="{other.id}"' in client.get(f"/posts/{mine.id}/same?q=脚踢感应", actor=owner).text
    assert f'value="{other.id}"' in client.get(f"/posts/{mine.id}/same?q=%23{other.id}", actor=owner).text
    done = client.post(f"/posts/{mine.id}/same", actor=owner, data={"other": str(other.id)})
    assert (done.status_code, done.headers["location"]) == (303, f"/posts/{mine.id}")
    with database.read() as session:
        row = session.exec(select(MergeSuggestion)).one()
        assert (row.origin, row.state) == (Origin.OWNER, State.OPEN)
        assert session.exec(select(MergeReport)).one().member_id == owner.id


@pytest.mark.parametrize("typed", ["{id}", "#{id}", "/posts/{id}", "http://testserver/posts/{id}?x=1#c3", " {id} "])
def test_a_number_or_an_address_names_the_other_post(client, make_post, make_member, database, typed):
    mine, other = make_post("大灯起雾"), make_post("座椅太硬")
    done = client.post(f"/posts/{mine.id}/same", actor=make_member(), data={"other": typed.format(id=other.id)})
    assert done.status_code == 303
    with database.read() as session:
        assert session.exec(select(MergeSuggestion)).one().pair == (mine.id, other.id)


def test_words_lead_to_a_list_and_what_nobody_may_read_to_nothing(client, make_post, make_member, database):
    mine, secret = make_post("大灯起雾"), make_post("大灯起雾秘密", visibility=Visibility.STAFF)
    owner = make_member()
    typed = client.post(f"/posts/{mine.id}/same", actor=owner, data={"other": "座椅"})
    assert typed.status_code == 422
    for number in (secret.id, 999_999, 10**18):
        refused = client.post(f"/posts/{mine.id}/same", actor=owner, data={"other": str(number)})
        assert refused.status_code == 422
        assert "秘密" not in refused.text
    assert client.get(f"/posts/{secret.id}/same", actor=owner).status_code == 404
    assert "秘密" not in client.get(f"/posts/{mine.id}/same?q=大灯起雾", actor=owner).text
    with database.read() as session:
        assert session.exec(select(MergeSuggestion)).all() == []


def test_saying_it_too_often_is_refused(client, make_post, make_member):
    mine, owner = make_post("大灯起雾"), make_member()
    others = [make_post(f"别的{number}") for number in range(21)]
    codes = [
        client.post(f"/posts/{mine.id}/same", actor=owner, data={"other": str(other.id)}).status_code
        for other in others
    ]
    assert codes[:20] == [303] * 20
    assert codes[20] == 429


def test_guests_are_led_to_sign_in(client, make_post):
    post = make_post("大灯起雾")
    assert f"/posts/{post.id}/same" not in client.get(f"/posts/{post.id}").text
    assert client.get(f"/posts/{post.id}/same").status_code in (303, 401)
