"""Asks one engine everything, and keeps how right and how quick it was."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from search.bench.contestants import Contestant
from search.bench.corpus import Corpus
from search.bench.questions import FIRST, Sets

Progress = Callable[..., Any]


def measure(engine: Contestant, corpus: Corpus, sets: Sets, update: Progress) -> dict[str, Any]:
    """Quality by set (0 to 1), and milliseconds by kind of request."""
    took: dict[str, list[float]] = defaultdict(list)
    worked: dict[str, list[float]] = defaultdict(list)
    result: dict[str, Any] = {}
    total = sum(len(asked) for part in (sets.search, sets.other, sets.typing) for asked in part.values())
    total += sum(map(len, corpus.questions.values()))
    done = 0

    def timed(kind: str, ask: Callable[[], list[int]]) -> list[int]:
        nonlocal done
        started, cpu = time.perf_counter(), time.thread_time()
        hits = ask()
        worked[kind].append((time.thread_time() - cpu) * 1000)
        took[kind].append((time.perf_counter() - started) * 1000)
        done += 1
        if done % 20 == 0:
            update(done, total, f"asking {engine.name}")
        return hits

    for source, asked in corpus.questions.items():
        result[f"similar {source}"] = _similar(
            [(timed("similar", lambda q=one.text: engine.similar(q, 10)), one.relevant) for one in asked]  # type: ignore[misc]
        )
    for part, note in ((sets.search, ""), (sets.other, " (not in the lexicon)"), (sets.typing, "")):
        for name, questions in part.items():
            typing = part is sets.typing
            kind = "typing" if typing else "deep" if name == "model names" else "search"
            right = [
                one.right(timed(kind, lambda q=one: engine.search(q.text, q.limit, typing=typing)))  # type: ignore[misc]  # noqa: B023
                for one in questions
            ]
            result[name + note] = {"right": round(statistics.fmean(right), 3), "asked": len(right)}
    result["ms"] = {
        kind: quantiles(values) | {f"cpu_{key}": value for key, value in quantiles(worked[kind]).items()}
        for kind, values in took.items()
        if kind != "deep"
    }
    return result


def _similar(answers: list[tuple[list[int], frozenset[int]]]) -> dict[str, float]:
    """hit@5, recall@5 and MRR@10."""
    hit = [float(bool(relevant.intersection(hits[:FIRST]))) for hits, relevant in answers]
    recall = [len(relevant.intersection(hits[:FIRST])) / min(FIRST, len(relevant)) for hits, relevant in answers]
    rank = [
        next((1 / place for place, one in enumerate(hits[:10], 1) if one in relevant), 0.0)
        for hits, relevant in answers
    ]
    return {
        "hit5": round(statistics.fmean(hit), 3),
        "recall5": round(statistics.fmean(recall), 3),
        "mrr10": round(statistics.fmean(rank), 3),
        "asked": len(answers),
    }


def quantiles(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    ordered = sorted(values)
    return {"p50": round(statistics.median(ordered), 2), "p95": round(ordered[int(len(ordered) * 0.95)], 2)}
