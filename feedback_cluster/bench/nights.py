"""Nights of the real thing: folders as the product writes them, run by `run_folder`, theme ids carried on."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback_cluster.pipeline.files import run_folder
from feedback_cluster.pipeline.progress import in_silence

REST = -1


@dataclass
class Memory:
    """What a brand remembers from night to night: the theme of every post by the post's number."""

    parameters: dict[str, Any]
    theme: dict[int, int] = field(default_factory=dict)
    next_theme: int = 1

    def night(self, texts: Sequence[str], posts: Sequence[int], *, cold: bool = False) -> "Night":
        """Run over these posts with what is remembered, remember what came out, and tell it."""
        before = {post: self.theme[post] for post in posts if post in self.theme}
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            told = {"parameters": self.parameters, "cold": cold}
            (folder / "job.json").write_text(json.dumps(told), encoding="utf-8")
            with (folder / "posts.jsonl").open("w", encoding="utf-8") as file:
                for post in posts:
                    line = {"id": post, "text": texts[post], "theme": before.get(post)}
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
            result = run_folder(folder, in_silence)
            with np.load(folder / "assignments.npz", allow_pickle=False) as arrays:
                ids, clusters = arrays["ids"].tolist(), arrays["cluster"].tolist()
        theme_of: dict[int, int] = {}
        born = []
        for told_theme in result["themes"]:
            known = told_theme["theme"]
            if known is None:
                known, self.next_theme = self.next_theme, self.next_theme + 1
                born.append(known)
            theme_of[told_theme["cluster"]] = known
            self.next_theme = max(self.next_theme, known + 1)
        self.theme = {
            post: theme_of[cluster] for post, cluster in zip(ids, clusters, strict=True) if cluster in theme_of
        }
        return Night(before, dict(self.theme), tuple(born))


@dataclass(frozen=True)
class Night:
    """The theme of every post before and after one run, and the themes that are new."""

    before: Mapping[int, int]
    after: Mapping[int, int]
    born: tuple[int, ...]

    @property
    def kept(self) -> float:
        """Share of the posts that had a theme and have the same one now."""
        return float(np.mean([self.after.get(post) == theme for post, theme in self.before.items()]))

    def holding(self, theme: int, posts: Sequence[int]) -> NDArray[np.bool_]:
        """Which of the posts are in the theme now."""
        return np.array([self.after.get(post) == theme for post in posts], dtype=bool)
