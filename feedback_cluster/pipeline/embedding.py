"""Vectors of a sentence encoder beside our own, for those who have one: a local model directory, or an endpoint.

Nothing needs it, and nothing of it is installed by default. A source is either a folder, with `tokenizer.json` and
`model.onnx` (or `onnx/model.onnx`; packages onnxruntime and tokenizers) or as sentence-transformers saves it (package
sentence-transformers); or the address of an OpenAI-compatible service, https://HOST/v1, asked at /embeddings.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from feedback_cluster.pipeline.arrays import FloatArray, unit_rows
from feedback_cluster.pipeline.progress import Progress, in_silence

BATCH = 64
MOST_TOKENS = 256  # of a post; what follows adds little to what it is about
SECONDS = 60
ERROR_SHOWN = 200  # characters of a service's answer that a message repeats
INSTALL = "pip install 'cocreate[embedding]', or unset COCREATE_EMBEDDING"

Embed = Callable[[Sequence[str]], Any]
"""Texts, a batch at most -> (n_texts, dim)."""


@dataclass(frozen=True)
class Encoder:
    """A loaded source. embed: a batch of texts to as many rows."""

    source: str
    embed: Embed

    def rows(self, texts: Iterable[str], *, total: int, progress: Progress = in_silence) -> FloatArray:
        """(n_texts, dim) unit rows. ValueError when the source answers something that is not one vector a text."""
        found: list[FloatArray] = []
        done = 0
        waiting = iter(texts)
        progress("embed", 0, total)
        while batch := list(islice(waiting, BATCH)):
            rows = np.asarray(self.embed(batch), dtype=np.float32)
            if rows.ndim != 2 or len(rows) != len(batch) or (found and rows.shape[1] != found[0].shape[1]):
                raise ValueError(f"{self.source} answered {rows.shape} for {len(batch)} texts")
            if not np.isfinite(rows).all():
                raise ValueError(f"{self.source} answered numbers that are none")
            found.append(unit_rows(rows))
            done += len(batch)
            progress("embed", done, total)
        return np.concatenate(found) if found else np.zeros((0, 0), dtype=np.float32)


def load_encoder(told: Mapping[str, str]) -> Encoder:
    """The encoder at told["source"]; told["key"] and told["model"] go to a service. ValueError says what is missing."""
    source = told.get("source", "").strip()
    if source.startswith(("http://", "https://")):
        return Encoder(source, _service(source, told.get("key", ""), told.get("model", "")))
    folder = Path(source)
    if not folder.is_dir():
        raise ValueError(f"COCREATE_EMBEDDING: {source!r} is neither a folder nor an address")
    weights = next((path for path in (folder / "model.onnx", folder / "onnx" / "model.onnx") if path.is_file()), None)
    if weights is not None:
        return Encoder(source, _onnx(weights, folder / "tokenizer.json"))
    if (folder / "modules.json").is_file():
        return Encoder(source, _sentence_transformers(folder))
    raise ValueError(f"COCREATE_EMBEDDING: {source} holds neither model.onnx nor modules.json")


def _onnx(weights: Path, tokenizer_file: Path) -> Embed:
    try:
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError as absent:
        raise ValueError(f"COCREATE_EMBEDDING is set, but {absent.name} is not installed: {INSTALL}") from absent
    if not tokenizer_file.is_file():
        raise ValueError(f"COCREATE_EMBEDDING: {tokenizer_file} is missing")
    try:
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # the other core stays with the pages
        session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    except Exception as wrong:  # both libraries raise plain exceptions of their own
        raise ValueError(f"COCREATE_EMBEDDING: {weights.parent} cannot be loaded: {wrong}") from wrong
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.enable_padding()
    asked = {given.name for given in session.get_inputs()}

    def embed(texts: Sequence[str]) -> Any:
        coded = tokenizer.encode_batch(list(texts))
        columns = {
            "input_ids": [each.ids for each in coded],
            "attention_mask": [each.attention_mask for each in coded],
            "token_type_ids": [each.type_ids for each in coded],
        }
        given = {name: np.array(column, dtype=np.int64) for name, column in columns.items() if name in asked}
        return pooled(session.run(None, given)[0], np.array(columns["attention_mask"]))

    return embed


def pooled(told: Any, mask: Any) -> FloatArray:
    """Token vectors (n, tokens, dim) as the mean of those that are there; sentence vectors (n, dim) as they are."""
    if told.ndim == 2:
        return np.asarray(told, dtype=np.float32)
    there = mask[:, :, None].astype(np.float32)
    mean: FloatArray = (told * there).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return mean


def _sentence_transformers(folder: Path) -> Embed:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as absent:
        raise ValueError(
            "COCREATE_EMBEDDING is set, but sentence-transformers is not installed: install it, or use an ONNX folder"
        ) from absent
    model = SentenceTransformer(str(folder), device="cpu")
    return lambda texts: model.encode(list(texts), batch_size=BATCH, show_progress_bar=False)


def _service(address: str, key: str, model: str) -> Embed:
    def embed(texts: Sequence[str]) -> Any:
        asked = json.dumps({"model": model, "input": list(texts)}).encode()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        request = urllib.request.Request(f"{address.rstrip('/')}/embeddings", asked, headers)  # noqa: S310 (http only)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                told = json.load(answer)
            rows = sorted(told["data"], key=lambda each: each["index"])
            return [each["embedding"] for each in rows]
        except urllib.error.HTTPError as refused:
            said = refused.read(ERROR_SHOWN).decode(errors="replace")
            raise ValueError(f"COCREATE_EMBEDDING: {address} answered {refused.code}: {said}") from refused
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            raise ValueError(f"COCREATE_EMBEDDING: no vectors from {address}: {wrong!r}") from wrong

    return embed
