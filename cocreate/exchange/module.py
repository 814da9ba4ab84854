"""Exchange's contribution: files on their way in."""

from cocreate.core.actor import Role
from cocreate.core.module import Job, Module, NavItem
from cocreate.core.text_marks import N_
from cocreate.exchange.imports import commands
from cocreate.exchange.imports.jobs import run_import
from cocreate.exchange.imports.service import JOB
from cocreate.exchange.vehicles import vehicles

module = Module(
    name="exchange",
    routers=["cocreate.exchange.imports.routes"],
    models=["cocreate.exchange.imports.models"],
    jobs=[Job(JOB, run_import, own_sessions=True, slow=True)],
    commands=[commands.register],
    policies={"exchange.import": frozenset({Role.PM, Role.ADMIN})},
    nav=[NavItem(N_("Imports"), "show_imports", "upload", room="staff", policy="exchange.import", position=80)],
    tables=[vehicles],
    benches={"import": "cocreate.exchange.bench:import_bench"},
)
