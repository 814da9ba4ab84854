"""`cocreate demo`: a believable community in a home of its own, seeded once, on loopback."""

import functools
import json
import shutil
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer
from fastapi import FastAPI
from rich.cells import cell_len
from rich.console import Console

from cocreate.core import clock, schema
from cocreate.core.config import Settings
from cocreate.core.console import fail, say
from cocreate.core.module import Module
from cocreate.core.runtime import Runtime
from cocreate.identity.demo import MARKER, Persona, content, personas
from cocreate.web.app import create_app

HOST = "127.0.0.1"


def register(cli: typer.Typer) -> None:
    """Add the command to the program."""

    @cli.command()
    def demo(
        context: typer.Context,
        port: Annotated[int | None, typer.Option(help="Port; 8000 or the next free one when left out.")] = None,
        serve: Annotated[bool, typer.Option(help="--no-serve only seeds.")] = True,
    ) -> None:
        """Try it: seed a fictional brand's community once, serve it on this machine, print one-tap log-ins."""
        begun = time.perf_counter()
        listener = _listen(port) if serve else None
        settings = demo_settings(Settings().home / "demo", listener.getsockname()[1] if listener else port or 8000)
        if listener is None:
            prepare(settings, context.obj.modules).close()
            say(f"the demo stands in {settings.home}")
            return
        check_home(settings)
        runtime = Runtime(settings, context.obj.modules)
        runtime.settings.signing_key()  # made once, before both threads ask for it
        with ThreadPoolExecutor(1, "pages") as beside:
            pages = functools.cache(lambda: beside.submit(create_app, runtime, worker=True))
            seed_once(runtime, meanwhile=pages)
            app = pages().result()
        _serve(runtime, app, listener, begun)


def demo_settings(home: Path, port: int) -> Settings:
    """The demo's own settings, whatever the environment says about the real site."""
    brand = content("brand.json")
    return Settings(
        home=home, host=HOST, port=port, url="", database_url="", redis_url="", secret="", demo=True,
        brand_name=brand["name"], brand_accent=brand["accent"], trusted_proxies="", open_sign_up=True,
    )  # fmt: skip


def prepare(settings: Settings, modules: Sequence[Module]) -> Runtime:
    """A runtime whose database holds the demo community; what an earlier demo left is kept."""
    check_home(settings)
    runtime = Runtime(settings, modules)
    seed_once(runtime)
    return runtime


def check_home(settings: Settings) -> None:
    """Clear what an interrupted seeding left behind; fails where the home holds anything else."""
    if not (settings.home / MARKER).is_file() and settings.home.exists():
        _start_over(settings.home)


def seed_once(runtime: Runtime, meanwhile: Callable[[], object] | None = None) -> None:
    """Migrate, and write the community unless an earlier demo did.

    The first grouping runs in a process of its own; `meanwhile` is called just before this one has to wait for it.
    """
    marker = runtime.settings.home / MARKER
    new = not marker.is_file()
    for begin in (begin for module in runtime.modules if new for begin in module.before_seeds):
        begin(runtime)
    schema.upgrade(runtime)
    if new:
        for module in runtime.modules:
            if module.name == "feedback_cluster" and meanwhile is not None:
                meanwhile()
            for seed in module.seeds:
                seed(runtime)
        kept = {"seeded_at": clock.now().isoformat(), "links": runtime.memory.pop("demo.links")}
        half = marker.with_suffix(".half")
        half.touch(mode=0o600)
        half.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
        half.replace(marker)


def _start_over(home: Path) -> None:
    """A seeding that was interrupted left half a community: remove what we made there, and nothing else."""
    known = {"cocreate.db", "cocreate.db-wal", "cocreate.db-shm", "secret", "demo.half", "imports", "models", "runs"}
    strangers = sorted(path.name for path in home.iterdir() if path.name not in known)
    if strangers:
        fail(f"{home} is no demo's home: it holds {', '.join(strangers[:3])}; move it away or set COCREATE_HOME")
    shutil.rmtree(home)


def _listen(port: int | None) -> socket.socket:
    """A socket on loopback: on the port that was asked for, or on the first free one from 8000 up."""
    for candidate in [port] if port is not None else range(8000, 8100):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, candidate))
        except OSError:
            listener.close()
        else:
            return listener
    return fail(f"port {port} is taken" if port else "no port between 8000 and 8099 is free; give one with --port")


def _serve(runtime: Runtime, app: FastAPI, listener: socket.socket, begun: float) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                _announce(runtime.settings, time.perf_counter() - begun)

    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5, server_header=False)
    try:
        Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()


def _announce(settings: Settings, seconds: float) -> None:
    """The addresses worth opening, for people who have just arrived."""
    screen = Console(highlight=False, soft_wrap=True)
    url = settings.public_url
    screen.print(f"\n[bold]{settings.brand_name}[/bold] · {url}  [dim]({seconds:.1f} s)[/dim]\n")
    for name, path in _pages():
        screen.print(f"{_padded(name, 26)}{url}{path}")
    screen.print("\n[bold]One-tap log-ins[/bold] [dim](no passwords here; /sign-in offers them as buttons)[/dim]")
    for persona in personas(settings):
        who = _padded(persona.label, 18) + _padded(persona.name, 10)
        screen.print(f"{who}{url}/in/{persona.token}{_first_page(persona)}")
    screen.print("\n[dim]Ctrl-C stops. What you do is kept for the next time.[/dim]")


def _padded(text: str, width: int) -> str:
    """The text with blanks behind it; a Chinese character takes two columns."""
    return text + " " * max(1, width - cell_len(text))


def _pages() -> list[tuple[str, str]]:
    live = _live_code()
    pages = [("Board", "/"), ("Roadmap", "/roadmap"), ("Releases", "/releases")]
    pages += [("Themes (product manager)", "/themes"), ("Host console", "/host")]
    return pages + ([("Live board", f"/live/{live}")] if live else [])


def _live_code() -> str:
    """The code of the seeded live session, from the roadmap's content; empty when it brings none."""
    path = Path(__file__).parent.parent / "roadmap" / "demo" / "live.json"
    if not path.is_file():
        return ""
    return str(json.loads(path.read_text(encoding="utf-8")).get("code", ""))


def _first_page(persona: Persona) -> str:
    first = {"pm": "/themes", "host": "/host", "agent": "/members", "admin": "/members"}.get(persona.role.value)
    return f"?next={first}" if first else ""
