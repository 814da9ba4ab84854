"""What other rooms see of themes: quotes that everybody may read, figures that can be explained."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.actor import GUEST, Actor
from cocreate.core.runtime import Runtime
from feedback_cluster import api
from feedback_cluster.themes import answers, score, stats
from feedback_cluster.themes.cards import growth, quotes_of
from feedback_cluster.themes.models import Theme
from feedback_cluster.themes.queries import get_theme
from forum.posts.models import PostKind, Visibility

MakeTheme = Callable[..., Theme]


def test_growth_is_damped_and_signed() -> None:
    assert growth([0] * 12) == 0
    assert 0 < growth([0] * 11 + [1]) < 0.2
    assert growth([9] * 8 + [0] * 4) < -0.8 < 0.8 < growth([0] * 8 + [20] * 4)


def test_figures_say_who_speaks_and_when(
    session: Session, runtime: Runtime, make_theme: MakeTheme, make_voices: Any
) -> None:
    weeks_ago = clock.now() - timedelta(weeks=3)
    posts = make_voices(["冷天续航只剩六成", "零下十度掉电快"], model="云麓", created_at=weeks_ago)
    posts += make_voices(["开暖风掉得更快"], model="晴川", kind=PostKind.IDEA)
    theme = get_theme(session, make_theme("冬季续航", posts=posts).id or 0)
    assert (theme.size, theme.models, theme.kinds) == (3, {"云麓": 2, "晴川": 1}, {"problem": 2, "idea": 1})
    card = api.theme_cards(session, [theme.id or 0])[theme.id or 0]
    assert len(card.weekly) == 12
    assert (sum(card.weekly), card.weekly[-1], card.weekly[-4] + card.weekly[-5]) == (3, 1, 2)
    found = stats.figures(session, [theme.id or 0], runtime.settings.zone)[theme.id or 0]
    assert found.score == theme.score == score.total(theme.parts)


def test_a_quote_comes_from_a_post_that_everybody_may_read(
    session: Session, make_theme: MakeTheme, make_voices: Any, pm_actor: Actor
) -> None:
    secret = make_voices(["内部工单：座椅风扇批次缺陷"], visibility=Visibility.STAFF)
    hidden = make_voices(["广告，加我"], hidden_at=clock.now())
    public = make_voices(["座椅通风三档像吹风机"])
    theme = get_theme(session, make_theme("座椅通风", posts=[*secret, *public]).id or 0)
    theme.quotes = [*secret, *hidden, *public]
    session.add(theme)
    session.flush()
    card = api.theme_cards(session, [theme.id or 0])[theme.id or 0]
    assert (card.quote, card.quote_post_id) == ("座椅通风三档像吹风机", public[0])
    assert [q.post_id for q in quotes_of(session, [theme], actor=GUEST, most=5)[theme.id or 0]] == public
    assert secret[0] in [q.post_id for q in quotes_of(session, [theme], actor=pm_actor, most=5)[theme.id or 0]]


def test_a_theme_without_any_public_voice_is_not_ranked(
    session: Session, make_theme: MakeTheme, make_voices: Any
) -> None:
    make_theme("内部", posts=make_voices(["内部工单"], visibility=Visibility.STAFF))
    shown = make_theme("公开", posts=make_voices(["公开的话"]))
    assert [ranked.card.id for ranked in api.rank_themes(session)] == [shown.id]


def test_ranking_counts_inside_the_scope(session: Session, make_theme: MakeTheme, make_voices: Any) -> None:
    many = make_theme("多", posts=make_voices(["一", "二", "三"], model="晴川"))
    few = make_theme("少", posts=[*make_voices(["四"], model="云麓"), *make_voices(["五"], model="晴川")])
    assert [(r.card.id, r.count) for r in api.rank_themes(session)] == [(many.id, 3), (few.id, 2)]
    assert [(r.card.id, r.count) for r in api.rank_themes(session, model="云麓")] == [(few.id, 1)]
    assert api.rank_themes(session, since=clock.now() + timedelta(hours=1)) == []
    assert len(api.rank_themes(session, limit=1)) == 1


def test_an_answer_stands_on_cards_once_approved_and_on_posts_once_published(
    session: Session, make_theme: MakeTheme, make_voices: Any, pm_actor: Actor
) -> None:
    posts = make_voices(["哨兵一夜掉五个电"])
    theme_id = make_theme("哨兵", posts=posts).id or 0
    answer_id = api.record_answer(session, theme_id, "2.4 里有低功耗哨兵。", by=pm_actor, source="live:AB12CD")
    assert api.record_answer(session, theme_id, "2.4 里有低功耗哨兵。", by=pm_actor, source="live:AB12CD") == answer_id
    assert api.theme_cards(session, [theme_id])[theme_id].answer is None
    answer = answers.get_answer(session, theme_id, answer_id)
    answers.approve(session, answer, by=pm_actor)
    session.flush()
    assert api.theme_cards(session, [theme_id])[theme_id].answer == "2.4 里有低功耗哨兵。"
    assert answers.published_on_posts(session, posts) == {}
    answers.publish(session, answer, by=pm_actor)
    session.flush()
    assert answers.published_on_posts(session, posts)[posts[0]].text == "2.4 里有低功耗哨兵。"
    answers.withdraw(session, answer, by=pm_actor)
    session.flush()
    assert answers.published_on_posts(session, posts) == {}
    assert api.theme_cards(session, [theme_id])[theme_id].answer is None
