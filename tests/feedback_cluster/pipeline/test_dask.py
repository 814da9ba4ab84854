"""The same run on a Dask cluster: a real scheduler with one and with two worker processes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cocreate.text.lexicon import Lexicon
from feedback_cluster.pipeline import features, tokens
from feedback_cluster.pipeline.files import run_folder
from feedback_cluster.pipeline.parallel import Workers, connected
from feedback_cluster.pipeline.progress import in_silence
from feedback_cluster.pipeline.tokens import cut_posts
from tests.feedback_cluster.pipeline.gold import TEXTS
from tests.feedback_cluster.pipeline.helpers import process_of

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:::distributed"), pytest.mark.xdist_group("dask")]


@pytest.fixture(scope="module", params=[1, 2])
def cluster(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A scheduler and so many worker processes on this machine."""
    from dask.distributed import LocalCluster

    with LocalCluster(
        n_workers=request.param, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as running:
        running.count = request.param
        yield running


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches so small that there are many."""
    monkeypatch.setattr(tokens, "BATCH", 9)
    monkeypatch.setattr(features, "PROJECTED", 13)


def job_of(folder: Path, scheduler: str) -> None:
    lines = (json.dumps({"id": 100 + row, "text": text}, ensure_ascii=False) for row, text in enumerate(TEXTS))
    (folder / "posts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    told = {"parameters": {"k": 8, "ignore": ["霹雳火"]}, "scheduler": scheduler}
    (folder / "job.json").write_text(json.dumps(told), encoding="utf-8")


def outcome_of(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    for passing in ("seconds", "peak_mb"):
        result.pop(passing)
    with np.load(folder / "assignments.npz", allow_pickle=False) as arrays:
        return result, {name: arrays[name].tolist() for name in arrays.files}


def test_work_is_done_by_all_processes_of_the_cluster(cluster: Any) -> None:
    with connected(cluster.scheduler_address) as client:
        theirs = set(client.run(process_of, 0).values())
    used = set(Workers(scheduler=cluster.scheduler_address).each(process_of, range(40)))
    assert used == theirs
    assert len(used) == cluster.count


@pytest.mark.usefixtures("small")
def test_a_run_on_the_cluster_equals_one_on_this_machine(cluster: Any, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    job_of(tmp_path / "here", "")
    run_folder(tmp_path / "here", in_silence)
    job_of(tmp_path / "there", cluster.scheduler_address)
    run_folder(tmp_path / "there", in_silence)
    assert outcome_of(tmp_path / "there") == outcome_of(tmp_path / "here")


def test_a_text_that_cannot_be_read_stops_the_work_with_its_reason(cluster: Any) -> None:
    def texts() -> Iterator[str]:
        yield "油耗"
        raise ValueError("line 2 is torn")

    with pytest.raises(ValueError, match="line 2 is torn"):
        cut_posts(texts(), Lexicon.default(), workers=Workers(scheduler=cluster.scheduler_address))


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback_cluster.pipeline.parallel.CONNECT_SECONDS", 0.5)
    with pytest.raises(ValueError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"):
        list(Workers(scheduler="tcp://127.0.0.1:9").each(process_of, [1]))


def test_a_scheduler_without_workers_is_refused() -> None:
    from dask.distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, dashboard_address=None, silence_logs=50) as empty,
        pytest.raises(ValueError, match="has no workers"),
    ):
        list(Workers(scheduler=empty.scheduler_address).each(process_of, [1]))


def test_dask_that_is_not_installed_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(ValueError, match=r"Dask is not installed: pip install 'cocreate\[dask\]'"):
        list(Workers(scheduler="tcp://127.0.0.1:8786").each(process_of, [1]))


def test_a_run_with_a_wrong_scheduler_fails_with_the_reason_and_no_result(tmp_path: Path) -> None:
    job_of(tmp_path, "nonsense://nowhere")
    command = [sys.executable, "-m", "feedback_cluster.pipeline", str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no Dask scheduler answers at nonsense://nowhere" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "result.json").exists()
