"""Walks the seeded demo as a guest, an owner and somebody with every role, and reads every page that it finds."""

import html
import re
import shutil
from collections import Counter, deque
from functools import cache
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlmodel import select

import main
from cocreate.cli_demo import demo_settings, prepare
from cocreate.core.actor import Role
from cocreate.identity.members.models import Member
from cocreate.identity.members.service import add_member
from cocreate.web.app import create_app
from cocreate.web.security import CSP
from tests.client import Client

pytestmark = pytest.mark.xdist_group("pages")  # the demo is made and walked once, not once in each process
PER_ROUTE = 6
UNLINKED = {
    "show_owner",  # from an import of cars that was taken back
    "healthz", "readyz", "brand_css",  # for machines
    "show_link", "show_similar", "show_instant",  # a token's page, and a part that the form asks for while one types
    "show_fleet_draft",  # what a file says, before it is put to use
    "show_duplicate_run", "show_lexicon_progress",  # what a page asks for while work in the background is under way
    "step_figures",  # what the preview of thousands of messages asks for
    "show_stop",  # the link in a mail
    "show_product_line",  # a short address for posters and mails
    # Only beside what was edited, imported, is one's own or too long for one page.
    "show_history", "show_import", "download_import_errors", "edit_comment", "show_theme_posts",
    "show_scenes", "show_choices", "show_bulk", "show_question",
}  # fmt: skip


class Findings(HTMLParser):
    """What a rendered page holds that it must not, and where it leads."""

    def __init__(self, text):
        super().__init__()
        self.links, self.wrong, self.ids = [], [], Counter()
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for key, value in attrs:
            if key == "style" or key.startswith(("on", "hx-on")):
                self.wrong.append((tag, key, value))
            if key in ("href", "src", "action") and (value or "").strip().lower().startswith(
                ("javascript:", "data:text")
            ):
                self.wrong.append((tag, key, value))
            if key in ("src", "href") and tag in ("script", "img", "link") and (value or "").startswith(("http", "//")):
                self.wrong.append((tag, key, value))
            if key == "id":
                self.ids[value] += 1
        if tag == "style":
            self.wrong.append((tag, "", ""))
        if tag == "form" and dict(attrs).get("method", "get") == "get":
            self.links.append(dict(attrs).get("action") or "")
        if tag == "a":
            self.links += [value for key, value in attrs if key == "href" and value and value.startswith("/")]
        self._script = tag == "script"

    def handle_endtag(self, tag):
        self._script = False

    def handle_data(self, data):
        if self._script and data.strip():
            self.wrong.append(("script", "", data[:60]))


findings = cache(Findings)  # every page is looked at by several tests


@pytest.fixture(scope="module")
def site(tmp_path_factory, seeded_demo, portal):
    """The demo, its pages by route, and a client."""
    home = shutil.copytree(seeded_demo, tmp_path_factory.mktemp("demo") / "demo")
    runtime = prepare(demo_settings(home, 8000), main.MODULES)
    app = create_app(runtime)
    with runtime.database.write() as session:
        everything = add_member(session, name="什么都管", roles=frozenset(Role))
        owner = session.exec(select(Member).where(Member.name == "冰城老周")).one()
    yield app, Client(app, runtime, portal), owner, everything
    runtime.close()


def walk(app, client, actor):
    """(path, route name, answer) of up to PER_ROUTE pages of every route that links lead to."""
    pages = [
        (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", route.path_format) + "$"), route.name)
        for route in iter_route_contexts(app.routes)
        if isinstance(route.original_route, APIRoute) and "GET" in route.methods
    ]
    pages.sort(key=lambda page: page[0].pattern.count("[^/]+"))
    pending, seen, visits, visited = deque(["/me", "/", "/design"]), set(), Counter(), []
    while pending:
        address = pending.popleft()
        path = urlsplit(address).path
        name = next((name for pattern, name in pages if pattern.match(path)), None)
        if address in seen or name is None or visits[name] >= PER_ROUTE:
            continue
        seen.add(address)
        visits[name] += 1
        answer = client.get(address, actor=actor)
        visited.append((address, name, answer))
        if answer.headers.get("content-type", "").startswith("text/html"):
            pending.extend(html.unescape(link).split("#")[0] for link in findings(answer.text).links)
    return visited


@pytest.fixture(scope="module")
def visits(site):
    app, client, owner, everything = site
    return {who: walk(app, client, actor) for who, actor in (("guest", None), ("owner", owner), ("staff", everything))}


@pytest.mark.slow
@pytest.mark.parametrize("who", ["guest", "owner", "staff"])
def test_every_link_leads_somewhere(visits, who):
    allowed = {200, 303} if who == "guest" else {200}
    # Whoever is signed in is led on from the doors.
    wrong = [(path, answer.status_code) for path, name, answer in visits[who]
             if answer.status_code not in allowed and name not in ("sign_in", "sign_up")]  # fmt: skip
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("who", ["guest", "owner", "staff"])
def test_no_page_holds_anything_inline(visits, who):
    for path, _, answer in visits[who]:
        assert answer.headers["content-security-policy"] == CSP, path
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert findings(answer.text).wrong == [], path


@pytest.mark.slow
@pytest.mark.parametrize("who", ["guest", "owner", "staff"])
def test_every_page_has_a_title_one_heading_and_ids_that_are_unique(visits, who):
    for path, _, answer in visits[who]:
        if answer.status_code == 200 and "<!doctype html>" in answer.text[:20]:
            assert re.search(r"<title>[^<·]*\S[^<·]* · ", answer.text), path
            assert answer.text.count("<h1") == 1, path
            repeated = {name: count for name, count in findings(answer.text).ids.items() if count > 1}
            assert repeated == {}, path


@pytest.mark.slow
def test_every_page_is_reached_by_links_from_the_board(site, visits):
    app = site[0]
    reached = {name for found in visits.values() for _, name, _ in found}
    routes = {
        route.name
        for route in iter_route_contexts(app.routes)
        if isinstance(route.original_route, APIRoute)
        and "GET" in route.methods
        and not route.path_format.startswith("/api/")
    }
    assert sorted(routes - reached - UNLINKED) == []


@pytest.mark.slow
def test_a_member_is_never_answered_from_the_guests_memory(visits):
    for path, _, answer in visits["owner"] + visits["staff"]:
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert "no-store" in answer.headers["cache-control"], path


@pytest.mark.slow
def test_no_page_speaks_two_languages(visits):
    """An English sentence on a Chinese page is a msgid without its translation."""
    english = re.compile(r">\s*([A-Z][a-z]+(?: [a-z']+){2,}[.?!…]?)\s*<")
    for who in visits:
        for path, name, answer in visits[who]:
            if answer.headers.get("content-type", "").startswith("text/html") and name != "show_design":
                assert english.findall(answer.text) == [], path
