"""A run over a folder: posts and parameters in, themes, assignments and the model out. The door of `python -m`.

`job.json`: {"parameters": {…`Parameters`…}, "cold": false, "locked": [theme, …], "seeds": {theme: [word, …]},
"never": [[post, post], …], "labels": {theme: label}, "scheduler": "tcp://…", "embedding": {…}, "cache": FILE}; all of
it may be left out.
`lexicon.json`: the lexicon of this run (`Lexicon.as_json`); the shipped one when there is no such file.
`posts.jsonl`: one object a line, {"id": int, "text": str, "theme": int|null, "fixed": int|null, "apart": [int, …],
"public": bool}; theme is where the last run put the post, fixed where a person put it, apart where a person said it
does not belong; no word and no quote comes from a post that is not public.

Warm (the default once any post has a theme): the themes start from their posts and keep their ids; posts that fit
nothing may found a new one. Cold: clusters are made afresh and matched one to one to the themes they resemble.
A locked theme keeps its centre in both; warm, it is listed even when no post is left in it. A theme founded with
words is listed from the first run on that knows them.
"""

import json
import resource
import sys
import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from feedback_cluster.pipeline.arrays import REST, FloatArray, IntArray
from feedback_cluster.pipeline.cache import cut_with_cache
from feedback_cluster.pipeline.embedding import load_encoder
from feedback_cluster.pipeline.job import Job, read_job, read_lexicon
from feedback_cluster.pipeline.match import match_clusters
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.posts import PostFile
from feedback_cluster.pipeline.progress import Progress


class Stopwatch:
    """Seconds by step, taken from the progress that passes through."""

    def __init__(self, progress: Progress) -> None:
        self.told = progress
        self.step, self.since = "read", time.perf_counter()
        self.spent: dict[str, float] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        """A step's progress, handed on."""
        now = time.perf_counter()
        self.spent[self.step] = self.spent.get(self.step, 0.0) + now - self.since
        self.step, self.since = step, now
        self.told(step, done, total)

    @property
    def seconds(self) -> dict[str, float]:
        """Of every step so far, to the millisecond."""
        return {step: round(spent, 3) for step, spent in self.spent.items()}


def run_folder(folder: Path, progress: Progress) -> dict[str, Any]:
    """Do the job in `folder`; returns what it wrote to result.json. Raises ValueError with the line of a bad post."""
    watch = Stopwatch(progress)
    with closing(PostFile(folder / "posts.jsonl")) as posts:
        job = read_job(folder / "job.json")
        model = ThemeModel(job.parameters, lexicon=read_lexicon(folder / "lexicon.json"), workers=job.workers)
        watch("read", 0, 1)
        documents = cut_with_cache(posts, model.vocabulary, job, watch)
        themes = Themes(job, posts)
        extra = None
        if job.embedding:
            extra = load_encoder(job.embedding).rows(posts, total=len(posts), progress=watch)
        model.fit(
            posts,
            warm=themes.warm if themes.ids else None,
            fixed=themes.fixed,
            apart=themes.apart,
            never=themes.never,
            seeds=themes.seeds,
            known=len(themes.ids),
            grow=themes.cold,
            public=posts.public,
            called=themes.labels,
            documents=documents,
            extra=extra,
            progress=watch,
        )
        watch("write", 0, 3)
        theme_of = themes.of_clusters(model)
        save_assignments(folder / "assignments.npz", posts.ids, model.labels_, model.confidence_)
        watch("write", 1, 3)
        model.save(folder / "model.npz")
        watch("write", 2, 3)
    result = {
        **told_of(model, theme_of, posts.ids, {*job.locked, *job.seeds}),
        "rest": int(np.sum(model.labels_ == REST)),
        "scores": scores(model, themes, theme_of),
        "fingerprint": posts.fingerprint,
        "versions": versions(model),
        "seconds": watch.seconds,
        "peak_mb": peak_mb(),
    }
    write_json(folder / "result.json", result)
    watch("write", 3, 3)
    return result


def told_of(model: ThemeModel, theme_of: dict[int, int], ids: IntArray, listed: set[int]) -> dict[str, Any]:
    """Themes, areas and questions as posts' ids; a theme without posts only where it is `listed`."""
    told = [c for c in model.clusters_ if c.size or theme_of.get(c.number) in listed]
    return {
        "themes": [
            {
                "cluster": cluster.number,
                "theme": theme_of.get(cluster.number),
                "label": cluster.label,
                "keywords": list(cluster.keywords),
                "size": cluster.size,
                "quotes": ids[list(cluster.quotes)].tolist(),
                "dissent": None if cluster.dissent is None else int(ids[cluster.dissent]),
                "area": cluster.area,
            }
            for cluster in told
        ],
        "areas": [{"area": a.number, "label": a.label, "themes": list(a.clusters)} for a in model.areas_],
        "ask": ids[np.asarray(model.ask_, dtype=np.int64)].tolist(),
    }


