"""Cut posts as arrays: the same words as one by one, whoever cut them and however they were parted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import content_words
from feedback_cluster.pipeline import tokens
from feedback_cluster.pipeline.parallel import ALONE, Workers
from feedback_cluster.pipeline.tokens import CutPosts, cut_posts
from tests.feedback_cluster.pipeline.gold import GOLD
from tests.feedback_cluster.pipeline.helpers import process_of

TEXTS = [text for group in GOLD.values() for text in group] + ["", "。。", "Model Y 的 CarPlay 連不上 3000km"]
LEXICON = Lexicon.default()
DOCUMENTS = st.lists(
    st.lists(st.sampled_from(["油耗", "座椅", "噪音", "续航", "es8", "蓝牙"]), max_size=6), max_size=12
)


def same(one: CutPosts, other: CutPosts) -> bool:
    """Whether every array is equal."""
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("numbers", "starts", "words"))


def test_every_post_has_its_content_words() -> None:
    cut = cut_posts(TEXTS, LEXICON)
    assert list(cut) == [content_words(text) for text in TEXTS]


def test_a_memo_changes_no_word() -> None:
    memo: dict[str, tuple[str, ...]] = {}
    for text in [*TEXTS, *TEXTS]:
        assert content_words(text, LEXICON, memo) == content_words(text, LEXICON)
    assert memo["噪音"] == ("噪音",)


@given(DOCUMENTS)
def test_counts_are_those_of_scikit_learn(documents: list[list[str]]) -> None:
    cut = CutPosts.of(documents)
    assert [list(document) for document in cut] == documents
    if not any(documents):
        assert cut.counts().nnz == 0
        return
    reference = CountVectorizer(analyzer=lambda document: document, dtype=np.float32)
    wanted = reference.fit_transform(documents)
    assert list(cut.words) == list(reference.get_feature_names_out())
    assert np.array_equal(cut.counts().toarray(), wanted.toarray())


@given(DOCUMENTS, st.integers(1, 5))
def test_batches_change_nothing(documents: list[list[str]], size: int) -> None:
    parts = [tokens.batch_of(documents[start : start + size]) for start in range(0, len(documents), size)]
    assert same(tokens.joined(parts), CutPosts.of(documents))


@given(DOCUMENTS, st.data())
def test_chosen_posts_keep_their_words(documents: list[list[str]], data: st.DataObject) -> None:
    cut = CutPosts.of(documents)
    rows = data.draw(st.lists(st.integers(0, len(documents) - 1), max_size=8)) if documents else []
    assert list(cut.taken(rows)) == [documents[row] for row in rows]


def test_a_row_may_be_asked_from_the_end_and_beyond_it_there_is_none() -> None:
    cut = CutPosts.of([["油耗"], ["噪音", "座椅"]])
    assert (cut[-1], cut[0:2]) == (["噪音", "座椅"], [["油耗"], ["噪音", "座椅"]])
    with pytest.raises(IndexError):
        cut[2]


def test_progress_ends_at_all_posts() -> None:
    told: list[tuple[str, int, int]] = []
    cut_posts(iter(TEXTS), LEXICON, total=len(TEXTS), progress=lambda *step: told.append(step))
    assert told[0] == ("segment", 0, len(TEXTS))
    assert told[-1] == ("segment", len(TEXTS), len(TEXTS))


@pytest.mark.slow
def test_two_processes_cut_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "WORTH_SHARING", 1)
    monkeypatch.setattr(tokens, "BATCH", 7)
    own = LEXICON.ignoring(["座椅通风", "蓝牙"])
    used = list(Workers(2).each(process_of, [1] * 20))
    assert os.getpid() not in used
    for lexicon in (LEXICON, own):
        assert same(cut_posts(TEXTS, lexicon, workers=Workers(2)), cut_posts(TEXTS, lexicon, workers=ALONE))


def test_few_posts_start_no_process() -> None:
    class Watched(Workers):
        def each(self, *arguments: object, **named: object):  # type: ignore[no-untyped-def]
            raise AssertionError("a process was started")

    assert len(cut_posts(TEXTS, LEXICON, workers=Watched(2))) == len(TEXTS)


@given(st.lists(st.integers(), max_size=30))
@settings(max_examples=20)
def test_work_that_stays_here_is_streamed_in_order(numbers: list[int]) -> None:
    taken: list[int] = []

    def source():  # type: ignore[no-untyped-def]
        for number in numbers:
            taken.append(number)
            yield number

    for done, result in enumerate(ALONE.each(lambda number, more: number + more, source(), 1), 1):
        assert (result, len(taken)) == (numbers[done - 1] + 1, done)  # never ahead of what was asked for


@pytest.mark.slow
def test_helpers_end_with_a_run_that_was_killed(tmp_path: Path) -> None:
    program = (
        "from feedback_cluster.pipeline.parallel import Workers\n"
        "from tests.feedback_cluster.pipeline.helpers import tell_and_sleep\n"
        f"list(Workers(2).each(tell_and_sleep, [{str(tmp_path)!r}] * 2))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[3])
    try:
        helpers = wait_for(lambda: [int(path.name) for path in tmp_path.iterdir()], lambda found: len(found) == 2, 60)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert wait_for(lambda: [pid for pid in helpers if alive(pid)], lambda left: not left, 2) == []


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not fetched does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(ask, enough, seconds: float):  # type: ignore[no-untyped-def]
    """The answer once it is enough, else the last one."""
    end = time.monotonic() + seconds
    while not enough(answer := ask()) and time.monotonic() < end:
        time.sleep(0.05)
    return answer
