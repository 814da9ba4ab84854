"""posts.jsonl: read once as a stream of texts, kept as a few columns; a text is fetched again from where it lies."""

import hashlib
import json
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, overload

import numpy as np
from numpy.typing import NDArray

from feedback_cluster.pipeline.arrays import REST, IntArray

BLOCK = 1 << 20


class PostFile(Sequence[str]):
    """The posts of a folder. `stream` fills the columns; then it is the sequence of their texts, none held in memory.

    ids, themes: (n_posts,), themes -1 where the last run put a post nowhere. fixed, apart: {row: theme or themes}.
    public: (n_posts,) booleans. fingerprint: sha256 over ids, texts and people's decisions, in order; where the last
    run put a post is not data.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fixed: dict[int, int] = {}
        self.apart: dict[int, tuple[int, ...]] = {}
        self._ids, self._themes, self._places = array("q"), array("q"), array("q")
        self._hidden: list[int] = []
        self._digest = hashlib.sha256()
        self._file: IO[bytes] | None = None

    def stream(self) -> Iterator[str]:
        """The text of every post, in order, and its other columns noted. ValueError names the line that is wrong."""
        with self.path.open("rb") as file:
            place = 0
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        text = self._note(json.loads(line), place)
                    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
                        raise ValueError(f"posts.jsonl line {number}: {wrong!r}") from wrong
                    yield text
                place += len(line)

    def lines(self) -> int:
        """How many lines there are, before any is read."""
        count, last = 0, b"\n"
        with self.path.open("rb") as file:
            while block := file.read(BLOCK):
                count, last = count + block.count(b"\n"), block[-1:]
        return count + (last != b"\n")

    def id_at(self, row: int) -> int:
        """The id of one post that was streamed already."""
        return self._ids[row]

    @property
    def ids(self) -> IntArray:
        return np.array(self._ids, dtype=np.int64)

    @property
    def themes(self) -> IntArray:
        return np.array(self._themes, dtype=np.int64)

    @property
    def public(self) -> NDArray[np.bool_]:
        open_to_all = np.ones(len(self._ids), dtype=bool)
        open_to_all[self._hidden] = False
        return open_to_all

    @property
    def fingerprint(self) -> str:
        return self._digest.hexdigest()

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        """The text of one post."""
        if isinstance(row, slice):
            return [self[place] for place in range(*row.indices(len(self)))]
        if self._file is None:
            self._file = self.path.open("rb")
        self._file.seek(self._places[row])
        return str(json.loads(self._file.readline())["text"])

    def __iter__(self) -> Iterator[str]:
        with self.path.open("rb") as file:
            for line in file:
                if line.strip():
                    yield str(json.loads(line)["text"])

    def close(self) -> None:
        """Let go of the file; the columns stay."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _note(self, told: dict[str, Any], place: int) -> str:
        row = len(self._ids)
        number, text, theme, fixed = int(told["id"]), str(told["text"]), told.get("theme"), told.get("fixed")
        apart = told.get("apart") or ()
        self._themes.append(REST if theme is None else theme)
        self._ids.append(number)
        self._places.append(place)
        if fixed is not None:
            self.fixed[row] = int(fixed)
        if apart:
            self.apart[row] = tuple(apart)
        if not told.get("public", True):
            self._hidden.append(row)
        # With the length before it, no text can pretend to be two posts.
        said = f"{number} {fixed} {list(apart)} {len(text)} {text}\n"
        self._digest.update(said.encode("utf-8", "surrogatepass"))
        return text
