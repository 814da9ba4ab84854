"""A Meilisearch server of our own, with the flags we recommend: for tests and benches, which also kill it."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

FLAGS = ("--no-analytics", "--max-indexing-memory", "256MB", "--max-indexing-threads", "1")
"""Without the two limits on indexing the server takes several GB for a few hundred thousand short posts."""


def find_binary() -> str | None:
    """The server beside this Python or on the path; None when there is none."""
    beside = Path(sys.executable).parent / "meilisearch"
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("meilisearch")


class OwnServer:
    """A server over a folder of its own, on a free port, with a master key. `kill` is a power cut."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.binary = binary
        self.folder = folder
        self.key = secrets.token_urlsafe(24)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 20.0) -> None:
        """Start it and wait until it answers; raises RuntimeError with its last words when it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "server.log"
        with log.open("ab") as out:
            paths = ["--db-path", str(self.folder / "data"), "--dump-dir", str(self.folder / "dumps")]
            # With `=`, because a random key may begin with a dash.
            address = ["--http-addr", f"127.0.0.1:{self.port}", "--env", "production", f"--master-key={self.key}"]
            command = [self.binary, *paths, *address, *FLAGS]
            self._process = subprocess.Popen(command, cwd=self.folder, stdout=out, stderr=out)  # noqa: S603
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=1):  # noqa: S310 (our own address)
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.03)
        self.stop()
        raise RuntimeError(f"Meilisearch did not start: {log.read_text(encoding='utf-8', errors='replace')[-1500:]}")

    def kill(self) -> None:
        """End it without a warning; what it promised and did not write is its own affair."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it politely."""
        self._end(signal.SIGTERM)

    def wipe(self) -> None:
        """Take its data away, as a lost disk does. Only while it is down."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def peak_megabytes(self) -> float:
        """Most memory held since the start, mapped pages of its files included; 0.0 where the system does not tell."""
        try:
            status = Path(f"/proc/{self._process.pid if self._process else 0}/status").read_text(encoding="ascii")
        except OSError:
            return 0.0
        return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0.0)

    def _end(self, sign: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(sign)
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
