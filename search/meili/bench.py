"""What happens when the search server dies, loses its disk, refuses our key; and how quick it is while it lives.

`cocreate bench search-outage` and `cocreate bench search-server`, both against a real server of their own.
"""

import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from search.api import Scope, SearchDoc, SearchQuery, prepare, put
from search.meili import documents, outbox, state
from search.meili.process import OwnServer, find_binary
from search.meili.pump import Pump, keep_pumping
from search.meili.remote import MEMORY, Reader, search
from search.meili.server import Server, ServerError

PUBLIC = Scope(staff=False)
RECOVERY_SECONDS = 120.0
PARTS = (
    "座椅", "方向盘", "后视镜", "空调", "车机", "导航", "蓝牙", "雨刷", "后备箱", "充电口", "天窗", "大灯", "音响",
    "轮胎", "钥匙", "语音", "摄像头", "悬架", "刹车", "续航",
)  # fmt: skip
FAULTS = (
    "异响", "太慢", "没反应", "有噪音", "不灵敏", "经常断开", "看不清", "容易误触", "费电", "不好用", "有异味",
    "会死机", "打不开", "抖动", "漏水", "发热",
)  # fmt: skip


def made_doc(number: int, chance: random.Random) -> SearchDoc:
    """A made-up post with a mark that no other has."""
    title = f"{chance.choice(PARTS)}{chance.choice(FAULTS)}"
    body = f"{chance.choice(PARTS)}和{chance.choice(PARTS)}也{chance.choice(FAULTS)}，希望改进 n{number}"
    return SearchDoc("post", number, title, body, clock.now(), votes=number % 50)


class Scene:
    """A database, a server of its own, a pump in a thread, and readers who ask."""

    def __init__(self, runtime: Runtime, own: OwnServer) -> None:
        self.runtime = runtime
        self.own = own
        self.chance = random.Random(11)  # noqa: S311 (repeatable words, no secret)
        self.written = self.failed = self.degraded = 0
        self.took: list[float] = []
        with runtime.database.write() as session:
            state.activate(session)

    @contextmanager
    def pumping(self, key: str | None = None) -> Iterator[Reader]:
        """A life of the process: reader and pump, until the block ends. key: another than the server's own."""
        reader = Reader(Server(self.own.url, self.own.key if key is None else key, "bench"))
        self.runtime.memory[MEMORY] = reader
        pump = Pump(self.runtime.database, reader.server)
        over = threading.Event()
        with self.runtime.database.write() as session:
            state.want_another_try(session)
        thread = threading.Thread(target=keep_pumping, args=(pump, over), daemon=True)
        thread.start()
        try:
            yield reader
        finally:
            over.set()
            thread.join(timeout=40)
            pump.let_go()
            self.runtime.memory.pop(MEMORY, None)

    def write(self, count: int = 1) -> int:
        """So many posts, in one transaction; the number of the last."""
        docs = [made_doc(self.written + one, self.chance) for one in range(1, count + 1)]
        with self.runtime.database.read() as session:
            prepared = prepare(session, docs)
        with self.runtime.database.write() as session:
            put(session, prepared)
            session.info["poke"] = True  # as the event of a new post does
        self.written += count
        return self.written

    def ask(self, text: str, must_find: int | None = None) -> None:
        """A reader's search. It fails when it raises, or when it does not find what was committed before."""
        started = time.perf_counter()
        try:
            with self.runtime.database.read() as session:
                page = search(session, self.runtime, SearchQuery(text, PUBLIC, kinds=["post"]))
            found = must_find is None or any(hit.id == must_find for hit in page.hits)
            self.failed += not (found and page.hits)
            self.degraded += page.degraded
        except Exception:  # whatever it is, a reader would have seen an error page
            self.failed += 1
        self.took.append((time.perf_counter() - started) * 1000)

    def ask_for_the_newest(self) -> None:
        """A search for what was written last: it must be there."""
        self.ask(f"n{self.written}", self.written)

    def ask_for_anything(self) -> None:
        """A search for a word that many posts hold."""
        self.ask(self.chance.choice(PARTS))

    def recovered(self, seconds: float = RECOVERY_SECONDS) -> None:
        """Wait until nothing is owed and the index is whole; raises when that takes too long."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            with self.runtime.database.read() as session:
                known, depth = state.load(session), outbox.depth(session)
            whole = known.ready_at is not None and known.rebuild_wanted_at is None and known.down_since is None
            checked = known.check_wanted_at is None or known.check_wanted_at > clock.now()
            if whole and checked and depth.waiting == 0:
                return
            time.sleep(0.05)
        raise RuntimeError(f"not recovered after {seconds} s: {depth}, {known.last_error}")

    def compared(self, reader: Reader) -> tuple[int, int]:
        """(posts that the server lacks, documents that differ in any way), looked up afresh."""
        held = dict(reader.server.versions_of())
        expected: dict[str, str] = {}
        after = 0
        with self.runtime.database.read() as session:
            while True:
                docs, after = documents.following(session, after)
                if not docs:
                    break
                expected |= {doc["id"]: doc["v"] for doc in docs}
        differing = {name for name in {*held, *expected} if held.get(name) != expected.get(name)}
        return len(expected.keys() - held.keys()), len(differing)


@contextmanager
def staged(runtime: Runtime, posts: int) -> Iterator[tuple[Scene, OwnServer]]:
    """A scene with so many posts; the server's folder goes with it."""
    binary = find_binary()
    if binary is None:
        raise RuntimeError("there is no meilisearch beside this Python or on the path: python tools/meilisearch.py")
    with tempfile.TemporaryDirectory() as folder:
        own = OwnServer(binary, Path(folder))
        own.start()
        try:
            scene = Scene(runtime, own)
            for start in range(0, posts, 1000):
                scene.write(min(1000, posts - start))
            yield scene, own
        finally:
            own.stop()


