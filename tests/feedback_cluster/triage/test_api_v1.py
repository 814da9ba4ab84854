"""JSON of themes: for staff tokens with the scope, nobody else."""

from collections.abc import Callable
from typing import Any

from cocreate.core.actor import Role
from cocreate.identity.members.models import Member
from feedback_cluster.themes.models import Theme, TriageStatus
from forum.posts.models import Visibility

MakeTheme = Callable[..., Theme]


def test_themes_page_by_falling_score(client: Any, pm: Member, make_token: Any, make_theme: MakeTheme) -> None:
    token = make_token(pm, "themes:read")
    ids = [make_theme(f"主题{number}", score=float(number)).id for number in range(5)]
    make_theme("旧闻", status=TriageStatus.HIDDEN)
    seen: list[int] = []
    cursor = ""
    while cursor is not None:
        answer = client.get(
            "/api/v1/themes", token=token, params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        )
        assert answer.status_code == 200
        seen += [item["id"] for item in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
    assert seen == list(reversed(ids))
    hidden = client.get("/api/v1/themes", token=token, params={"status": "hidden"}).json()["items"]
    assert [item["name"] for item in hidden] == ["旧闻"]


def test_a_theme_tells_its_figures_and_posts(
    client: Any, pm: Member, make_token: Any, make_theme: MakeTheme, make_voices: Any
) -> None:
    posts = [*make_voices(["内部工单"], visibility=Visibility.STAFF), *make_voices(["座椅通风像吹风机"])]
    theme = make_theme("座椅通风", posts=posts)
    told = client.get(f"/api/v1/themes/{theme.id}", token=make_token(pm, "themes:read")).json()
    assert told["post_ids"] == posts
    assert told["quote"] == {"post_id": posts[1], "text": "座椅通风像吹风机"}
    assert (told["size"], len(told["weekly"]), told["status"]) == (2, 12, "new")
    assert round(sum(told["score_parts"].values()), 1) == told["score"]


def test_who_may_not_read_is_refused_in_json(
    client: Any, pm: Member, make_member: Callable[..., Member], make_token: Any, make_theme: MakeTheme
) -> None:
    make_theme("蓝牙")
    cases = {
        None: (401, "not_signed_in"),
        make_token(pm, "posts:write"): (403, "not_allowed"),
        make_token(make_member("车主"), "themes:read"): (403, "not_allowed"),
    }
    for token, (status, code) in cases.items():
        answer = client.get("/api/v1/themes", token=token)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    token = make_token(make_member("主持", Role.HOST), "themes:read")
    assert client.get("/api/v1/themes", token=token).status_code == 200
    assert client.get("/api/v1/themes", actor=pm).status_code == 401
    assert client.get("/api/v1/themes/999", token=token).json()["error"]["code"] == "not_found"
    assert client.get("/api/v1/themes?cursor=xx", token=token).status_code == 422
    assert client.get("/api/v1/themes?limit=0", token=token).status_code == 422


def test_the_routes_are_documented_with_examples_and_errors(client: Any) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path in ("/api/v1/themes", "/api/v1/themes/{theme_id}"):
        answers = paths[path]["get"]["responses"]
        assert {"200", "401", "403"} <= set(answers)
        assert "example" in answers["401"]["content"]["application/json"]
