"""Templates are compiled once for all processes, and anew when anything changes that they are compiled from."""

import pytest
from jinja2 import Environment, FileSystemLoader

from cocreate.web.compiled import CompiledTemplates


@pytest.fixture
def templates(tmp_path):
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.html").write_text("Hello {{ name }}", encoding="utf-8")
    return folder


@pytest.fixture
def start(templates, monkeypatch):
    """What a new process renders, and how many templates it compiled for that."""
    compiled = []
    generate = Environment._generate
    monkeypatch.setattr(Environment, "_generate", lambda *args, **kw: compiled.append(args) or generate(*args, **kw))

    def start(edition=b"1"):
        compiled.clear()
        cache = CompiledTemplates(templates / "__pycache__", edition)
        environment = Environment(loader=FileSystemLoader(templates), bytecode_cache=cache, autoescape=True)
        return environment.get_template("page.html").render(name="you"), len(compiled)

    return start


def test_the_next_process_compiles_nothing(start):
    assert start() == ("Hello you", 1)
    assert start() == ("Hello you", 0)


def test_a_changed_template_is_compiled_anew(start, templates):
    start()
    (templates / "page.html").write_text("Bye {{ name }}", encoding="utf-8")
    assert start() == ("Bye you", 1)
    assert start() == ("Bye you", 0)


def test_another_edition_is_compiled_anew(start):
    start(b"1")
    assert start(b"2") == ("Hello you", 1)


def test_half_a_file_is_compiled_anew(start, templates):
    start()
    (kept,) = (templates / "__pycache__").iterdir()
    whole = kept.read_bytes()
    for part in (b"", whole[:40], whole[:-1], whole[:-1] + b"x"):
        kept.write_bytes(part)
        assert start() == ("Hello you", 1)
    assert start() == ("Hello you", 0)


def test_a_folder_that_cannot_be_written_only_costs_time(start, templates):
    (templates / "__pycache__").write_text("in the way", encoding="utf-8")
    assert start() == ("Hello you", 1)
    assert start() == ("Hello you", 1)
