"""`cocreate demo` as a newcomer meets it: ready, walked by axe in a real browser, ended by Ctrl-C without a trace."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import PROGRAM, ROOT, free_port, wait_until_ready
from tests.eyes import Eyes

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    "list": ("member", "/"),
    "post": ("member", "/posts/12"),
    "new post": ("member", "/posts/new"),
    "my voice": ("member", "/me"),
    "receipt": ("member", "/me/voice/351"),
    "my points": ("member", "/me/points"),
    "rewards": ("member", "/me/rewards"),
    "did it fix it": ("member", "/followups/1"),
    "points": ("pm", "/points"),
    "points by hand": ("pm", "/points/gifts"),
    "replies": ("pm", "/roadmap/12/followup"),
    "inbox": ("member", "/inbox"),
    "what we tell you": ("member", "/me/messages"),
    "deliveries": ("admin", "/deliveries"),
    "one delivery": ("admin", "/deliveries/1"),
    "robots": ("admin", "/deliveries/robots"),
    "theme inbox": ("pm", "/themes"),
    "theme": ("pm", "/themes/3"),
    "runs": ("pm", "/themes/runs"),
    "changes of a run": ("pm", "/triage/runs/2/changes"),
    "moves of a run": ("pm", "/triage/runs/2/moves"),
    "two runs": ("pm", "/triage/runs/compare"),
    "rest": ("pm", "/triage/rest"),
    "question": ("pm", "/triage/ask"),
    "why": ("pm", "/triage/posts/20/why"),
    "new theme": ("pm", "/triage/themes/new"),
    "radar": ("pm", "/triage/radar"),
    "alert": ("pm", "/triage/radar/1"),
    "incident": ("pm", "/triage/incidents/1"),
    "dossiers": ("pm", "/triage/dossiers"),
    "dossier": ("pm", "/triage/dossiers/1"),
    "dossier on paper": ("pm", "/triage/dossiers/1/print"),
    "meetings": ("pm", "/triage/meetings"),
    "meeting": ("pm", "/triage/meetings/1"),
    "minutes": ("pm", "/triage/meetings/1/minutes"),
    "who waits": ("pm", "/waiting"),
    "times": ("pm", "/waiting/times"),
    "working calendar": ("pm", "/waiting/calendar"),
    "five of the week": ("admin", "/leadership"),
    "departments": ("admin", "/departments"),
    "department": ("admin", "/departments/1"),
    "silence": ("member", "/silence"),
    "weights": ("pm", "/triage/weights"),
    "fleet": ("pm", "/triage/fleet"),
    "imports": ("pm", "/imports"),
    "roadmap": ("member", "/roadmap"),
    "item": ("member", "/roadmap/1"),
    "board for a product line": ("member", "/roadmap/boards/1"),
    "board with moves": ("pm", "/roadmap"),
    "next step": ("pm", "/roadmap/9/stage"),
    "to be published": ("pm", "/publishing"),
    "waiting step": ("pm", "/publishing/steps/1"),
    "preview of a batch": ("pm", "/publishing/1"),
    "boards of the roadmap": ("pm", "/roadmap/boards"),
    "releases": ("member", "/releases"),
    "release": ("member", "/releases/5"),
    "my part in a release": ("member", "/releases/5/mine"),
    "roll-out": ("pm", "/releases/5/rollout"),
    "which cars get it": ("pm", "/roadmap/3/cars"),
    "release is written": ("pm", "/releases/7/edit"),
    "promises": ("member", "/promises"),
    "promise": ("pm", "/promises/6"),
    "new promise": ("pm", "/promises/new"),
    "announcement": ("member", "/announcements/1"),
    "fairness check": ("pm", "/announcements/2"),
    "new announcement": ("pm", "/announcements/new"),
    "value report": ("pm", "/value"),
    "host": ("host", "/host"),
    "console": ("host", "/host/HX7K2M"),
    "screen": ("host", "/host/HX7K2M/screen"),
    "live": ("member", "/live/HX7K2M"),
    "search": ("member", "/search?q=蓝牙"),
    "components": ("member", "/design"),
}


@dataclass
class Demo:
    url: str
    home: Path
    process: subprocess.Popen[bytes]

    def link(self, role: str) -> str:
        links = json.loads((self.home / "demo" / "demo.json").read_text(encoding="utf-8"))["links"]
        return next(f"{self.url}/in/{link['token']}" for link in links if link["role"] == role)


def _start(home: Path) -> Demo:
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COCREATE_")}
    process = subprocess.Popen(
        [*PROGRAM, "demo", "--port", str(port)], cwd=ROOT, env={**environment, "COCREATE_HOME": str(home)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    wait_until_ready(f"http://127.0.0.1:{port}", process, seconds=90)
    return Demo(f"http://127.0.0.1:{port}", home, process)


def _await_night(demo: Demo) -> None:
    """Wait until the served demo's worker has done the run that then waits for approval."""
    deadline = time.monotonic() + 90
    done: object = None
    while done != ("done", "proposed"):
        assert time.monotonic() < deadline, done
        time.sleep(0.2)
        with closing(sqlite3.connect(demo.home / "demo" / "cocreate.db")) as database:
            done = database.execute("SELECT state, verdict FROM cluster_run WHERE id = 2").fetchone()


