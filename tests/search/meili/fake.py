"""A small search server over real HTTP that keeps Meilisearch's promises about tasks, and none about relevance.

Honest about: 202 and a task number for every write; tasks done one after another, later; one bad document failing its
whole batch; last write wins; an index made by its first document; a swap that exchanges names, tasks queued before it
included; task numbers that begin at zero again after a wipe. It can be told to be ill.
"""

import json
import re
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "fake-key"
GOOD_ID = re.compile(r"^[A-Za-z0-9_-]{1,511}$")
CONDITION = re.compile(r'^(\w+) (=|>=|<) (?:"((?:[^"\\]|\\.)*)"|(\S+))$')


class Problem(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class FakeMeilisearch:
    """`with FakeMeilisearch().running() as fake:` and ask `fake.url` with `KEY`."""

    def __init__(self) -> None:
        self.indexes: dict[str, dict[str, Any]] = {}
        self.tasks: list[dict[str, Any]] = []
        self.key = KEY
        self.version = "1.21.0"
        self.status: int | None = None
        """Answer everything with this status."""
        self.hold = False
        """Leave tasks enqueued until it is False again."""
        self.asked: list[tuple[str, str]] = []
        self._lock = threading.RLock()
        self._births = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["FakeMeilisearch"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def wipe(self) -> None:
        with self._lock:
            self.indexes.clear()
            self.tasks.clear()

    def documents(self, index: str) -> dict[str, dict[str, Any]]:
        with self._lock:
            self._work()
            return dict(self.indexes[index]["documents"])

    # -- tasks

    def _enqueue(self, kind: str, index: str | None, do: Callable[[], None]) -> dict[str, Any]:
        task = {"uid": len(self.tasks), "indexUid": index, "status": "enqueued", "type": kind, "do": do, "error": None}
        self.tasks.append(task)
        moment = datetime.now(UTC).isoformat()
        return {"taskUid": task["uid"], "indexUid": index, "status": "enqueued", "type": kind, "enqueuedAt": moment}

    def _work(self) -> None:
        if self.hold:
            return
        for task in self.tasks:
            if task["status"] == "enqueued":
                try:
                    task["do"]()
                    task["status"] = "succeeded"
                except Problem as problem:
                    kind = "invalid_request" if problem.status < 500 else "internal"
                    task["status"] = "failed"
                    task["error"] = {"message": f"it is {problem.code}", "code": problem.code, "type": kind}

    def _make(self, name: str) -> dict[str, Any]:
        if name not in self.indexes:
            self._births += 1
            born = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=self._births)
            self.indexes[name] = {"createdAt": born.isoformat(), "documents": {}, "settings": {}}
        return self.indexes[name]

    def _put(self, name: str, documents: list[dict[str, Any]]) -> None:
        index = self._make(name)
        if any(not GOOD_ID.match(str(document.get("id", ""))) for document in documents):
            raise Problem(400, "invalid_document_id")
        index["documents"].update({document["id"]: document for document in documents})

    def _swap(self, one: str, other: str) -> None:
        if one not in self.indexes or other not in self.indexes:
            raise Problem(404, "index_not_found")
        self.indexes[one], self.indexes[other] = self.indexes[other], self.indexes[one]

    # -- routes

    def answer(self, method: str, path: str, key: str, body: Any) -> tuple[int, Any]:  # noqa: C901
        with self._lock:
            self.asked.append((method, path))
            if self.status is not None:
                raise Problem(self.status, "unavailable")
            if path == "/health":
                return 200, {"status": "available"}
            if key != self.key:
                raise Problem(403, "invalid_api_key")
            self._work()
            parts = path.strip("/").split("/")
            name = parts[1] if len(parts) > 1 else ""
            match (method, parts[0], parts[2:] if parts[0] == "indexes" else []):
                case ("GET", "version", _):
                    return 200, {"commitSha": "", "commitDate": "", "pkgVersion": self.version}
                case ("GET", "tasks", _):
                    return 200, self._task(int(name))
                case ("DELETE", "tasks", _):
                    return 202, self._enqueue("taskDeletion", None, lambda: None)
                case ("POST", "swap-indexes", _):
                    pair = body[0]["indexes"]
                    return 202, self._enqueue("indexSwap", None, lambda: self._swap(*pair))
                case ("GET", "indexes", []) if not name:
                    return 200, {"results": [{"uid": uid} for uid in self.indexes], "total": len(self.indexes)}
                case ("POST", "indexes", []):
                    uid = body["uid"]
                    return 202, self._enqueue("indexCreation", uid, lambda: self._make(uid) and None)
                case ("POST", "indexes", ["documents"]):
                    return 202, self._enqueue("documentAdditionOrUpdate", name, lambda: self._put(name, body))
                case ("POST", "multi-search", _):
                    return 200, {"results": [self._search(one) for one in body["queries"]]}
                case ("DELETE", "indexes", []):
                    return 202, self._enqueue("indexDeletion", name, lambda: self.indexes.pop(name, None) and None)
            return self._of_index(method, parts[2:], name, body)

    def _of_index(self, method: str, rest: list[str], name: str, body: Any) -> tuple[int, Any]:
        if method == "PATCH" and rest == ["settings"]:
            return 202, self._enqueue("settingsUpdate", name, lambda: self._make(name)["settings"].update(body))
        if name not in self.indexes:
            raise Problem(404, "index_not_found")
        index = self.indexes[name]
        match (method, rest):
            case ("GET", []):
                return 200, {"uid": name, "createdAt": index["createdAt"], "primaryKey": "id"}
            case ("POST", ["documents", "delete-batch"]):
                gone = set(body)

                def remove() -> None:
                    held = self.indexes[name]["documents"]
                    self.indexes[name]["documents"] = {uid: doc for uid, doc in held.items() if uid not in gone}

                return 202, self._enqueue("documentDeletion", name, remove)
            case ("POST", ["documents", "fetch"]):
                start, limit, fields = body["offset"], body["limit"], body["fields"]
                page = list(index["documents"].values())[start : start + limit]
                cut = [{field: doc[field] for field in fields if field in doc} for doc in page]
                return 200, {"results": cut, "offset": start, "limit": limit, "total": len(index["documents"])}
        raise Problem(404, "not_found")

    def _task(self, uid: int) -> dict[str, Any]:
        if uid >= len(self.tasks):
            raise Problem(404, "task_not_found")
        task = {name: value for name, value in self.tasks[uid].items() if name != "do"}
        return task | {"enqueuedAt": datetime.now(UTC).isoformat(), "startedAt": None, "finishedAt": None}

    # -- searching

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["indexUid"] not in self.indexes:
            raise Problem(404, "index_not_found")
        index = self.indexes[body["indexUid"]]
        allowed = set(index["settings"].get("filterableAttributes", []))
        fields = index["settings"].get("searchableAttributes", [])
        wanted = body["q"].lower().split()
        every = body.get("matchingStrategy", "last") == "all"
        found = []
        for document in index["documents"].values():
            if not all(_holds(document, condition, allowed) for condition in body.get("filter", [])):
                continue
            text = [str(document.get(field, "")).lower() for field in fields]
            held = [word for word in wanted if any(_stands(word, one, word is wanted[-1]) for one in text)]
            if len(held) == len(wanted) or (held and not every):
                found.append((len(held) / max(1, len(wanted)), document))
        found.sort(key=lambda one: -one[0])
        for wish in reversed(body.get("sort", [])):
            name, way = wish.split(":")
            found.sort(key=lambda one, by=name: one[1][by], reverse=way == "desc")
        counts: dict[str, dict[str, int]] = {name: {} for name in body.get("facets", [])}
        for _, document in found:
            for name, count in counts.items():
                value = document[name]
                if value is not None:
                    shown = str(value).lower() if isinstance(value, bool) else str(value)
                    count[shown] = count.get(shown, 0) + 1
        keep = body.get("attributesToRetrieve", ["id"])
        hits = [
            {name: doc[name] for name in keep if name in doc} | {"_rankingScore": score}
            for score, doc in found[: body.get("limit", 20)]
        ]
        return {"hits": hits, "estimatedTotalHits": len(found), "facetDistribution": counts, "processingTimeMs": 0}


def _stands(word: str, text: str, last: bool) -> bool:
    if not word.isascii():
        return word in text
    tokens = re.findall(r"[a-z0-9]+[+#]*", text)
    bare = re.findall(r"[a-z0-9]+[+#]*", word)
    return all(any(t == part or (last and t.startswith(part)) for t in tokens) for part in bare) and bool(bare)


def _holds(document: dict[str, Any], condition: str | list[str], allowed: set[str]) -> bool:
    if isinstance(condition, list):
        return any(_holds(document, one, allowed) for one in condition)
    match = CONDITION.match(condition)
    if match is None or match[1] not in allowed:
        raise Problem(400, "invalid_search_filter")
    value = document.get(match[1])
    wanted = match[3].replace('\\"', '"').replace("\\\\", "\\") if match[3] is not None else match[4]
    if match[2] == "=":
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        return value is not None and shown == wanted
    return float(value or 0) >= float(wanted) if match[2] == ">=" else float(value or 0) < float(wanted)


def _handler(fake: FakeMeilisearch) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            address = urllib.parse.urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(length)
            key = (self.headers.get("authorization") or "").removeprefix("Bearer ")
            try:
                status, told = fake.answer(self.command, address.path, key, json.loads(raw) if raw else None)
            except Problem as problem:
                status = problem.status
                told = {"message": f"it is {problem.code}", "code": problem.code, "type": "x", "link": "x"}
            answer = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do  # noqa: N815 (names of the standard library)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