def outage(
    runtime: Runtime, seconds: float = 60.0, writes: int = 500, searches: int = 500, posts: int = 2000
) -> dict[str, Any]:
    """Kill the server for so long while posts are written and searched; then wipe it; then refuse its key."""
    result: dict[str, Any] = {"posts": posts, "seconds": seconds, "writes": 0, "searches": 0}
    with staged(runtime, posts) as (scene, own):
        with scene.pumping() as reader:
            scene.recovered()
            scene.ask(PARTS[0])  # dictionaries load at the first
            scene.took.clear()
            # A tenth while it lives, so that the cut hits writes on their way; the rest while it is gone.
            _traffic(scene, seconds / 30, writes // 10, searches // 10)
            scene.write()
            own.kill()
            _traffic(scene, seconds, writes - writes // 10, searches - searches // 10)
            own.start()
            result["killed"] = _aftermath(scene, reader, time.monotonic())

            own.kill()
            own.wipe()
            _traffic(scene, seconds / 20, writes // 10, searches // 10)
            own.start()
            began = time.monotonic()
            _traffic(scene, seconds / 20, writes // 10, searches // 10)
            result["wiped"] = _aftermath(scene, reader, began)

        with scene.pumping(key="not-the-key"):
            _traffic(scene, seconds / 10, writes // 10, searches // 10)
            with runtime.database.read() as session:
                halted, waiting = state.load(session).halted.value, outbox.depth(session).waiting
        with scene.pumping() as reader:
            result["wrong_key"] = {
                "halted": halted,
                "collected": waiting,
                **_aftermath(scene, reader, time.monotonic()),
            }
        with runtime.database.read() as session:
            result["diary"] = [event.what for event in reversed(state.events(session))]
    result["writes"] = scene.written - posts
    result["searches"] = len(scene.took)
    result["failed_searches"] = scene.failed
    result["degraded_searches"] = scene.degraded
    result["search_ms"] = _spread(scene.took)
    result["lost_writes"] = sum(result[part]["lost"] for part in ("killed", "wiped", "wrong_key"))
    result["drift"] = sum(result[part]["drift"] for part in ("killed", "wiped", "wrong_key"))
    return result


def _traffic(scene: Scene, seconds: float, writes: int, searches: int) -> None:
    """Writes and searches spread over the time; every second search is for what was just written."""
    acts: list[Callable[[], object]] = []
    for number in range(max(writes, searches)):
        acts += [scene.write] if number < writes else []
        acts += [scene.ask_for_the_newest if number % 2 else scene.ask_for_anything] if number < searches else []
    started = time.monotonic()
    for number, act in enumerate(acts):
        act()
        time.sleep(max(0.0, started + seconds * (number + 1) / len(acts) - time.monotonic()))


def _aftermath(scene: Scene, reader: Reader, began: float) -> dict[str, Any]:
    """Readers go on asking until all is whole again; how long that took, and what is missing then."""
    while reader.breaker.open:
        scene.ask_for_anything()
        time.sleep(0.2)
    scene.ask_for_anything()
    scene.recovered()
    lost, drift = scene.compared(reader)
    return {"recovered_seconds": round(time.monotonic() - began, 1), "lost": lost, "drift": drift}


def speed(runtime: Runtime, posts: int = 100_000, writes: int = 100) -> dict[str, Any]:
    """Rebuild so many posts, then time single writes until they are found, and searches; the server's memory."""
    result: dict[str, Any] = {"posts": posts}
    with staged(runtime, posts) as (scene, own), scene.pumping() as reader:
        scene.recovered(seconds=600)
        with runtime.database.read() as session:
            result["rebuild_seconds"] = state.load(session).rebuild_seconds
        passed: list[float] = []
        for _ in range(writes):
            number = scene.write()
            started = time.perf_counter()
            while not _finds(reader, number):
                time.sleep(0.005)
            passed.append((time.perf_counter() - started) * 1000)
            time.sleep(scene.chance.uniform(0.0, 0.1))
        result["write_to_searchable_ms"] = _spread(passed)
        scene.took.clear()
        for _ in range(300):
            scene.ask(f"{scene.chance.choice(PARTS)}{scene.chance.choice(FAULTS)}")
        result["search_ms"] = _spread(scene.took)
        result["failed_searches"], result["degraded_searches"] = scene.failed, scene.degraded
        result["peak_megabytes"] = round(own.peak_megabytes(), 1)
    return result


def _finds(reader: Reader, number: int) -> bool:
    wish = {"indexUid": reader.server.index, "q": f"n{number}", "filter": ["visibility = public"], "limit": 20}
    try:
        # Neighbouring numbers are one slip apart: only the post itself counts.
        return any(hit["id"] == documents.doc_id("post", number) for hit in reader.server.search([wish])[0]["hits"])
    except ServerError:  # too busy to answer in time: not found yet
        return False


def _spread(passed: list[float]) -> dict[str, float]:
    ordered = sorted(passed) or [0.0]
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"p50": round(statistics.median(ordered), 1), "p95": round(p95, 1), "most": round(ordered[-1], 1)}