def _stop(demo: Demo) -> bytes:
    """Ctrl-C, as a terminal sends it to the whole group; what was printed."""
    os.killpg(demo.process.pid, signal.SIGINT)
    printed, _ = demo.process.communicate(timeout=20)
    return printed


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = _start(tmp_path_factory.mktemp("demo"))
    _await_night(running)
    yield running
    if running.process.poll() is None:
        _stop(running)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_nothing_serious(demo, chromium, width, scheme):
    found: list[str] = []
    eyes = Eyes()
    for role in ("member", "pm", "host", "admin"):
        context = chromium.new_context(
            viewport={"width": width, "height": 844}, locale="zh-CN", color_scheme=scheme, has_touch=width < 500
        )
        page = context.new_page()
        page.goto(demo.link(role))
        page.locator("main form button").first.click()
        page.wait_for_load_state()
        for name, (who, path) in PAGES.items():
            if who != role:
                continue
            answer = page.goto(demo.url + path)
            assert answer is not None
            assert answer.ok, f"{path}: {answer.status}"
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if wider > 0:
                found.append(f"{name}: {wider} px wider than the screen")
            found += [f"{name}: {fault}" for fault in eyes.serious(page)]
        context.close()
    assert found == []


def test_a_second_start_keeps_what_was_there_and_ctrl_c_leaves_nothing(demo):
    link = demo.link("member")
    printed = _stop(demo)
    assert demo.process.returncode in (0, 130), printed.decode()
    assert link.rsplit("/", 1)[1] in printed.decode(), "the one-tap log-ins are printed whole"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(demo.url.rsplit(":", 1)[1]))) != 0
    with pytest.raises(ProcessLookupError):
        os.killpg(demo.process.pid, 0)
    second = _start(demo.home)
    demo.url, demo.process = second.url, second.process
    assert demo.link("member").rsplit("/", 1)[1] == link.rsplit("/", 1)[1]


def test_what_repeats_is_looked_at_once_and_a_fault_is_found_wherever_it_is_new(chromium):
    page = chromium.new_page()
    row, faint = "<li><a href='/'>蓝牙钥匙</a></li>", "<p class='faint'>看不清的字</p>"
    style = "<style>.faint { color: #bbb } .night { background: #222 }</style>"

    def look(eyes: Eyes, body: str) -> list[str]:
        page.set_content(f"<!doctype html><html lang=zh><title>页</title>{style}<main><h1>页</h1>{body}</main></html>")
        return [fault.partition(" at ")[0] for fault in eyes.serious(page)]

    eyes = Eyes()
    assert look(eyes, f"<ul>{row * 3}</ul>") == []
    assert look(eyes, f"<ul>{row * 9}</ul>{faint}") == ["color-contrast"]
    assert look(eyes, faint) == []  # told already
    assert look(eyes, f"<div class='night'><ul>{row}</ul></div>") == ["color-contrast"]  # another ground
    assert look(eyes, "<button></button>") == ["button-name"]
    page.close()
