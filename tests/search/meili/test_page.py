"""The page of search health says what happened, in plain words, to admins alone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from search.meili import jobs, outbox, remote, state
from search.meili.pump import Pump
from search.meili.server import Server
from search.meili.views import DIARY, REASONS
from tests.client import Client
from tests.search.meili.conftest import Pumping
from tests.search.meili.fake import KEY, FakeMeilisearch

Index = Callable[..., int]


@pytest.fixture
def admin(make_member: Callable[..., Member]) -> Member:
    return make_member("", Role.ADMIN)


@pytest.fixture
def served(runtime: Runtime, fake: FakeMeilisearch, index_doc: Index) -> Iterator[Pumping]:
    server = Server(fake.url, KEY, "x")
    runtime.memory[remote.MEMORY] = remote.Reader(server)
    index_doc("座椅加热")
    running = Pumping(runtime.database, server)
    running.settle()
    yield running
    runtime.memory.clear()


def page(client: Client, admin: Member, language: str = "en") -> str:
    return client.get("/admin/search", actor=admin, headers={"accept-language": language}).text


@pytest.mark.parametrize("role", [None, Role.PM, Role.MODERATOR, Role.AGENT])
def test_it_is_for_admins(client: Client, make_member: Callable[..., Member], role: Role | None) -> None:
    somebody = make_member("", *([role] if role else []))
    assert client.get("/admin/search", actor=somebody).status_code == 403
    assert client.post("/admin/search/rebuild", actor=somebody).status_code == 403


def test_without_a_server_it_says_that_nothing_is_missing(client: Client, admin: Member) -> None:
    text = page(client, admin)
    assert "No search server is configured" in text
    assert "COCREATE_MEILISEARCH_URL" in text
    assert client.post("/admin/search/rebuild", actor=admin).status_code == 409


def test_all_well(client: Client, admin: Member, served: Pumping) -> None:
    text = page(client, admin)
    assert "All well" in text
    assert "Meilisearch 1.21.0" in text
    assert "The new index took over: 1 documents" in text
    assert "一切正常" in page(client, admin, "zh")


def test_an_outage_is_told_while_it_lasts_and_after_it(
    client: Client, admin: Member, served: Pumping, fake: FakeMeilisearch, index_doc: Index
) -> None:
    fake.status = 503
    index_doc("停电时写的")
    served.pump.round()
    text = page(client, admin)
    assert "Does not answer" in text
    assert "1 change is waiting" in text
    assert "HTTP 503" in text
    assert "Ask again now" in text
    fake.status = None
    client.post("/admin/search/try", actor=admin)
    served.settle()
    text = page(client, admin)
    assert "All well" in text
    assert "It is back after" in text
    assert "1 changes were waiting" in text


def test_a_refused_key_is_told_with_what_to_do(
    client: Client, admin: Member, served: Pumping, fake: FakeMeilisearch
) -> None:
    fake.key = "another"
    with served.database.write() as session:
        state.want_check(session)
    served.pump.round()
    text = page(client, admin)
    assert "Key refused" in text
    assert "COCREATE_MEILISEARCH_KEY" in text
    assert KEY not in text


def test_a_wiped_server_is_told(client: Client, admin: Member, served: Pumping, fake: FakeMeilisearch) -> None:
    fake.wipe()
    with served.database.write() as session:
        state.want_check(session)
    served.settle()
    assert "(the index was gone)" in page(client, admin)


def test_buttons_rebuild_and_compare(client: Client, admin: Member, served: Pumping) -> None:
    for button, line in (("rebuild", "(asked for)"), ("check", "every one agrees")):
        answer = client.post(f"/admin/search/{button}", actor=admin)
        assert answer.status_code == 303
        served.settle()
        assert line in page(client, admin)


def test_refused_documents_can_be_sent_again_or_left_out(
    client: Client, admin: Member, served: Pumping, index_doc: Index
) -> None:
    index_doc("坏的座椅", kind="bad kind")
    served.settle()
    text = page(client, admin)
    assert "坏的座椅" in text
    assert "All well" not in text
    with served.database.read() as session:
        [parked] = outbox.parked(session)
    assert client.post(f"/admin/search/parked/{parked.seq}/retry", actor=admin).status_code == 303
    assert served.depth().waiting == 1
    served.settle()
    with served.database.read() as session:
        [again] = outbox.parked(session)
    assert client.post(f"/admin/search/parked/{again.seq}/drop", actor=admin).status_code == 303
    assert "坏的座椅" not in page(client, admin)
    assert client.post(f"/admin/search/parked/{again.seq}/drop", actor=admin).status_code == 404


def test_every_line_of_the_diary_and_every_reason_has_words(served: Pumping, client: Client, admin: Member) -> None:
    with served.database.write() as session:
        for what in DIARY:
            state.note_event(session, what, seconds=3, waiting=2, documents=1, differences=0, error="e", document="d-1",
                             reason="lost")  # fmt: skip
    assert set(REASONS) == {"first", "lost", "settings", "asked"}
    for language in ("en", "zh"):
        assert "%(" not in page(client, admin, language)


def test_the_doctor_says_how_it_is(runtime: Runtime, served: Pumping, fake: FakeMeilisearch) -> None:
    def told(runtime: Any) -> tuple[str, bool, str]:
        return jobs.doctor(runtime)

    plain = told(runtime)
    assert plain[1] is True
    assert "none" in plain[0]
    settings = runtime.settings.model_copy(
        update={"meilisearch_url": fake.url, "meilisearch_key": KEY, "meilisearch_index": "x"}
    )
    configured = Runtime(settings, runtime.modules)
    configured.__dict__["database"] = runtime.database
    title, well, _ = told(configured)
    assert well
    assert "1.21.0" in title
    fake.status = 503
    _, well, advice = told(configured)
    assert not well
    assert "built-in search answers" in advice


def test_reindex_remote_builds_here_or_asks_the_running_site(runtime: Runtime, served: Pumping) -> None:
    served.pump.let_go()
    assert jobs.rebuild_now(runtime) == 1
    assert served.told().count("rebuilt") == 2
    assert served.pump.hold()
    served.pump.let_go()


def test_the_nightly_timer_wants_a_comparison(served: Pumping) -> None:
    with served.database.write() as session:
        jobs.want_nightly_check(session)
    assert served.known().check_wanted_at is not None
    assert isinstance(served.pump, Pump)
