"""The product manager's pages: plain forms with a way back, few queries, nothing for those who may not see it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session

from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster import api
from feedback_cluster.runs import service as runs
from feedback_cluster.runs.models import RunState
from feedback_cluster.themes.models import Theme, TriageStatus
from feedback_cluster.themes.queries import get_theme
from forum.posts.models import Visibility

MakeTheme = Callable[..., Theme]
INBOX_CEILING = 16


def fresh(runtime: Runtime, theme: Theme) -> Theme:
    with runtime.database.read() as session:
        return get_theme(session, theme.id or 0)


def posts_of(runtime: Runtime, theme: Theme) -> list[int]:
    with runtime.database.read() as session:
        return api.post_ids_of(session, [theme.id or 0])[theme.id or 0]


def undo_url(answer: Any, client: Any, pm: Member) -> str:
    page = client.get(answer.headers["location"], actor=pm, headers={"cookie": f"flash={answer.cookies['flash']}"})
    found = re.search(r'action="(/themes/decisions/\d+/undo)"', page.text)
    assert found is not None
    return found[1]


def test_the_queue_is_sorted_by_score_and_says_why(client: Any, pm: Member, make_theme: MakeTheme) -> None:
    make_theme("不急", score=3.0, parts={"people": 3.0})
    make_theme("很急", score=80.0, parts={"people": 30.0, "trend": 20.0})
    text = client.get("/themes", actor=pm).text
    assert text.index("很急") < text.index("不急")
    assert "已认证车辆 0.0 · 不同的人 30.0 · 声音 0.0" in text
    assert "四周增长 20.0 · 安全词 0.0" in text


def test_the_queue_costs_few_queries_however_long(
    client: Any, pm: Member, make_theme: MakeTheme, count_queries: Any
) -> None:
    for number in range(3):
        make_theme(f"主题{number}")
    client.get("/themes", actor=pm)
    with count_queries() as few:
        client.get("/themes", actor=pm)
    for number in range(12):
        make_theme(f"更多{number}")
    with count_queries() as many:
        client.get("/themes", actor=pm)
    assert len(many) == len(few) <= INBOX_CEILING, "\n".join(many)


def test_filters_live_in_the_address(client: Any, pm: Member, make_theme: MakeTheme, make_voices: Any) -> None:
    make_theme("座椅通风噪音", posts=make_voices(["座椅通风吵"], model="云麓"))
    make_theme("蓝牙断连", posts=make_voices(["蓝牙断"], model="晴川"), assignee_id=pm.id)
    make_theme("旧闻", status=TriageStatus.HIDDEN)
    make_theme("办过", status=TriageStatus.TRIAGED)
    seen = {
        query: {name for name in ("座椅通风噪音", "蓝牙断连", "旧闻", "办过") if f">{name}</a>" in text}
        for query in ("", "?model=云麓", "?q=蓝牙", "?q=座椅+噪音", "?view=mine", "?view=hidden", "?view=triaged",
                      f"?assignee={pm.id}", "?q=没有这个", "?board=999", "?q=藍牙")
        for text in [client.get(f"/themes{query}", actor=pm).text]
    }  # fmt: skip
    both = {"座椅通风噪音", "蓝牙断连"}
    assert seen == {
        "": both, "?model=云麓": {"座椅通风噪音"}, "?q=蓝牙": {"蓝牙断连"}, "?q=座椅+噪音": {"座椅通风噪音"},
        "?view=mine": {"蓝牙断连"}, "?view=hidden": {"旧闻"}, "?view=triaged": {"办过"},
        f"?assignee={pm.id}": {"蓝牙断连"}, "?q=没有这个": set(), "?board=999": set(), "?q=藍牙": {"蓝牙断连"},
    }  # fmt: skip


def test_the_queue_pages_without_gaps_or_repeats(
    client: Any, pm: Member, make_theme: MakeTheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedback_cluster.triage.queries.queue.__kwdefaults__", {"cursor": None, "limit": 3})
    ids = [make_theme(f"主题{number}", score=5.0).id for number in range(8)]
    seen: list[int] = []
    address: str | None = "/themes"
    while address:
        answer = client.get(address, actor=pm, htmx="cursor" in address)
        seen += [int(found) for found in re.findall(r'only-phone" href="/themes/(\d+)"', answer.text)]
        more = re.search(r'<(?:li|div) class="pager"><a[^>]* href="([^"]+)"', answer.text)
        address = more[1].replace("&amp;", "&") if more else None
    assert sorted(seen) == sorted(ids)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("path", ["/themes", "/themes/runs", "/themes/{id}", "/themes/{id}/posts"])
def test_only_staff_reads_themes(
    client: Any, make_member: Callable[..., Member], make_theme: MakeTheme, path: str
) -> None:
    address = path.format(id=make_theme("蓝牙").id)
    assert client.get(address).status_code == 303
    assert client.get(address, actor=make_member("车主")).status_code == 403
    assert client.get(address, actor=make_member("客服", Role.AGENT)).status_code == 200


@pytest.mark.parametrize(
    "act", ["rename", "merge", "split", "move", "hide", "restore", "triage", "reopen", "assign", "note", "answers"]
)
def test_only_product_managers_decide(
    client: Any, make_member: Callable[..., Member], make_theme: MakeTheme, act: str
) -> None:
    theme = make_theme("蓝牙")
    data = {"name": "新", "target": "1", "text": "词", "member": "0"}
    for member in (make_member("客服", Role.AGENT), make_member("车主")):
        assert client.post(f"/themes/{theme.id}/{act}", actor=member, data=data).status_code == 403
        page = client.get(f"/themes/{theme.id}", actor=member).text
        assert f"/themes/{theme.id}/{act}" not in page


def test_a_rename_stays_and_can_be_undone_by_its_toast(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme
) -> None:
    theme = make_theme("蓝牙、断连")
    answer = client.post(f"/themes/{theme.id}/rename", actor=pm, data={"name": "  2.2 升级后 蓝牙断连 "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/themes/{theme.id}")
    renamed = fresh(runtime, theme)
    assert (renamed.name, renamed.name_locked) == ("2.2 升级后 蓝牙断连", True)
    undone = client.post(undo_url(answer, client, pm), actor=pm)
    assert undone.status_code == 303
    assert fresh(runtime, theme).name == "蓝牙、断连"


def test_an_empty_name_is_refused_and_nothing_changes(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme
) -> None:
    theme = make_theme("蓝牙")
    assert client.post(f"/themes/{theme.id}/rename", actor=pm, data={"name": "  "}).status_code == 422
    assert client.post(f"/themes/{theme.id}/rename", actor=pm, data={"name": "长" * 81}).status_code == 422
    assert fresh(runtime, theme).name == "蓝牙"


def test_merge_split_and_move_by_plain_forms(client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme) -> None:
    one, two = make_theme("座椅"), make_theme("蓝牙")
    first, second = posts_of(runtime, one)
    moved = client.post(f"/themes/{one.id}/move", actor=pm, data={"post": [str(first)], "target": str(two.id)})
    assert moved.status_code == 303
    assert first in posts_of(runtime, two)
    split = client.post(f"/themes/{one.id}/split", actor=pm, data={"post": [str(second)], "name": "凉席党"})
    new_id = int(split.headers["location"].rpartition("/")[2])
    assert "凉席党" in client.get(f"/themes/{new_id}", actor=pm).text
    merged = client.post(f"/themes/{new_id}/merge", actor=pm, data={"target": str(two.id)})
    assert merged.headers["location"] == f"/themes/{two.id}"
    assert client.get(f"/themes/{new_id}", actor=pm).headers["location"] == f"/themes/{two.id}"
    assert client.post(undo_url(merged, client, pm), actor=pm).status_code == 303
    assert first in posts_of(runtime, two)
    assert second not in posts_of(runtime, two)


def test_nothing_chosen_and_absurd_ids_are_refused(client: Any, pm: Member, make_theme: MakeTheme) -> None:
    theme = make_theme("座椅")
    assert client.post(f"/themes/{theme.id}/split", actor=pm, data={"name": "新"}).status_code == 422
    for post in ("0", "-1", str(2**63), "x"):
        data = {"name": "新", "post": [post]}
        assert client.post(f"/themes/{theme.id}/split", actor=pm, data=data).status_code == 422
    assert client.post(f"/themes/{theme.id}/merge", actor=pm, data={"target": "99999"}).status_code == 404
    assert client.post(f"/themes/{theme.id}/merge", actor=pm, data={"target": str(theme.id)}).status_code == 409
    assert client.get(f"/themes/{2**63}", actor=pm).status_code == 404
    assert client.get("/themes/0", actor=pm).status_code == 404


def test_only_the_brand_is_put_in_charge(
    client: Any, runtime: Runtime, pm: Member, make_member: Callable[..., Member], make_theme: MakeTheme
) -> None:
    theme = make_theme("座椅")
    agent, owner = make_member("客服小许", Role.AGENT), make_member("车主")
    assert client.post(f"/themes/{theme.id}/assign", actor=pm, data={"member": str(owner.id)}).status_code == 422
    assert client.post(f"/themes/{theme.id}/assign", actor=pm, data={"member": str(agent.id)}).status_code == 303
    assert fresh(runtime, theme).assignee_id == agent.id
    assert "客服小许" in client.get("/themes", actor=pm).text


def test_triage_hide_and_back(client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme) -> None:
    theme = make_theme("座椅")
    for act, status in (("triage", "triaged"), ("reopen", "new"), ("hide", "hidden"), ("restore", "new")):
        back = f"/themes?theme={theme.id}"
        answer = client.post(f"/themes/{theme.id}/{act}", actor=pm, data={"back": back})
        assert (answer.status_code, answer.headers["location"]) == (303, back)
        assert fresh(runtime, theme).status == status
    assert client.post(f"/themes/{theme.id}/restore", actor=pm).status_code == 409


def test_a_foreign_way_back_is_not_taken(client: Any, pm: Member, make_theme: MakeTheme) -> None:
    theme = make_theme("座椅")
    answer = client.post(f"/themes/{theme.id}/triage", actor=pm, data={"back": "https://evil.example/"})
    assert answer.headers["location"] == "/"


def test_an_undo_that_was_overtaken_says_so(client: Any, pm: Member, make_theme: MakeTheme) -> None:
    theme = make_theme("座椅")
    first = client.post(f"/themes/{theme.id}/rename", actor=pm, data={"name": "一"})
    address = undo_url(first, client, pm)
    client.post(f"/themes/{theme.id}/rename", actor=pm, data={"name": "二"})
    answer = client.post(address, actor=pm)
    assert answer.status_code == 409
    assert "之后又有人做了新的决定" in answer.text


def test_the_theme_is_a_pane_for_htmx_and_a_page_for_everybody(
    client: Any, pm: Member, make_theme: MakeTheme, make_voices: Any
) -> None:
    theme = make_theme("座椅通风", posts=make_voices(["座椅通风吵"], model="云麓"))
    page = client.get(f"/themes/{theme.id}", actor=pm)
    pane = client.get(f"/themes/{theme.id}?pane=1", actor=pm, htmx=True)
    assert "<html" in page.text
    assert "<html" not in pane.text
    assert "座椅通风" in pane.text
    beside = client.get(f"/themes?theme={theme.id}&view=all", actor=pm).text
    assert f'data-theme="{theme.id}"' in beside
    assert f'name="back" value="/themes?view=all&amp;theme={theme.id}"' in beside


def test_the_pane_leads_back_to_the_queue_with_its_filters(client: Any, pm: Member, make_theme: MakeTheme) -> None:
    theme = make_theme("座椅通风")
    shown = {"hx-current-url": "https://testserver/themes?view=all&q=%E5%BA%A7&theme=99&cursor=x"}
    pane = client.get(f"/themes/{theme.id}?pane=1", actor=pm, htmx=True, headers=shown).text
    assert f'name="back" value="/themes?view=all&amp;q=%E5%BA%A7&amp;theme={theme.id}"' in pane


def test_the_note_is_kept_from_owners_and_shown_to_staff(
    client: Any, pm: Member, make_theme: MakeTheme, make_voices: Any
) -> None:
    posts = make_voices(["座椅通风吵"])
    theme = make_theme("座椅通风", posts=posts)
    client.post(f"/themes/{theme.id}/note", actor=pm, data={"text": "供应商批次问题"})
    assert "供应商批次问题" in client.get(f"/themes/{theme.id}", actor=pm).text
    assert "供应商批次问题" not in client.get(f"/posts/{posts[0]}").text


def test_an_answer_reaches_the_post_when_published(
    client: Any, pm: Member, make_theme: MakeTheme, make_voices: Any
) -> None:
    posts = make_voices(["哨兵一夜掉五个电"])
    theme = make_theme("哨兵耗电", posts=posts, people=8)
    words = "2.4 里有低功耗哨兵。"
    client.post(f"/themes/{theme.id}/answers", actor=pm, data={"text": words})
    page = client.get(f"/themes/{theme.id}", actor=pm).text
    assert words in page
    address = re.search(rf"/themes/{theme.id}/answers/(\d+)/approve", page)
    assert address is not None
    assert client.post(address[0], actor=pm).status_code == 303
    assert words not in client.get(f"/posts/{posts[0]}").text
    assert client.post(address[0], actor=pm).status_code == 409
    assert client.post(address[0].replace("approve", "publish"), actor=pm).status_code == 303
    post = client.get(f"/posts/{posts[0]}").text
    assert words in post
    assert "哨兵耗电" in post
    assert "8 人说的是同一件事" in post
    client.post(f"/themes/{theme.id}/hide", actor=pm)
    hidden = client.get(f"/posts/{posts[0]}").text
    assert words not in hidden
    assert "哨兵耗电" not in hidden


def test_staff_only_voices_are_listed_for_staff_with_their_mark(
    client: Any, pm: Member, make_theme: MakeTheme, make_voices: Any
) -> None:
    posts = make_voices(["内部工单：风扇批次"], visibility=Visibility.STAFF)
    theme = make_theme("座椅通风", posts=posts)
    text = client.get(f"/themes/{theme.id}", actor=pm).text
    assert "内部工单：风扇批次" in text
    assert "仅内部可见" in text


def test_all_voices_page_by_page(client: Any, pm: Member, make_theme: MakeTheme, make_voices: Any) -> None:
    posts = make_voices([f"座椅通风第 {number} 句" for number in range(60)])
    theme = make_theme("座椅通风", posts=posts)
    seen: list[int] = []
    address: str | None = f"/themes/{theme.id}/posts"
    while address:
        text = client.get(address, actor=pm, htmx="cursor" in address).text
        seen += [int(found) for found in re.findall(r'name="post" value="(\d+)"', text)]
        more = re.search(r'<(?:li|div) class="pager"><a[^>]* href="([^"]+)"', text)
        address = more[1].replace("&amp;", "&") if more else None
    assert sorted(seen) == sorted(posts)
    doubtful = client.get(f"/themes/{theme.id}/posts?unsure=true", actor=pm).text
    assert re.findall(r'name="post" value="(\d+)"', doubtful)[0] == str(posts[-1])


def test_history_tells_who_decided_what(client: Any, pm: Member, make_theme: MakeTheme) -> None:
    theme = make_theme("座椅")
    client.post(f"/themes/{theme.id}/rename", actor=pm, data={"name": "座椅通风"})
    text = client.get(f"/themes/{theme.id}", actor=pm).text
    assert "座椅 → 座椅通风" in text
    assert pm.name in text


def test_runs_are_started_watched_and_cancelled(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme
) -> None:
    make_theme("座椅")
    started = client.post("/themes/runs", actor=pm, data={"way": "cold", "granularity": "1.6"})
    address = started.headers["location"]
    with runtime.database.read() as session:
        run = runs.get_run(session, int(address.rpartition("/")[2]))
        assert (run.state, run.parameters) == (RunState.QUEUED, {"granularity": 1.6, "seed": 0, "cold": True})
    page = client.get(address, actor=pm)
    assert f'hx-get="{address}"' in page.text
    assert "<html" not in client.get(address, actor=pm, htmx=True).text
    assert "<html" not in client.get("/themes/runs", actor=pm, htmx=True).text
    assert client.post("/themes/runs", actor=pm).status_code == 409
    assert client.post(f"{address}/cancel", actor=pm).status_code == 303
    assert "已取消" in client.get(address, actor=pm).text
    assert "hx-trigger" not in client.get(address, actor=pm, htmx=True).text
    assert client.post(f"{address}/cancel", actor=pm).status_code == 409
    assert "手动" in client.get("/themes/runs", actor=pm).text or pm.name in client.get("/themes/runs", actor=pm).text


def test_an_empty_house_says_what_to_do(client: Any, pm: Member, session: Session) -> None:
    assert "还没有主题" in client.get("/themes", actor=pm).text
    assert "还没有运行过" in client.get("/themes/runs", actor=pm).text


def test_the_pane_leads_back_to_the_queue_with_all_its_filters(client: Any, pm: Member, make_theme: MakeTheme) -> None:
    theme = make_theme("蓝牙断连")

    def pane(address: str) -> Any:
        return client.get(f"/themes/{theme.id}?pane=1", actor=pm, htmx=True, headers={"hx-current-url": address})

    assert "area=7" in pane("https://forum.example/themes?view=all&area=7&q=x").text
    assert pane("https://[forum.example/themes?view=all").status_code == 200
