"""`python -m feedback_cluster.pipeline FOLDER`: one run in a process of its own, at low priority.

With `-` it gets ready first and reads the folder's name from standard input then; without one it ends.
"""

import gc
import json
import os
import sys
from pathlib import Path

NICENESS = 10  # pages come first


def tell(step: str, done: int, total: int) -> None:
    """One line of progress as JSON."""
    sys.stdout.write(json.dumps({"step": step, "done": done, "total": total}) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run the job in the folder; 0 when result.json is written, 2 for a wrong call, 1 with the reason on stderr."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m feedback_cluster.pipeline FOLDER | -\n")
        return 2
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    # Folding asks how single characters are read; the dictionary of phrases would cost each process half a second.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    tell("start", 0, 1)  # before the slow imports, so that a watcher knows at once that the run lives
    gc.disable()  # what is imported stays; the collector of garbage need not look through it, now or at the end
    from feedback_cluster.pipeline.files import run_folder

    gc.freeze()
    gc.enable()
    tell("start", 1, 1)
    folder = sys.stdin.readline().rstrip("\n") if arguments[0] == "-" else arguments[0]
    if not folder:
        return 0
    try:
        run_folder(Path(folder), tell)
    except (OSError, ValueError) as wrong:
        sys.stderr.write(f"{type(wrong).__name__}: {wrong}\n")
        sys.stderr.flush()
        # The reason is the last line: a cluster's client that is torn down would write another one, after 20 seconds.
        os._exit(1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
