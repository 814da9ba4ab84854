"""Breaks each promise once and looks whether a test notices: python -m tools.plant_faults [WORD …]

Works on copies of the checkout, never on the checkout itself. With words, only faults whose name or test holds one of
them.
Ends with 1 when a fault went unnoticed, or when its test was red without it.
"""

import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tools.faults
from tools.faults.fault import Fault

ROOT = Path(__file__).parent.parent
GREEN, RED = 0, 1
"""What pytest answers: all passed; some failed. Anything else, such as a file that does not import, proves nothing."""


def faults() -> Iterator[Fault]:
    """All faults, file by file."""
    for found in sorted(pkgutil.iter_modules(tools.faults.__path__), key=lambda module: module.name):
        yield from getattr(importlib.import_module(f"tools.faults.{found.name}"), "FAULTS", ())


def copy_checkout(target: Path) -> None:
    """What is committed or about to be, as it lies here."""
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0"):  # noqa: S603
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def run_test(copy: Path, test: str) -> int:
    """pytest's answer in this copy."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--basetemp={copy}-tmp", test]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    shutil.rmtree(f"{copy}-tmp", ignore_errors=True)
    return done.returncode


def verdict(copy: Path, fault: Fault) -> str:
    """ "noticed", or what is wrong with the fault or its test."""
    path = copy / fault.file
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    if before.count(fault.old) != 1:
        return f"its text stands {before.count(fault.old)} times in {fault.file}"
    if run_test(copy, fault.test) != GREEN:
        return f"{fault.test} is not green without it"
    path.write_text(before.replace(fault.old, fault.new), encoding="utf-8")
    try:
        answer = run_test(copy, fault.test)
    finally:
        path.write_text(before, encoding="utf-8")
    return {RED: "noticed", GREEN: "NOT NOTICED"}.get(answer, f"pytest ended with {answer}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(words: list[str]) -> int:
    chosen = [fault for fault in faults() if not words or any(word in f"{fault.name} {fault.test}" for word in words)]
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, ThreadPoolExecutor(2) as pool:
        shares = [chosen[0::2], chosen[1::2]]

        def share(number: int) -> list[tuple[Fault, str]]:
            copy = Path(folder) / str(number)
            copy_checkout(copy)
            found = []
            for fault in shares[number]:
                found.append((fault, verdict(copy, fault)))
                say(f"{found[-1][1]:<12} {fault.name}")
            return found

        answers = [answer for found in pool.map(share, (0, 1)) for answer in found]
    missed = [fault.name for fault, answer in answers if answer != "noticed"]
    say(f"{len(answers) - len(missed)} of {len(answers)} noticed")
    return 1 if missed or not answers else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
