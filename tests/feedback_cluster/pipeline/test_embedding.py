"""The optional encoder: a real ONNX model made here, a real service on loopback, and clear words when it is absent."""

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import onnx
import pytest
import tokenizers

from feedback_cluster.pipeline.embedding import BATCH, load_encoder, pooled
from feedback_cluster.pipeline.files import run_folder
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.progress import in_silence

VOCABULARY = {"[PAD]": 0, "[UNK]": 1, "油": 2, "耗": 3, "噪": 4, "音": 5}
VECTORS = np.array([[9, 9, 9], [0, 0, 1], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]], dtype=np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model that knows four characters: each token's vector is looked up in a table."""
    table = onnx.numpy_helper.from_array(VECTORS, "table")
    nodes = [onnx.helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    ids = onnx.helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, ["n", "tokens"])
    out = onnx.helper.make_tensor_value_info("last_hidden_state", onnx.TensorProto.FLOAT, ["n", "tokens", 3])
    graph = onnx.helper.make_graph(nodes, "tiny", [ids], [out], [table])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "model.onnx")
    cutter = tokenizers.Tokenizer(tokenizers.models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    cutter.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    cutter.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


class Service(BaseHTTPRequestHandler):
    """Answers as an OpenAI-compatible service, in another order than asked; `refuse` makes it say no."""

    asked: ClassVar[list[dict[str, Any]]] = []
    refuse: ClassVar[bool] = False
    answer: ClassVar[Any] = None

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append({"path": self.path, "key": self.headers["Authorization"], **told})
        rows = [{"index": at, "embedding": [len(text), 1.0]} for at, text in enumerate(told["input"])]
        body = json.dumps(self.answer or {"data": rows[::-1]} if not self.refuse else {"error": "no such key"}).encode()
        self.send_response(401 if self.refuse else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a running service."""
    monkeypatch.setattr(Service, "asked", [])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_local_model_gives_unit_means_of_its_tokens(folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    encoder = load_encoder({"source": str(folder)})
    rows = encoder.rows(["油耗", "噪音油耗", "油"], total=3, progress=lambda *step: told.append(step))
    half = np.sqrt(0.5)
    assert np.allclose(rows, [[1, 0, 0], [half, half, 0], [1, 0, 0]], atol=1e-6)  # padding pulls nobody
    assert told == [("embed", 0, 3), ("embed", 3, 3)]


def test_sentence_vectors_are_taken_as_they_are() -> None:
    assert pooled(np.eye(2), np.ones((2, 5))).tolist() == np.eye(2).tolist()


@pytest.mark.parametrize("missing", ["onnxruntime", "tokenizers"])
def test_an_absent_package_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ValueError, match=f"{missing} is not installed: pip install"):
        load_encoder({"source": str(folder)})


def test_a_folder_that_is_no_model_says_what_it_lacks(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither a folder nor an address"):
        load_encoder({"source": str(tmp_path / "nowhere")})
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ValueError, match=r"tokenizer.json is missing"):
        load_encoder({"source": str(folder)})
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ValueError, match="cannot be loaded"):
        load_encoder({"source": str(folder)})
    (folder / "model.onnx").unlink()
    with pytest.raises(ValueError, match=r"neither model.onnx nor modules.json"):
        load_encoder({"source": str(folder)})


def test_a_sentence_transformers_folder_asks_for_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(ValueError, match="sentence-transformers is not installed"):
        load_encoder({"source": str(tmp_path)})


def test_a_service_is_asked_in_batches_and_its_order_is_restored(service: str) -> None:
    texts = ["字" * (1 + number % 7) for number in range(BATCH + 3)]
    encoder = load_encoder({"source": service, "key": "k1", "model": "m1"})
    rows = encoder.rows(texts, total=len(texts))
    wanted = np.array([[len(text), 1.0] for text in texts])
    assert np.allclose(rows, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)
    assert [len(asked["input"]) for asked in Service.asked] == [BATCH, 3]
    first = Service.asked[0]
    assert (first["path"], first["key"], first["model"]) == ("/v1/embeddings", "Bearer k1", "m1")


def test_a_service_that_refuses_is_quoted(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Service, "refuse", True)
    with pytest.raises(ValueError, match=r"answered 401: .*no such key"):
        load_encoder({"source": service}).rows(["油耗"], total=1)


@pytest.mark.parametrize(
    "answer", [{"data": []}, {"data": [{"index": 0, "embedding": ["x"]}]}, {"rows": 1}, {"data": [{"index": 0}]}]
)
def test_an_answer_that_is_none_is_refused(service: str, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(Service, "answer", answer)
    with pytest.raises(ValueError, match=r"answered|no vectors|could not convert"):
        load_encoder({"source": service}).rows(["油耗"], total=1)


def test_a_service_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"no vectors from http://127.0.0.1:9/v1"):
        load_encoder({"source": "http://127.0.0.1:9/v1"}).rows(["油耗"], total=1)


SAID = ("油箱", "噪点", "耗电", "音响")
"""Four words that no two posts share; the encoder alone knows that 油 and 耗, 噪 and 音 are one subject each."""


def run(folder: Path, embedding: dict[str, str] | None) -> list[int]:
    """The clusters of posts that say SAID in turn, two wanted."""
    texts = [SAID[number % 4] for number in range(80)]
    lines = (json.dumps({"id": row, "text": text}, ensure_ascii=False) for row, text in enumerate(texts))
    (folder / "posts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    told = {"parameters": {"k": 2, "min_confidence": 0.0}, "embedding": embedding}
    (folder / "job.json").write_text(json.dumps(told), encoding="utf-8")
    run_folder(folder, in_silence)
    with np.load(folder / "assignments.npz", allow_pickle=False) as arrays:
        clusters: list[int] = arrays["cluster"].tolist()
    return clusters


def test_a_run_stands_the_encoder_beside_its_own_vectors(folder: Path, tmp_path: Path) -> None:
    clusters = run(tmp_path, {"source": str(folder)})
    subjects = [set(clusters[row::2]) for row in (0, 1)]
    assert [len(subject) for subject in subjects] == [1, 1]
    assert subjects[0] != subjects[1]
    # A new post is placed without asking the encoder.
    labels, _ = ThemeModel.load(tmp_path / "model.npz").predict(list(SAID))
    assert labels.tolist() == clusters[:4]


def test_a_run_without_the_encoder_it_was_told_of_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither a folder nor an address"):
        run(tmp_path, {"source": str(tmp_path / "gone")})
    assert not (tmp_path / "result.json").exists()
