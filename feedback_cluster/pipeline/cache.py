"""Cut posts from last night: a post that did not change since is not cut again.

One file of arrays beside the runs: the ids of its posts, a hash of each text, and their words. It is written anew by
every run and holds the posts of that run alone; another lexicon, or another way to cut, makes it worthless.
"""

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from cocreate.text.lexicon import CUT_VERSION, Lexicon
from feedback_cluster.pipeline.arrays import IntArray
from feedback_cluster.pipeline.batches import Batch
from feedback_cluster.pipeline.job import Job
from feedback_cluster.pipeline.posts import PostFile
from feedback_cluster.pipeline.progress import Progress
from feedback_cluster.pipeline.tokens import CutPosts, cut_posts, joined

FORMAT = 1


@dataclass(frozen=True)
class Cache:
    """Posts of last night by id: the hash of the text and the words."""

    rows: dict[int, int]
    hashes: NDArray[np.uint64]
    posts: CutPosts

    @classmethod
    def read(cls, path: Path | None, lexicon: Lexicon) -> "Cache | None":
        """The cache in the file; None where there is none that suits this lexicon, whatever the reason."""
        if path is None or not path.is_file():
            return None
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as told:
                if told["kind"].tobytes().decode() != kind_of(lexicon):
                    return None
                words = np.array(told["words"].tobytes().decode().split("\n"), dtype=object)
                posts = CutPosts(told["numbers"], told["starts"], words)
                return cls({post: row for row, post in enumerate(told["ids"].tolist())}, told["hashes"], posts)
        except (
            OSError,
            ValueError,
            KeyError,
            EOFError,
            BadZipFile,
        ):  # a file cut short by a full disk costs a night, not a run
            return None


def cut_with_cache(posts: PostFile, lexicon: Lexicon, job: Job, progress: Progress) -> CutPosts:
    """The words of every post of the file, as `cut_posts` gives them; only posts that are new or changed are cut."""
    total = posts.lines()
    progress("read", total, total)
    if job.cache is None:
        whole = cut_posts(posts.stream(), lexicon, total=total, workers=job.workers, progress=progress)
        progress("segment", len(posts), len(posts))
        return whole
    cache = Cache.read(job.cache, lexicon)
    hashes = array("Q")
    known = array("q")  # the post's row in the cache, or -1
    missing = max(total - len(cache.rows), 0) if cache else total
    fresh = cut_posts(
        _unknown(posts, cache, hashes, known), lexicon, total=missing, workers=job.workers, progress=progress
    )
    whole = fresh if cache is None else merged(cache.posts, fresh, np.array(known, dtype=np.int64))
    keep(job.cache, lexicon, posts.ids, np.array(hashes, dtype=np.uint64), whole)
    progress("segment", len(posts), len(posts))
    return whole


def merged(old: CutPosts, fresh: CutPosts, known: IntArray) -> CutPosts:
    """One post a row: that row of `old`, or the next of `fresh` where known is -1; only words that are said."""
    from_old = known >= 0
    parts = joined([as_batch(old.taken(known[from_old])), as_batch(fresh)])
    place = np.empty(len(known), dtype=np.int64)
    place[from_old] = np.arange(from_old.sum())
    place[~from_old] = from_old.sum() + np.arange((~from_old).sum())
    return parts.taken(place)


def as_batch(posts: CutPosts) -> Batch:
    """The posts with only those words that they say."""
    used, numbers = np.unique(posts.numbers, return_inverse=True)
    return Batch(numbers.astype(np.int32), np.diff(posts.starts).astype(np.int32), posts.words[used].tolist())


def keep(path: Path, lexicon: Lexicon, ids: IntArray, hashes: NDArray[np.uint64], posts: CutPosts) -> None:
    """Write the cache for the next night; a reader sees all of it or the one before."""
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        np.savez(
            file, kind=_bytes(kind_of(lexicon)), words=_bytes("\n".join(posts.words)), ids=ids, hashes=hashes,
            starts=posts.starts, numbers=posts.numbers,
        )  # fmt: skip
    draft.replace(path)


def kind_of(lexicon: Lexicon) -> str:
    """What two nights must have in common."""
    return f"{FORMAT} {CUT_VERSION} {lexicon.fingerprint}"


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _unknown(posts: PostFile, cache: Cache | None, hashes: "array[int]", known: "array[int]") -> Iterator[str]:
    for row, text in enumerate(posts.stream()):
        mark = _hash(text)
        hashes.append(mark)
        place = cache.rows.get(posts.id_at(row), -1) if cache else -1
        if place >= 0 and cache is not None and cache.hashes[place] == mark:
            known.append(place)
        else:
            known.append(-1)
            yield text
