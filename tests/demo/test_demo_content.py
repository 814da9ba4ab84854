"""The demo community is data: it must hold together, be varied, and hold nothing of a real person."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CAR_BOARDS = {"yunlu", "qingchuan", "xiaoman"}
STAGES = {
    "considering": {"received", "studied"},
    "planned": {"decided"},
    "started": {"built", "pilot"},
    "shipped": {"arrived", "verified"},
    "declined": {"declined"},
}
STAGE_ORDER = ["received", "studied", "decided", "built", "pilot", "rolling_out", "arrived", "verified", "declined"]
POST_STATUS = {"considering": "reviewing", "planned": "planned", "started": "started"} | {
    word: word for word in ("shipped", "declined")
}
PERSONAL = {
    "phone number": r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)",
    "number plate": r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·\s]?[A-Z0-9]{5,6}",
    "VIN": r"(?<![A-Za-z0-9])(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-HJ-NPR-Z0-9]{17}(?![A-Za-z0-9])",
    "identity card": r"(?<!\d)\d{17}[\dXx](?!\d)",
    "web address": r"https?://|www\.",
}

Row = dict[str, Any]


def load(path: str) -> Any:
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def load_rows(path: str) -> list[Row]:
    rows: list[Row] = load(path)
    return rows


def load_row(path: str) -> Row:
    row: Row = load(path)
    return row


def keys(rows: list[Row]) -> list[str]:
    return [row["key"] for row in rows]


@pytest.fixture(scope="module")
def people() -> list[Row]:
    return load_rows("cocreate/identity/demo/people.json")


@pytest.fixture(scope="module")
def brand() -> Row:
    return load_row("cocreate/identity/demo/brand.json")


@pytest.fixture(scope="module")
def boards() -> list[Row]:
    return load_rows("forum/demo/boards.json")


@pytest.fixture(scope="module")
def posts() -> list[Row]:
    return load_rows("forum/demo/posts.json")


@pytest.fixture(scope="module")
def comments() -> list[Row]:
    return load_rows("forum/demo/comments.json")


@pytest.fixture(scope="module")
def responses() -> list[Row]:
    return load_rows("forum/demo/responses.json")


@pytest.fixture(scope="module")
def items() -> list[Row]:
    return load_rows("roadmap/demo/items.json")


@pytest.fixture(scope="module")
def releases() -> list[Row]:
    return load_rows("roadmap/demo/releases.json")


@pytest.fixture(scope="module")
def live() -> Row:
    return load_row("roadmap/demo/live.json")


@pytest.fixture(scope="module")
def triage() -> list[Row]:
    return load_rows("feedback_cluster/demo/triage.json")


def test_there_is_enough_to_look_at(
    people: list[Row],
    posts: list[Row],
    comments: list[Row],
    responses: list[Row],
    items: list[Row],
    releases: list[Row],
    triage: list[Row],
) -> None:
    assert len(people) >= 30
    assert len(posts) >= 440
    assert len(comments) >= 160
    assert len(responses) >= 12
    assert len(items) >= 14
    assert len(releases) >= 5
    assert 8 <= len(triage) <= 10


def test_keys_are_unique_in_every_file(
    people: list[Row], boards: list[Row], posts: list[Row], comments: list[Row], items: list[Row], releases: list[Row]
) -> None:
    for rows in (people, boards, posts, comments, items, releases):
        assert [key for key, count in Counter(keys(rows)).items() if count > 1] == []


def test_every_role_is_played_and_every_address_leads_nowhere(people: list[Row]) -> None:
    roles = {role for person in people for role in person["roles"]}
    assert roles == {"member", "moderator", "agent", "pm", "host", "admin"}
    assert all(re.fullmatch(r"[a-z.]+@example\.com", person["email"]) for person in people)
    assert len({person["email"] for person in people}) == len(people)
    assert all(person["title"] for person in people if person["roles"] != ["member"])
    assert len({person["name"] for person in people}) == len(people)
    assert all(len(person["name"]) <= 40 for person in people)


def test_cars_are_cars_of_the_brand(people: list[Row], brand: Row) -> None:
    models = {model["key"]: model for model in brand["models"]}
    assert set(models) == CAR_BOARDS
    assert re.fullmatch(r"#[0-9a-f]{6}", brand["accent"])
    for car in filter(None, (person["car"] for person in people)):
        model = models[car["model"]]
        assert car["year"] in model["years"]
        assert car["hardware"] in model["hardware"]
        assert car["software"] in model["software"]


def test_posts_are_well_formed(posts: list[Row], people: list[Row], boards: list[Row]) -> None:
    for post in posts:
        assert post["author"] in keys(people), post["key"]
        assert post["board"] in keys(boards), post["key"]
        assert post["kind"] in {"idea", "problem", "question", "praise"}, post["key"]
        assert post["channel"] in {"forum", "wecom", "livestream", "store"}, post["key"]
        assert 0 < len(post["title"]) <= 120, post["key"]
        assert len(post["body"]) <= 220, post["key"]
        assert 0 <= post["days_ago"] <= 84, post["key"]
        assert 0 <= post["hour"] <= 23, post["key"]
        assert 0 <= post["votes"] <= 30, post["key"]


def test_nobody_speaks_before_joining(posts: list[Row], comments: list[Row], people: list[Row]) -> None:
    joined = {person["key"]: person["joined_days_ago"] for person in people}
    for row in [*posts, *comments]:
        assert row["days_ago"] <= joined[row["author"]], row["key"]


def test_no_two_posts_are_the_same(posts: list[Row], comments: list[Row]) -> None:
    for words in (
        [post["body"] for post in posts if post["body"]],
        [post["title"] for post in posts],
        [comment["body"] for comment in comments],
    ):
        assert [text for text, count in Counter(words).items() if count > 1] == []


def test_posts_gather_in_topics_and_leave_a_rest(posts: list[Row]) -> None:
    sizes = Counter(post["topic"] for post in posts)
    rest = sizes.pop("misc")
    assert 22 <= len(sizes) <= 28
    assert all(6 <= size <= 40 for size in sizes.values()), sizes
    assert rest >= 20


def test_the_writing_is_as_mixed_as_owners_are(posts: list[Row]) -> None:
    assert sum(not post["body"] for post in posts) >= 5
    assert sum("**建议：**" in post["body"] for post in posts) >= 20
    assert sum("\n- " in post["body"] for post in posts) >= 4
    assert sum(bool(re.search("[車電開關後藍這個還駕]", post["title"] + post["body"])) for post in posts) >= 15
    assert sum(len(post["body"]) >= 80 for post in posts) >= 10


def test_topics_rise_fade_and_follow_the_season(posts: list[Row]) -> None:
    def ages(topic: str) -> list[int]:
        return [post["days_ago"] for post in posts if post["topic"] == topic]

    surge = ages("bluetooth")
    assert sum(age <= 9 for age in surge) >= 0.8 * len(surge)
    faded = ages("ac_smell")
    assert sum(age >= 42 for age in faded) >= 0.6 * len(faded)
    assert all(age <= 42 for age in ages("handle_ice") + ages("charge_port_ice") + ages("winter_range"))


def test_nothing_tells_of_a_release_before_it_is_out(posts: list[Row], releases: list[Row]) -> None:
    # a version is said plainly in Chinese text: "2.2 蓝牙", "升完 2.1", never part of 2.0.1 or 2.4G
    for release in releases:
        said = re.compile(rf"(?<![\d.]){re.escape(release['version'])}(?![\d.]|G|万|\s?(?:一度|折|度))")
        for post in posts:
            text = post["title"] + post["body"]
            if said.search(text) and release["version"] in {"2.0", "2.0.1", "2.1", "2.2"}:
                assert post["days_ago"] <= release["released_days_ago"], (release["version"], post["title"])


def test_comments_answer_posts_that_are_there(comments: list[Row], posts: list[Row], people: list[Row]) -> None:
    age = {post["key"]: post["days_ago"] for post in posts}
    seen: dict[str, Row] = {}
    for comment in comments:
        assert comment["author"] in keys(people)
        assert 0 <= comment["days_ago"] <= age[comment["post"]], comment["key"]
        if comment["reply_to"] is not None:
            parent = seen[comment["reply_to"]]
            assert parent["post"] == comment["post"], comment["key"]
            assert parent["reply_to"] is None, "one reply level only"
            assert comment["days_ago"] <= parent["days_ago"], comment["key"]
        seen[comment["key"]] = comment


def test_official_words_come_from_staff_and_after_the_post(
    responses: list[Row], posts: list[Row], people: list[Row]
) -> None:
    age = {post["key"]: post["days_ago"] for post in posts}
    roles = {person["key"]: set(person["roles"]) for person in people}
    assert len({response["post"] for response in responses}) == len(responses)
    for response in responses:
        assert roles[response["author"]] & {"pm", "agent"}, response["post"]
        assert 0 <= response["days_ago"] <= age[response["post"]], response["post"]
        assert len(response["body"]) >= 40


def test_items_link_to_what_exists(
    items: list[Row], posts: list[Row], boards: list[Row], releases: list[Row], triage: list[Row]
) -> None:
    topics = {post["topic"] for post in posts}
    board_keys, post_keys, release_keys = set(keys(boards)), set(keys(posts)), set(keys(releases))
    for item in items:
        assert item["board"] in board_keys
        assert set(item["topics"]) <= topics - {"misc"}
        assert set(item["posts"]) <= post_keys
        assert item["posts"], item["key"]
        assert item["release"] is None or item["release"] in release_keys
    assert {row["topic"] for row in triage} <= topics - {"misc"}


def test_items_tell_a_history_that_leads_to_their_stage(items: list[Row], releases: list[Row]) -> None:
    out = {release["key"]: release["released_days_ago"] for release in releases}
    for item in items:
        stages = [step["stage"] for step in item["history"]]
        ages = [step["days_ago"] for step in item["history"]]
        assert stages[-1] == item["stage"], item["key"]
        assert item["stage"] in STAGES[item["status"]], item["key"]
        assert stages == sorted(stages, key=STAGE_ORDER.index), item["key"]
        assert ages == sorted(ages, reverse=True), item["key"]
        assert all(0 <= age <= 90 for age in ages), item["key"]
        arrived = {step["stage"]: step["days_ago"] for step in item["history"]}.get("arrived")
        assert (arrived is not None) == (item["status"] == "shipped"), item["key"]
        if arrived is not None:
            assert arrived == out[item["release"]], item["key"]


def test_four_items_shipped_and_one_no_is_explained(items: list[Row]) -> None:
    statuses = Counter(item["status"] for item in items)
    assert set(statuses) == set(STAGES)
    assert statuses["shipped"] >= 4
    for item in items:
        if item["status"] == "declined":
            assert len(item["why"]) >= 60, "a no needs its reason"


def test_a_post_has_the_status_of_its_item(items: list[Row], posts: list[Row]) -> None:
    linked = {key: item["status"] for item in items for key in item["posts"]}
    assert len(linked) == sum(len(item["posts"]) for item in items), "one item per post"
    for post in posts:
        expected = POST_STATUS[linked[post["key"]]] if post["key"] in linked else "open"
        assert post["status"] == expected, post["key"]


def test_release_notes_and_items_agree(releases: list[Row], items: list[Row], brand: Row) -> None:
    models = {model["key"] for model in brand["models"]}
    home = {item["key"]: item["release"] for item in items}
    told: set[str] = set()
    for release in releases:
        assert set(release["models"]) <= models
        assert 0 <= release["rollout_percent"] <= 100
        assert (release["rollout_percent"] == 0) == (release["released_days_ago"] < 0), release["version"]
        assert release["intro"].count("。") == 3, release["version"]
        for note in release["notes"]:
            assert note["label"] in {"new", "better", "fixed"}
            if note["item"] is not None:
                assert home[note["item"]] == release["key"], note["text"]
                told.add(note["item"])
    assert {key for key, release in home.items() if release} == told


def test_triage_and_live_session_name_staff_and_topics(
    triage: list[Row], live: Row, people: list[Row], posts: list[Row], boards: list[Row]
) -> None:
    roles = {person["key"]: set(person["roles"]) for person in people}
    topics = {post["topic"] for post in posts} - {"misc"}
    assert all(roles[row["assignee"]] & {"pm", "agent"} and row["name"] and row["note"] for row in triage)
    assert len({row["topic"] for row in triage}) == len(triage)
    assert re.fullmatch(r"[A-HJ-NP-Z2-9]{6}", live["code"])
    assert "host" in roles[live["host"]]
    assert set(live["scope"]) == {"board", "model", "kind", "days"}
    assert live["scope"]["board"] in {None, *keys(boards)}
    assert {answer["topic"] for answer in live["answers"]} <= topics


DATA = [path for pattern in ("*/demo/*.json", "*/*/demo/*.json") for path in ROOT.glob(pattern)]


def test_all_files_are_looked_through() -> None:
    assert len(DATA) == 18


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.name)
def test_no_personal_data(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for what, pattern in PERSONAL.items():
        found = re.search(pattern, text)
        assert found is None, f"{what}: {found and found.group()}"


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("phone number", "请打 13800138000 找我"),
        ("number plate", "我的车是粤B·12345，蓝色"),
        ("VIN", "车架号 LAAAAAAA0A0000001 报修"),
        ("identity card", "110101190001010000"),
    ],
)
def test_the_patterns_would_see_personal_data(what: str, text: str) -> None:
    assert re.search(PERSONAL[what], text)
