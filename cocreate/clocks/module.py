"""Clocks' contribution: times that are owed to people, their ladder, and the calendar they are counted in."""

from cocreate.core.module import Module

module = Module(name="clocks", models=["cocreate.clocks.models"])
