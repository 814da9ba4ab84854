"""After three failures in a row readers stop waiting for a server that does not answer, and try again ten seconds
on."""

import threading
import time

FAILURES = 3
OPEN_SECONDS = 10.0


class Breaker:
    """Closed: everybody may ask. Open: nobody, for ten seconds; then one reader tries for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    @property
    def open(self) -> bool:
        """Whether readers are kept from asking now."""
        return self._failures >= FAILURES and time.monotonic() < self._open_until

    def may_ask(self) -> bool:
        """Whether this reader may ask; of those who come after the pause only the first."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            moment = time.monotonic()
            if moment < self._open_until:
                return False
            self._open_until = moment + OPEN_SECONDS
            return True

    def worked(self) -> None:
        """It answered."""
        with self._lock:
            self._failures, self._open_until = 0, 0.0

    def failed(self) -> None:
        """It did not."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._open_until = time.monotonic() + OPEN_SECONDS
