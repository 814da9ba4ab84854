"""What `cocreate doctor` looks at in the kernel: each check says what it saw and, when it fails, what to do."""

import os
import stat
import tempfile

from cocreate.core import outbox, schema
from cocreate.core.db import SAFE_SQLITE, sqlite_driver
from cocreate.core.runtime import Runtime

Finding = tuple[str, bool, str]
"""Title, passed, and what to do."""


def home(runtime: Runtime) -> Finding:
    folder = runtime.settings.home.absolute()
    title = f"data directory {folder}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        return title, False, f"make it writable for this user, or set COCREATE_HOME elsewhere ({error.strerror})"
    return title, True, ""


def secret(runtime: Runtime) -> Finding:
    if runtime.settings.secret:
        strong = len(runtime.settings.secret) >= 32
        return "secret from COCREATE_SECRET", strong, "" if strong else "use at least 32 random characters"
    path = runtime.settings.home / "secret"
    if not path.exists():
        return "secret: made at first use", True, ""
    mode = stat.S_IMODE(path.stat().st_mode)
    private = os.name == "nt" or mode & 0o077 == 0
    return f"secret {path}, mode {mode:04o}", private, "" if private else f"run: chmod 600 {path}"


def sqlite(runtime: Runtime) -> Finding:
    version = sqlite_driver().sqlite_version_info
    name = ".".join(map(str, version))
    if not runtime.settings.effective_database_url.startswith("sqlite"):
        return f"SQLite {name} (not used)", True, ""
    if version >= SAFE_SQLITE:
        return f"SQLite {name}", True, ""
    safe = ".".join(map(str, SAFE_SQLITE))
    return f"SQLite {name}", False, f"older than {safe}, two writing processes may damage it; pip install pysqlite3"


def database(runtime: Runtime) -> Finding:
    url = runtime.database.engine.url.render_as_string(hide_password=True)
    try:
        with runtime.database.read() as session:
            current, expected = schema.revisions(session)
    except Exception as error:  # whatever the driver says is what the operator needs to read
        return f"database {url}", False, f"is it running, and is COCREATE_DATABASE_URL right? ({error})"
    if current != expected:
        return f"database {url}, schema {current or 'empty'}", False, f"run: cocreate migrate (to {expected})"
    return f"database {url}, schema {current}", True, ""


def effects(runtime: Runtime) -> Finding:
    try:
        with runtime.database.read() as session:
            backlog = outbox.backlog(session)
    except Exception:  # the check of the database has said why
        return "background work", False, "see the database above"
    title = f"background work: {backlog['waiting']} waiting, {backlog['parked']} given up"
    advice = "look at last_error of the parked rows in table outbox; clear parked_at to try again"
    return title, backlog["parked"] == 0, "" if backlog["parked"] == 0 else advice


def address(runtime: Runtime) -> Finding:
    settings = runtime.settings
    title = f"address {settings.public_url}"
    local = settings.host in ("127.0.0.1", "localhost", "::1") and not settings.url
    if settings.secure or local:
        return title, True, ""
    return title, False, "readers come over plain http: put a TLS proxy in front and set COCREATE_URL=https://…"


def tokeniser(_runtime: Runtime) -> Finding:
    from cocreate.text.segment import words

    found = words("座椅通风噪音太大")
    fine = "座椅" in found or "座椅通风" in found
    return f"Chinese tokeniser: {' / '.join(found)}", fine, "" if fine else "reinstall rjieba and jieba"


CHECKS = (home, secret, sqlite, database, effects, address, tokeniser)
