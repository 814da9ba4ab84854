"""The demo's workbench: departments with themes to receive, a filter that is kept, a question to owners, a meeting."""

from datetime import timedelta

from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.departments import service as departments
from cocreate.identity.departments.queries import departments as open_departments
from feedback_cluster.meetings import service as meetings
from feedback_cluster.meetings.models import Outcome
from feedback_cluster.questions import service as questions
from feedback_cluster.questions.models import Asked
from feedback_cluster.themes import handover
from feedback_cluster.themes.models import Theme, TriageStatus
from feedback_cluster.themes.queries import get_theme, resolve
from feedback_cluster.triage import saved
from feedback_cluster.triage.queries import Filters, View

TEAMS = {"座舱软件": "lin_zhixia", "三电": "he_luyao", "售后与供应链": "xu_anran"}
HANDED = {"voice": "座舱软件", "winter_range": "三电", "parts": "售后与供应链"}
RECEIVED = ("winter_range",)
QUESTION = "蓝牙断连时，你的手机是哪一种？"
CHOICES = ("安卓手机", "苹果手机", "两种都有")
SAID = (("安卓手机", "更新 2.2 之后每次上车都要重连。"), ("苹果手机", ""), ("安卓手机", "一打电话就断。"))
DECIDED = (
    ("phone_key", Outcome.PURSUE, "低温、地库、熄屏三个场景分开定位，下周给结论。", "lin_zhixia", 14),
    ("kids", Outcome.CLARIFY, "先问法规：哄睡模式能不能在行车中用。", "lin_zhixia", 7),
    ("noa", Outcome.LATER, "等 2.4 的取消原因提示上线后再看量。", None, None),
)


def seed(runtime: Runtime) -> None:
    """What a week at the workbench leaves behind; needs the triaged themes of `feedback_cluster.demo`."""
    people: dict[str, int] = runtime.memory["demo.people"]
    homes: dict[str, int] = runtime.memory["demo.topics"]
    pm = Actor(id=people["lin_zhixia"], name="林知夏", roles=frozenset({Role.PM}))
    with runtime.database.write() as session:
        _hand_over(session, homes, people, pm)
        saved.share(session, saved.save(session, "正在变多的", Filters(view=View.GROWING), by=pm), True)
        saved.save(session, "座舱待处理", Filters(view=View.ALL, q="蓝牙"), by=pm)
        _ask(session, homes, pm)
        _meet(runtime, session, homes, people, pm)


def _theme(session: Session, homes: dict[str, int], topic: str) -> Theme | None:
    return get_theme(session, resolve(session, homes[topic])) if topic in homes else None


def _hand_over(session: Session, homes: dict[str, int], people: dict[str, int], pm: Actor) -> None:
    known = {team.name: team.id for team in open_departments(session)}
    admin = Actor(id=people["lin_zhixia"], roles=frozenset({Role.ADMIN}))
    for name, head in TEAMS.items():
        if name not in known:
            made = departments.open_department(session, name, by=admin, head_id=people[head])
            known[name] = made.id or 0
    for topic, team in HANDED.items():
        if (theme := _theme(session, homes, topic)) is not None:
            handover.hand_over(session, theme, known[team], by=pm)
            if topic in RECEIVED:
                handover.receive(session, theme, by=Actor(id=people[TEAMS[team]], roles=frozenset({Role.PM})))


def _ask(session: Session, homes: dict[str, int], pm: Actor) -> None:
    theme = _theme(session, homes, "bluetooth")
    if theme is None:
        return
    question = questions.ask(session, theme, QUESTION, CHOICES, 8, by=pm, seed=7)
    rows = session.exec(select(Asked).where(Asked.question_id == question.id).order_by(col(Asked.member_id))).all()
    for row, (choice, words) in zip(rows, SAID, strict=False):
        questions.answer(session, row, choice, words)


def _meet(runtime: Runtime, session: Session, homes: dict[str, int], people: dict[str, int], pm: Actor) -> None:
    themes = {topic: theme for topic, *_ in DECIDED if (theme := _theme(session, homes, topic)) is not None}
    waiting = select(Theme.id).where(Theme.status == TriageStatus.NEW, col(Theme.size) > 0).order_by(
        col(Theme.score).desc(), col(Theme.id)
    )  # fmt: skip
    agenda = [theme.id or 0 for theme in themes.values()]
    agenda += [theme_id or 0 for theme_id in session.exec(waiting.limit(5)) if theme_id not in agenda]
    meeting = meetings.begin(session, "周三主题评审会", ["林知夏", "何路遥", "许安然"], agenda, by=pm)
    today = clock.now().astimezone(runtime.settings.zone).date()
    for topic, outcome, sentence, who, days in DECIDED:
        if topic in themes:
            due = today + timedelta(days=days) if days else None
            decided = meetings.Decided(outcome, sentence, people[who] if who else None, due)
            meetings.decide(session, meeting, themes[topic].id or 0, decided, by=pm, zone=runtime.settings.zone)
