"""Exchange's contribution: files on their way in."""

from cocreate.core.actor import Role
from cocreate.core.module import Job, Module
from cocreate.exchange import bench
from cocreate.exchange.imports import commands
from cocreate.exchange.imports.jobs import run_import
from cocreate.exchange.imports.service import JOB

module = Module(
    name="exchange",
    models=["cocreate.exchange.imports.models"],
    jobs=[Job(JOB, run_import, own_sessions=True, slow=True)],
    commands=[commands.register],
    policies={"exchange.import": frozenset({Role.PM, Role.ADMIN})},
    benches={"import": bench.import_bench},
)
