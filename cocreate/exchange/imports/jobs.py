"""The import as background work of `serve` or `worker`."""

from cocreate.core import clock, outbox
from cocreate.core.runtime import Runtime
from cocreate.exchange.imports.models import SETTLED, SILENT_AFTER, Import
from cocreate.exchange.imports.runner import InUse, run
from cocreate.exchange.imports.service import JOB


def run_import(runtime: Runtime, *, import_id: int) -> None:
    """Run an import to its end. Delivered again after a crash, it goes on behind the last row that was written."""
    with runtime.database.read() as session:
        state = session.get_one(Import, import_id).state
    if state in SETTLED:
        return
    try:
        run(runtime, import_id)
    except InUse:
        # The process that had it may be dead without our knowing: look again once it has been silent for long enough.
        with runtime.database.write() as session:
            outbox.enqueue(session, JOB, lane=outbox.SLOW, run_after=clock.now() + SILENT_AFTER, import_id=import_id)
