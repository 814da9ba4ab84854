"""A voice travels the whole way, in a real browser at 390 px: with scripts, and without."""

import re
import time

import pytest

from cocreate.core.actor import Role
from tests.e2e.voices import write_csv

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TITLE = "方向盘加热请再快一点"
BODY = "零下十度，方向盘加热十分钟还是凉的。**建议：**增加快速加热一档。"


def _until(page, path: str, shows: str, seconds: float = 90) -> None:
    """Ask for a page again and again until it shows a pattern, and open it then."""
    deadline = time.monotonic() + seconds
    while not re.search(shows, text := page.request.get(path).text(), re.DOTALL):
        assert time.monotonic() < deadline, f"{path} did not get there in {seconds} s:\n{text[:9000]}"
        time.sleep(0.3)  # each look takes from the processor what the work itself needs
    page.goto(path)


def _write(owner) -> str:
    """The owner writes; the path of the new post."""
    owner.goto("/posts/new")
    owner.fill("#f-title", TITLE)
    if not owner.locator("#f-body").is_visible():
        owner.click("summary:has-text('多说')")
    owner.fill("#f-body", BODY)
    owner.click("main form[action='/posts'] button[type=submit]:not([formaction])")
    owner.wait_for_url(re.compile(r"/posts/\d+"))
    assert owner.locator("main strong", has_text="建议：").count() == 1
    return re.search(r"/posts/\d+", owner.url).group()


def _vote(neighbour, path: str) -> None:
    neighbour.goto(path)
    neighbour.locator(f"form[action*='{path}/vote'] button").first.click()
    neighbour.locator("button[aria-pressed=true]").first.wait_for()
    neighbour.goto(path)
    assert neighbour.locator("button[aria-pressed=true] .vote-count").first.inner_text() == "1"


def _import(manager, tmp_path) -> None:
    """The product manager brings a file of feedback in."""
    file = tmp_path / "客服反馈.csv"
    rows = write_csv(file)
    manager.goto("/imports")
    manager.set_input_files("input[type=file]", file)
    manager.locator("main form:has(input[type=file]) button[type=submit]").click()
    manager.wait_for_url(re.compile(r"/imports/\d+"))
    path = re.search(r"/imports/\d+", manager.url).group()
    manager.locator("main button[name=do][value=start]").click()
    _until(manager, path, r"^(?!.*/cancel\").*import-figures")
    assert manager.locator(".import-figures").inner_text().startswith(str(rows))


def _group(manager, path: str) -> str:
    """The product manager starts a run; the path of the theme that the owner's post is in."""
    manager.goto("/themes/runs")
    manager.locator("main form[action='/themes/runs'] button").click()
    _until(manager, path, r'<main.*href="/themes/\d')
    return re.search(r"/themes/\d+", manager.locator("main a[href^='/themes/']").first.get_attribute("href")).group()


def _triage(manager, theme: str) -> None:
    manager.goto(theme)
    manager.locator(f"form[action='{theme}/triage'] button").first.click()
    manager.goto(theme)
    manager.locator("a[href^='#rename-']").click()
    rename = manager.locator(f"form[action='{theme}/rename']")
    rename.locator("input[name=name]").fill("方向盘加热慢")
    rename.locator("button[type=submit]").click()
    manager.wait_for_load_state()
    manager.goto(theme)
    assert manager.locator("h1", has_text="方向盘加热慢").count() == 1


def _answer(manager, theme: str) -> str:
    """Link the theme to a new item and decide it; the item's path."""
    manager.goto(theme)
    form = manager.locator(f"form[action='{theme}/link']:has(input[name=title])")
    if not form.is_visible():
        manager.locator(".road-new summary").click()
    form.locator("input[name=title]").fill("方向盘快速加热")
    form.locator("textarea[name=sentence]").fill("收到，正在看。")
    form.locator("button[type=submit]").click()
    manager.goto("/roadmap?status=considering")
    manager.locator("main a", has_text="方向盘快速加热").first.click()
    item = re.search(r"/roadmap/\d+", manager.url).group()
    manager.goto(f"{item}/stage")
    manager.locator("label:has(input[name=stage][value=decided])").click()
    manager.fill("textarea[name=sentence]", "我们做：下个版本加快速加热一档。")
    manager.locator(f"main form[action='{item}/stage'] button[type=submit]:not([name])").click()
    manager.wait_for_url(re.compile(item))
    return item


def _hears(owner, path: str) -> None:
    """The owner finds one message about the decision, with its reason, and the post says where it stands."""
    _until(owner, "/inbox", "我们做：下个版本加快速加热一档。")
    text = owner.inner_text("main")
    assert text.count("我们做：下个版本加快速加热一档。") == 1
    assert path.rsplit("/", 1)[1] in text, "the message says which post it is about"
    owner.goto(path)
    assert "方向盘快速加热" in owner.inner_text("main")
    assert owner.locator(".status-planned").count() > 0


def _host(host) -> None:
    host.goto("/host")
    host.fill("input[name=title]", "周五直播")
    host.fill("input[name=days]", "")
    host.locator("main form[action='/host'] button[type=submit]").click()
    host.wait_for_url(re.compile(r"/host/\w{6}"))
    code = re.search(r"/host/(\w{6})", host.url).group(1)
    assert "方向盘加热慢" in host.inner_text("main")
    host.goto(f"/host/{code}/screen")
    assert "方向盘加热慢" in host.inner_text("body")
    answer = host.request.get(f"/api/v1/live/{code}/topics")
    assert "方向盘加热慢" in answer.text()
    assert "max-age" in answer.headers["cache-control"]


def _travel(site, phone, tmp_path, *, javascript: bool) -> None:
    owner = phone(site.member("车主"), javascript=javascript)
    neighbour = phone(site.member("邻居"), javascript=javascript)
    manager = phone(site.member("产品经理", Role.PM), javascript=javascript)
    host = phone(site.member("主播", Role.HOST), javascript=javascript)

    path = _write(owner)
    _vote(neighbour, path)
    _import(manager, tmp_path)
    theme = _group(manager, path)
    _triage(manager, theme)
    _answer(manager, theme)
    _hears(owner, path)
    _hears(neighbour, path)
    _host(host)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_voice_travels_the_whole_way_through_serve_and_worker(site, phone, tmp_path):
    _travel(site, phone, tmp_path, javascript=True)


# Where the pages are answered by threads nothing has to start; serve alone is told apart by test_kill and test_demo.
# PostgreSQL has travelled above: without scripts the same services do the same, asked by plain forms.
@pytest.mark.parametrize(
    ("dialect", "javascript"), [("sqlite", True), ("sqlite", False)], indirect=["dialect"],
    ids=["sqlite-with-scripts", "sqlite-without-scripts"],
)  # fmt: skip
def test_a_voice_travels_the_whole_way(lively, nearby, phone, tmp_path, javascript):
    _travel(nearby, phone, tmp_path, javascript=javascript)
