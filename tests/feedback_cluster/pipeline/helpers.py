"""What other processes are asked to do by the tests; imports nothing heavy, for each of them imports it."""

import os
import time
from pathlib import Path


def process_of(_: int) -> int:
    """The process that was asked."""
    return os.getpid()


def tell_and_sleep(folder: str) -> None:
    """Say which process this is and stay busy."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(120)
