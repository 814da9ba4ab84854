"""Which process works on something: a token that tells the others whether it still lives."""

import os
import secrets
import socket


def token() -> str:
    """A name for the work of this process: machine, process, and something nobody can repeat."""
    return f"{_here()}:{os.getpid()}:{secrets.token_hex(8)}"


def gone(runner: str | None) -> bool:
    """Whether the process behind a token has ended for certain; of another machine's nobody here knows."""
    if runner is None:
        return False
    machine, pid, _ = runner.rsplit(":", 2)
    if machine != _here():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _here() -> str:
    return socket.gethostname()[:60]
