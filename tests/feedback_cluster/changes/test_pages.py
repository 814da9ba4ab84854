"""The difference page and its JSON: approved by button, tick or token, by product managers alone."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from cocreate.core.actor import Role
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster import api
from feedback_cluster.changes import queries
from feedback_cluster.changes.models import Choice
from feedback_cluster.runs.models import Run, Verdict
from feedback_cluster.runs.service import get_run
from feedback_cluster.themes.queries import current_run_id

RunNow = Callable[..., Run]


@pytest.fixture
def proposal(gold_voices: list[int], run_now: RunNow, propose_now: RunNow, bending: Any) -> Run:
    """Five voices of the seats would go to the bluetooth theme."""
    run_now()
    return propose_now(
        lambda outcome: bending.move(outcome, gold_voices[:5], bending.cluster_of(outcome, gold_voices[11]))
    )


def verdict(runtime: Runtime, run: Run) -> Verdict | None:
    with runtime.database.read() as session:
        return get_run(session, run.id or 0).verdict


def choices(runtime: Runtime, run: Run) -> dict[int, Choice]:
    with runtime.database.read() as session:
        return {change.id or 0: change.choice for change in queries.changes_of(session, run)}


def test_the_page_shows_what_would_change_with_counts_and_where_voices_go(
    client: Any, pm: Member, proposal: Run, gold_voices: list[int]
) -> None:
    text = client.get(f"/triage/runs/{proposal.id}/changes", actor=pm).text
    assert "会有的改动" in text
    assert "等待批准" in text
    assert text.count('name="change"') == text.count("data-row") >= 2
    assert f"第 {proposal.id} 次运行等待批准" in client.get("/themes/runs", actor=pm).text
    moves = client.get(f"/triage/runs/{proposal.id}/moves", actor=pm).text
    assert {int(one) for one in re.findall(r'href="/posts/(\d+)"', moves)} == set(gold_voices[:5])


def test_a_change_is_approved_and_taken_back_by_buttons_without_script(
    client: Any, pm: Member, proposal: Run, runtime: Runtime
) -> None:
    one = next(iter(choices(runtime, proposal)))
    address = f"/triage/runs/{proposal.id}/changes/{one}"
    for act, expected in (("approved", Choice.APPROVED), ("rejected", Choice.REJECTED), ("open", Choice.OPEN)):
        answer = client.post(f"{address}/{act}", actor=pm)
        assert (answer.status_code, answer.headers["location"].endswith(f"#change-{one}")) == (303, True)
        assert choices(runtime, proposal)[one] is expected
    part = client.post(f"{address}/rejected", actor=pm, headers={"hx-request": "true", "hx-request-type": "partial"})
    assert part.text.lstrip().startswith(f'<li class="change change-rejected" id="change-{one}"')
    assert verdict(runtime, proposal) is Verdict.PROPOSED


def test_the_ticked_changes_take_effect_and_the_others_are_rejected(
    client: Any, pm: Member, proposal: Run, runtime: Runtime, worker: Worker, gold_voices: list[int]
) -> None:
    with runtime.database.read() as session:
        before = {post: ref.id for post, ref in api.themes_of_posts(session, gold_voices[:5]).items()}
    answer = client.post(f"/triage/runs/{proposal.id}/approve", actor=pm, data={})
    assert answer.status_code == 303
    assert "正在生效" in client.get(f"/triage/runs/{proposal.id}/changes", actor=pm).text
    worker.drain()
    with runtime.database.read() as session:
        assert {post: ref.id for post, ref in api.themes_of_posts(session, gold_voices[:5]).items()} == before
        assert current_run_id(session) == proposal.id
    assert set(choices(runtime, proposal).values()) == {Choice.REJECTED}
    assert verdict(runtime, proposal) is Verdict.PARTLY


def test_approving_all_can_be_taken_back_from_the_page(
    client: Any, pm: Member, proposal: Run, runtime: Runtime, worker: Worker
) -> None:
    client.post(f"/triage/runs/{proposal.id}/approve", actor=pm, data={"whole": "1"})
    worker.drain()
    text = client.get(f"/triage/runs/{proposal.id}/changes", actor=pm).text
    assert f'action="/triage/runs/{proposal.id}/undo"' in text
    assert client.post(f"/triage/runs/{proposal.id}/undo", actor=pm).status_code == 303
    worker.drain()
    assert verdict(runtime, proposal) is Verdict.UNDONE
    assert client.post(f"/triage/runs/{proposal.id}/undo", actor=pm).status_code == 409


def test_only_product_managers_approve(client: Any, proposal: Run, make_member: Any, runtime: Runtime) -> None:
    host, owner = make_member("主持", Role.HOST), make_member("车主")
    one = next(iter(choices(runtime, proposal)))
    assert client.get(f"/triage/runs/{proposal.id}/changes", actor=host).status_code == 200
    assert client.get(f"/triage/runs/{proposal.id}/changes", actor=owner).status_code == 403
    for path in ("approve", "reject", "undo", f"changes/{one}/approved"):
        assert client.post(f"/triage/runs/{proposal.id}/{path}", actor=host).status_code == 403
    assert verdict(runtime, proposal) is Verdict.PROPOSED


def test_the_rule_is_kept_and_shown(client: Any, pm: Member) -> None:
    form = {"approval": "by_hand", "most_moved": "3.5", "faded_after": "4"}
    assert client.post("/triage/runs/policy", actor=pm, data=form).status_code == 303
    text = client.get("/themes/runs", actor=pm).text
    assert 'value="by_hand" checked' in text
    assert 'value="3.5"' in text
    assert client.post("/triage/runs/policy", actor=pm, data={**form, "most_moved": "101"}).status_code == 422


def test_a_program_reads_and_approves_a_proposal(
    client: Any, pm: Member, proposal: Run, make_token: Any, runtime: Runtime, worker: Worker
) -> None:
    reads, writes = make_token(pm, "themes:read"), make_token(pm, "themes:read", "themes:write")
    listed = client.get("/api/v1/runs?limit=1", token=reads).json()
    assert (listed["items"][0]["id"], listed["items"][0]["verdict"]) == (proposal.id, "proposed")
    assert listed["next_cursor"] is not None
    told = client.get(f"/api/v1/runs/{proposal.id}/changes", token=reads).json()
    assert told["run"]["moved"] == 5
    assert {item["id"] for item in told["items"]} == set(choices(runtime, proposal))
    assert client.post(f"/api/v1/runs/{proposal.id}/approve", token=reads).status_code == 403
    only = [item["id"] for item in told["items"] if item["kind"] != "renamed"]
    answer = client.post(f"/api/v1/runs/{proposal.id}/approve", token=writes, json={"only": only})
    assert (answer.status_code, answer.json()["run"]["verdict"]) == (202, "taking")
    worker.drain()
    again = client.post(f"/api/v1/runs/{proposal.id}/approve", token=writes)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_waiting")
    back = client.post(f"/api/v1/runs/{proposal.id}/undo", token=writes)
    assert (back.status_code, back.json()["run"]["verdict"]) == (202, "undoing")


def test_a_page_of_a_run_costs_few_queries_however_much_changes(
    client: Any, pm: Member, proposal: Run, count_queries: Any
) -> None:
    client.get(f"/triage/runs/{proposal.id}/changes", actor=pm)
    with count_queries() as statements:
        client.get(f"/triage/runs/{proposal.id}/changes", actor=pm)
    assert len(statements) <= 20, "\n".join(statements)
