"""What templates compile to, kept beside them: compiling all of them takes as long as everything else of a start."""

import hashlib
import os
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(BytecodeCache):
    """Compiled templates in memory, for all environments of a process, and in `folder`, for those that start later.

    edition: whatever else than a template's own text decides what it compiles to. Jinja compares the text itself, so
    that a template that was changed is compiled anew. A folder that cannot be written to only costs time.
    """

    def __init__(self, folder: Path, edition: bytes) -> None:
        self.folder = folder
        self._seed = hashlib.sha256(jinja2.__version__.encode() + edition).digest()
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        code = self._code.get(bucket.key) or self._read(bucket.key)
        if code is not None:
            self._code[bucket.key] = code
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        code = self._code[bucket.key] = bucket.bytecode_to_string()
        with suppress(OSError):
            self.folder.mkdir(exist_ok=True)
            draft = self._path(f"{bucket.key}.{os.getpid()}.{threading.get_ident()}")
            draft.write_bytes(self._seal(code) + code)
            draft.replace(self._path(bucket.key))

    def _read(self, key: str) -> bytes | None:
        """What was kept; None for nothing, for another edition and for half a file."""
        try:
            kept = self._path(key).read_bytes()
        except OSError:
            return None
        code = kept[len(self._seed) :]
        return code if kept == self._seal(code) + code else None

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.{sys.implementation.cache_tag}.bin"

    def _seal(self, code: bytes) -> bytes:
        return hashlib.sha256(self._seed + code).digest()


def compile_all() -> None:
    """Compile every template now, as part of an installation."""
    from fastapi import FastAPI

    from cocreate.core.config import Settings
    from cocreate.core.runtime import Runtime
    from cocreate.web.page import Addresses, Renderer

    with tempfile.TemporaryDirectory() as home:
        Renderer(Runtime(Settings(home=Path(home)), ()), Addresses(FastAPI())).warm()


if __name__ == "__main__":
    compile_all()
