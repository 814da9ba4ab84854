"""Search's contribution: the index, the page, the JSON routes, the commands."""

from cocreate.core.actor import EVERYONE
from cocreate.core.module import Module

module = Module(name="search", models=["search.models"], policies={"search.use": EVERYONE})