class Themes:
    """The theme ids people know, as the cluster numbers 0, 1, 2 … a run works with."""

    def __init__(self, job: Job, posts: PostFile) -> None:
        self.old = posts.themes
        last = set(np.unique(self.old).tolist()) - {REST}
        apart = {theme for themes in posts.apart.values() for theme in themes} & last
        locked, founded = set(job.locked), set(job.seeds)
        self.cold = job.cold or not last
        # A cold run starts from the themes people decided something about; the others it must find again by itself.
        known = set(posts.fixed.values()) | apart | founded
        self.ids: list[int] = sorted(known | (locked & last if self.cold else locked | last))
        self.number = {theme: number for number, theme in enumerate(self.ids)}
        self.warm = np.array([self.number.get(theme, REST) for theme in self.old.tolist()], dtype=np.int64)
        self.fixed = self._pairs(list(posts.fixed.items()))
        self.apart = self._pairs([(row, theme) for row, themes in posts.apart.items() for theme in themes])
        self.never = self._strangers(job, posts.ids)
        self.labels = {self.number[theme]: label for theme, label in job.labels.items() if theme in self.number}
        self.seeds = {self.number[theme]: words for theme, words in job.seeds.items()}

    def of_clusters(self, model: ThemeModel) -> dict[int, int]:
        """{cluster: theme id}; a cluster without one is new."""
        known = dict(enumerate(self.ids))
        found_again = sorted(set(self.old.tolist()) - {REST} - set(self.ids))
        if not found_again:
            return known
        places = {theme: place for place, theme in enumerate(found_again)}
        old = np.array([places.get(theme, REST) for theme in self.old.tolist()], dtype=np.int64)
        new = np.where(model.labels_ < len(self.ids), REST, model.labels_)
        return known | {cluster: found_again[place] for cluster, place in match_clusters(new, old).items()}

    def _pairs(self, pairs: list[tuple[int, int]]) -> tuple[IntArray, IntArray] | None:
        known = [(row, self.number[theme]) for row, theme in pairs if theme in self.number]
        if not known:
            return None
        rows, labels = zip(*known, strict=True)
        return np.array(rows, dtype=np.int64), np.array(labels, dtype=np.int64)

    @staticmethod
    def _strangers(job: Job, ids: IntArray) -> tuple[IntArray, IntArray] | None:
        """Rows that must not share a theme; a pair of which one post is not here binds nobody."""
        if not job.never:
            return None
        row_of = {post: row for row, post in enumerate(ids.tolist())}
        pairs = [(row_of[one], row_of[other]) for one, other in job.never if one in row_of and other in row_of]
        rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return rows[:, 0], rows[:, 1]


def save_assignments(path: Path, ids: IntArray, clusters: IntArray, confidence: FloatArray) -> None:
    """One row per post, in the order of posts.jsonl."""
    with path.open("wb") as file:
        np.savez_compressed(file, ids=ids, cluster=clusters, confidence=confidence)


def scores(model: ThemeModel, themes: Themes, theme_of: dict[int, int]) -> dict[str, float]:
    """What a manager may read as hints: how tight clusters are, how much is rest, how many posts kept their theme."""
    grouped = model.labels_ != REST
    told = {
        "clusters": float(sum(cluster.size > 0 for cluster in model.clusters_)),
        "cohesion": float(model.confidence_[grouped].mean()) if grouped.any() else 0.0,
        "rest_share": float(1 - grouped.mean()) if len(grouped) else 0.0,
    }
    had = themes.old != REST
    if had.any():
        now = np.array([theme_of.get(label, REST) for label in model.labels_.tolist()], dtype=np.int64)
        told["kept_theme"] = float((now[had] == themes.old[had]).mean())
    return {name: round(value, 4) for name, value in told.items()}


def versions(model: ThemeModel) -> dict[str, str]:
    """What a repetition must have in common with this run."""
    names = ("numpy", "scipy", "scikit-learn", "rjieba", "opencc")
    return {"python": sys.version.split()[0], "lexicon": model.lexicon_fingerprint_} | {n: version(n) for n in names}


def peak_mb() -> float:
    """The most memory this process held so far, in MB."""
    status = Path("/proc/self/status")
    if status.is_file():
        # getrusage would also count the process that started this one, as it was before the program was loaded.
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return round(int(line.split()[1]) / 1024, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def write_json(path: Path, told: Any) -> None:
    """Write JSON so that a reader sees all of it or the file before."""
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(path)
