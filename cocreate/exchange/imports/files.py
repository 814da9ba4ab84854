"""Where uploaded files lie: HOME/imports/<id>, readable by this program alone, because they hold people's words."""

import hashlib
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from cocreate.core.config import Settings

CHUNK = 1 << 20


def folder(settings: Settings) -> Path:
    path = settings.home / "imports"
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def path_of(settings: Settings, import_id: int) -> Path:
    return settings.home / "imports" / str(import_id)


def keep(settings: Settings, source: BinaryIO) -> tuple[Path, str, int]:
    """A private copy under a passing name; its path, sha256 and size."""
    path = folder(settings) / f"new-{secrets.token_hex(8)}"
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return path, digest.hexdigest(), size
