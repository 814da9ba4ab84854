"""Talking to Meilisearch through its official client: time-outs set, every failure sorted into four kinds."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from cocreate.core.text_marks import N_

if TYPE_CHECKING:
    from meilisearch import Client
    from meilisearch.errors import MeilisearchApiError
    from meilisearch.models.document import DocumentsResults

T = TypeVar("T")
ASK_SECONDS = (0.1, 0.3)
"""Connect and read: a reader waits this long for a server that is gone, and then the database answers."""
WRITE_SECONDS = (1.0, 30.0)
OLDEST = (1, 12)
"""First version with everything we use; an older one would take the settings and search badly."""
NOT_THE_DOCUMENTS = ("no_space_left_on_device", "database_size_limit_reached", "io_error", "internal", "unavailable")
BUSY = 429


class ServerError(Exception):
    """Something with the server went wrong; the message is what it said, without our key."""


class Away(ServerError):
    """Not reached, overloaded, or broken inside: trying again later is right."""


class Gone(Away):
    """Nobody answers at its address."""


class Locked(ServerError):
    """It refuses our key."""


class TooOld(ServerError):
    """It lacks what we use."""


class Refused(ServerError):
    """It understood and will never accept this request."""


class NoIndex(ServerError):
    """The index, or the task, that was asked for is not there."""


@dataclass(frozen=True)
class Outcome:
    """How a task ended. bad_documents: the documents themselves were the reason, so the same ones fail again."""

    ended: bool
    succeeded: bool = False
    bad_documents: bool = False
    error: str = ""


class Server:
    """One index of one Meilisearch server, and the indexes that are built beside it. Safe to share between threads."""

    def __init__(self, url: str, key: str, index: str) -> None:
        self.url = url.rstrip("/")
        self.index = index
        self._key = key

    # -- asking

    def search(self, wishes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The answers to several searches, as they come. Raises within 0.4 s when there are none."""
        return self._told(lambda client: list(client.multi_search(wishes)["results"]), ASK_SECONDS)

    def healthy(self) -> bool:
        """Whether anybody answers, within 0.4 s and without the key."""
        try:
            return self._told(lambda client: client.health().get("status") == "available", ASK_SECONDS)
        except ServerError:
            return False

    def version(self) -> str:
        """The server's version, such as 1.21.0; needs the key."""
        return self._told(lambda client: str(client.get_version()["pkgVersion"]))

    def born(self, index: str = "") -> str:
        """When the index was made, as the server writes it: what tells one index from another under the same name."""
        return self._told(lambda client: str(client.get_raw_index(index or self.index)["createdAt"]))

    def indexes(self) -> list[str]:
        """Names of all indexes that the key may see."""
        found: Any = self._told(lambda client: client.get_raw_indexes({"limit": 1000}))
        return [str(one["uid"]) for one in found["results"]]

    def versions_of(self, index: str = "", page: int = 2000) -> Iterator[tuple[str, str]]:
        """Id and version of every document."""
        offset = 0
        while True:
            got = self._told(partial(self._page, index or self.index, offset, page))
            for document in got.results:
                yield document.id, getattr(document, "v", "")
            offset += page
            if offset >= got.total:
                return

    # -- writing: each returns the number of the task that will do it

    def create(self, index: str) -> int:
        return self._task(lambda client: client.create_index(index, {"primaryKey": "id"}))

    def configure(self, index: str, settings: Mapping[str, Any]) -> int:
        return self._task(lambda client: client.index(index).update_settings(dict(settings)))

    def put(self, documents: Sequence[Mapping[str, Any]], index: str = "") -> int:
        return self._task(lambda client: client.index(index or self.index).add_documents(documents, "id"))

    def remove(self, ids: Sequence[str], index: str = "") -> int:
        # The client's own method for a list of names is on its way out; by filter every name would need an index.
        path = f"indexes/{index or self.index}/documents/delete-batch"
        return self._told(lambda client: int(client.http.post(path, list(ids))["taskUid"]))

    def drop(self, index: str) -> int:
        return self._task(lambda client: client.delete_index(index))

    def swap(self, one: str, other: str) -> int:
        """Exchange two indexes. A key for our indexes alone never sees this task: look at `born` instead."""
        return self._task(lambda client: client.swap_indexes([{"indexes": [one, other]}]))

    def forget_tasks(self, before: str) -> None:
        """Delete what the server remembers of our tasks that ended before this moment (RFC 3339)."""
        wishes = {"statuses": "succeeded,failed,canceled", "indexUids": self.index, "beforeFinishedAt": before}
        self._task(lambda client: client.delete_tasks(wishes))

    def outcome(self, task: int, index: str = "") -> Outcome:
        """How a task on the index stands. NoIndex when the server does not know it, or knows another by its number:
        a wiped server counts from zero again."""
        found = self._told(lambda client: client.get_task(task))
        if found.index_uid != (index or self.index):
            raise NoIndex(f"task {task} belongs to {found.index_uid}")
        error = found.error or {}
        code = str(error.get("code", ""))
        bad = found.status == "failed" and error.get("type") == "invalid_request" and code not in NOT_THE_DOCUMENTS
        return Outcome(
            ended=found.status not in ("enqueued", "processing"),
            succeeded=found.status == "succeeded",
            bad_documents=bad,
            error=str(error.get("message", ""))[:400] or found.status,
        )

    def wait(self, task: int, seconds: float, index: str = "") -> Outcome:
        """The same once it has ended, or as it stands after so many seconds. A failed task is returned, not raised."""
        until = time.monotonic() + seconds
        pause = 0.01
        while not (outcome := self.outcome(task, index)).ended and time.monotonic() < until:
            time.sleep(pause)
            pause = min(0.1, pause * 1.5)
        return outcome

    # -- how

    @staticmethod
    def _page(index: str, offset: int, limit: int, client: "Client") -> "DocumentsResults":
        return client.index(index).get_documents({"fields": ["id", "v"], "limit": limit, "offset": offset})

    def _task(self, call: Callable[["Client"], Any]) -> int:
        return self._told(lambda client: int(call(client).task_uid))

    def _told(self, call: Callable[["Client"], T], seconds: tuple[float, float] = WRITE_SECONDS) -> T:
        # Here, and not above: who has no server need not load its client.
        import requests
        from meilisearch import Client
        from meilisearch.errors import MeilisearchApiError, MeilisearchError

        # A client for each call: it keeps request headers in itself, so two threads would write each other's.
        # Its own time-out is one number; what it hands on to `requests` may be two.
        client = Client(self.url, self._key, timeout=seconds)  # type: ignore[arg-type]
        try:
            return call(client)
        except MeilisearchApiError as error:
            raise _sorted_out(error) from error
        except (MeilisearchError, requests.RequestException, OSError) as error:
            raise Gone(_plain(error)) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # Half an answer, or another service's page under this address.
            raise Away(f"an answer that is not Meilisearch's ({type(error).__name__})") from error


def _sorted_out(error: "MeilisearchApiError") -> ServerError:
    message = str(error.message)[:400]
    if error.status_code in (401, 403):
        return Locked(message)
    if error.status_code == BUSY or error.status_code >= 500:
        return Away(f"HTTP {error.status_code}: {message}")
    if error.code in ("index_not_found", "task_not_found"):
        return NoIndex(message)
    if error.code is None:
        return Away(f"an answer that is not Meilisearch's (HTTP {error.status_code})")
    return Refused(f"{error.code}: {message}")


def _plain(error: Exception) -> str:
    """What failed in a few words; a connection's error carries the whole request around it."""
    text = str(error)
    for sign, words in (
        ("refused", N_("connection refused")),
        ("timed out", N_("no answer in time")),
        ("resolve", N_("unknown host")),
        ("resolution", N_("unknown host")),
        ("reset", N_("connection broken")),
        ("aborted", N_("connection broken")),
    ):
        if sign in text.lower():
            return words
    return text[:200]
