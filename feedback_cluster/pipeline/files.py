"""A run over a folder: posts and parameters in, themes, assignments and the model out. The door of `python -m`.

`job.json`: {"parameters": {…`Parameters`…}, "cold": false, "locked": [theme, …]}; all of it may be left out.
`lexicon.json`: the lexicon of this run (`Lexicon.as_json`); the shipped one when there is no such file.
`posts.jsonl`: one object a line, {"id": int, "text": str, "theme": int|null, "fixed": int|null, "apart": [int, …],
"public": bool}; theme is where the last run put the post, fixed where a person put it, apart where a person said it
does not belong. A post that is not public (all are, where nothing is said) is grouped, but lends no word and no quote.

Warm (the default once any post has a theme): the themes start from their posts and keep their ids; posts that fit
nothing may found a new one. Cold: clusters are made afresh and matched one to one to the themes they resemble.
A locked theme keeps its centre in both; warm, it is listed even when no post is left in it.
"""

import hashlib
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from cocreate.text.lexicon import Lexicon
from feedback_cluster.pipeline.arrays import REST, FloatArray, IntArray
from feedback_cluster.pipeline.match import match_clusters
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.parameters import Parameters
from feedback_cluster.pipeline.progress import Progress


@dataclass(frozen=True)
class Post:
    """One line of posts.jsonl."""

    id: int
    text: str
    theme: int | None = None
    fixed: int | None = None
    apart: tuple[int, ...] = ()
    public: bool = True


@dataclass(frozen=True)
class Job:
    """What a run was asked to do."""

    parameters: Parameters = field(default_factory=Parameters)
    cold: bool = False
    locked: tuple[int, ...] = ()


class Stopwatch:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time spent inside to the stage."""
        begun = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begun, 3)


def run_folder(folder: Path, progress: Progress) -> dict[str, Any]:
    """Do the job in `folder`; returns what it wrote to result.json. Raises ValueError with the line of a bad post."""
    watch = Stopwatch()
    with watch.stage("read"):
        job, posts = read_job(folder / "job.json"), read_posts(folder / "posts.jsonl")
        progress("read", len(posts), len(posts))
    themes = Themes(job, posts)
    with watch.stage("cluster"):
        model = ThemeModel(job.parameters, lexicon=read_lexicon(folder / "lexicon.json")).fit(
            [post.text for post in posts],
            warm=themes.warm if themes.ids else None,
            fixed=themes.fixed,
            apart=themes.apart,
            known=len(themes.ids),
            grow=themes.cold,
            public=np.array([post.public for post in posts], dtype=bool),
            progress=progress,
        )
    with watch.stage("write"):
        progress("write", 0, 3)
        theme_of = themes.of_clusters(model)
        ids = np.array([post.id for post in posts], dtype=np.int64)
        save_assignments(folder / "assignments.npz", ids, model.labels_, model.confidence_)
        progress("write", 1, 3)
        model.save(folder / "model.npz")
        progress("write", 2, 3)
    result = {
        "themes": [
            {
                "cluster": cluster.number,
                "theme": theme_of.get(cluster.number),
                "label": cluster.label,
                "keywords": list(cluster.keywords),
                "size": cluster.size,
                "quotes": [posts[row].id for row in cluster.quotes],
                "dissent": None if cluster.dissent is None else posts[cluster.dissent].id,
                "area": cluster.area,
            }
            for cluster in model.clusters_
            if cluster.size or theme_of.get(cluster.number) in job.locked
        ],
        "areas": [{"area": a.number, "label": a.label, "themes": list(a.clusters)} for a in model.areas_],
        "rest": int(np.sum(model.labels_ == REST)),
        "scores": scores(model, themes, theme_of),
        "fingerprint": fingerprint(posts),
        "versions": versions(model),
        "seconds": watch.seconds,
        "peak_mb": peak_mb(),
    }
    write_json(folder / "result.json", result)
    progress("write", 3, 3)
    return result


class Themes:
    """The theme ids people know, as the cluster numbers 0, 1, 2 … a run works with."""

    def __init__(self, job: Job, posts: list[Post]) -> None:
        last = {post.theme for post in posts if post.theme is not None}
        fixed = {post.fixed for post in posts if post.fixed is not None}
        apart = {theme for post in posts for theme in post.apart} & last
        locked = set(job.locked)
        self.old = np.array([REST if post.theme is None else post.theme for post in posts], dtype=np.int64)
        self.cold = job.cold or not last
        # A cold run starts from the themes people decided something about; the others it must find again by itself.
        self.ids: list[int] = sorted(fixed | apart | (locked & last if self.cold else locked | last))
        self.number = {theme: number for number, theme in enumerate(self.ids)}
        self.warm = np.array([self.number.get(theme, REST) for theme in self.old.tolist()], dtype=np.int64)
        self.fixed = self._pairs([(row, post.fixed) for row, post in enumerate(posts) if post.fixed is not None])
        self.apart = self._pairs([(row, theme) for row, post in enumerate(posts) for theme in post.apart])

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


def read_job(path: Path) -> Job:
    """The job in `path`, or the default job when there is no such file."""
    if not path.exists():
        return Job()
    told = json.loads(path.read_text(encoding="utf-8"))
    unknown = set(told) - {"parameters", "cold", "locked"}
    if unknown:
        raise ValueError(f"job.json: unknown entries {', '.join(sorted(unknown))}")
    return Job(
        parameters=Parameters.read(told.get("parameters", {})),
        cold=bool(told.get("cold", False)),
        locked=tuple(told.get("locked", ())),
    )


def read_lexicon(path: Path) -> Lexicon | None:
    """The lexicon in `path`; None, which stands for the shipped one, when there is no such file."""
    if not path.exists():
        return None
    try:
        return Lexicon.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise ValueError(f"lexicon.json: {wrong!r}") from wrong


def read_posts(path: Path) -> list[Post]:
    """Posts in the order of the file; ValueError names the line that is wrong."""
    posts: list[Post] = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                told = json.loads(line)
                apart = tuple(told.get("apart") or ())
                public = bool(told.get("public", True))
                text = str(told["text"])
                posts.append(Post(int(told["id"]), text, told.get("theme"), told.get("fixed"), apart, public))
            except (AttributeError, KeyError, TypeError, ValueError) as wrong:
                raise ValueError(f"posts.jsonl line {number}: {wrong!r}") from wrong
    return posts


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


def fingerprint(posts: list[Post]) -> str:
    """sha256 over ids, texts and people's decisions, in order; where the last run put a post is not data."""
    digest = hashlib.sha256()
    for post in posts:
        digest.update(json.dumps([post.id, post.text, post.fixed, post.apart], ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


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
