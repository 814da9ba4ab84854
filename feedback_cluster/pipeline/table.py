"""A table in, the same table's themes out: clustering of a CSV file without a database."""

import csv
import io
import time
from pathlib import Path
from typing import Any

import numpy as np

from feedback_cluster.pipeline.arrays import REST
from feedback_cluster.pipeline.files import write_json
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.parameters import Parameters
from feedback_cluster.pipeline.progress import Progress, in_silence

ENCODINGS = ("utf-8-sig", "gb18030")
LARGEST_CELL = 8 * 1024 * 1024


def cluster_file(
    csv_path: Path | str,
    column: str,
    out_csv: Path | str,
    themes_json: Path | str,
    k: int | None = None,
    seed: int = 0,
    *,
    progress: Progress = in_silence,
) -> dict[str, Any]:
    """Group the rows of a CSV by the text in `column`; returns {"rows", "themes", "rest", "seconds"}.

    out_csv gets one column `theme`, a row per input row in the same order, -1 for rest; themes_json a list of
    {"theme", "label", "keywords", "size", "quotes": [row from 0]}. Raises ValueError for a file that is no table.
    """
    begun = time.perf_counter()
    texts = read_column(Path(csv_path), column)
    model = ThemeModel(Parameters(k=k, seed=seed)).fit(texts, progress=progress)
    with Path(out_csv).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["theme"])
        writer.writerows([int(label)] for label in model.labels_)
    themes = [
        {
            "theme": cluster.number,
            "label": cluster.label,
            "keywords": list(cluster.keywords),
            "size": cluster.size,
            "quotes": list(cluster.quotes),
        }
        for cluster in model.clusters_
    ]
    write_json(Path(themes_json), themes)
    return {
        "rows": len(texts),
        "themes": len(themes),
        "rest": int(np.sum(model.labels_ == REST)),
        "seconds": round(time.perf_counter() - begun, 3),
    }


def read_column(path: Path, column: str) -> list[str]:
    """The cells of one column, UTF-8 or GB18030; a short row's missing cell is "". ValueError says what is wrong."""
    reader = csv.DictReader(io.StringIO(_decoded(path), newline=""))
    previous = csv.field_size_limit(LARGEST_CELL)
    try:
        names = reader.fieldnames or []
        if column not in names:
            raise ValueError(f"{path.name} has no column {column!r}; it has: {', '.join(names) or 'none'}")
        return [row[column] or "" for row in reader]
    except csv.Error as wrong:
        raise ValueError(f"{path.name} line {reader.line_num}: {wrong}") from wrong
    finally:
        csv.field_size_limit(previous)


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError(f"{path.name} is neither UTF-8 nor GB18030")
