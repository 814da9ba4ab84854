"""Draws answers: a whole page, or one block of it when htmx asks for a part; redirects carry a flash message."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import iter_route_contexts
from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_eval_context
from jinja2_fragments import render_block
from markupsafe import Markup, escape
from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.module import STAFF_GROUPS, NavItem
from cocreate.core.runtime import Runtime
from cocreate.web import access, brand, markdown
from cocreate.web.compiled import CompiledTemplates
from cocreate.web.i18n import LANGUAGES, Translator, choose_language

log = logging.getLogger("cocreate.slots")
ROOT = Path(__file__).parent.parent.parent
TEMPLATES = ROOT / "templates"
STATIC = Path(__file__).parent / "static"
FLASH_COOKIE, SCHEME_COOKIE = "flash", "scheme"
SCHEMES = ("auto", "light", "dark")
# Beside the templates as Python keeps its own; the environment that they are compiled in stands in this file.
_COMPILED = CompiledTemplates(TEMPLATES / "__pycache__", edition=Path(__file__).read_bytes())


@lru_cache
def static_url(path: str) -> str:
    """Address of a file under `static/`, with its hash, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


class Addresses:
    """Paths by route name. A table made once: the framework's own look-up walks all routes for every link."""

    def __init__(self, app: FastAPI) -> None:
        self._formats: dict[str, str] = {}
        for route in iter_route_contexts(app.routes):
            if route.name and route.path_format:
                self._formats.setdefault(route.name, route.path_format)

    def url_for(self, route: str, /, query: Mapping[str, Any] | None = None, **params: Any) -> str:
        """Path of a route, parameters quoted; `query` leaves out empty values. KeyError for an unknown name."""
        path = self._formats[route].format_map({key: quote(str(value), safe="") for key, value in params.items()})
        kept = {key: value for key, value in (query or {}).items() if value not in (None, "", [])}
        return f"{path}?{urlencode(kept, doseq=True)}" if kept else path


class Renderer:
    """One Jinja environment per language, made at start; templates are compiled once for all of them."""

    def __init__(self, runtime: Runtime, addresses: Addresses, templates: Path = TEMPLATES) -> None:
        self.runtime = runtime
        self.addresses = addresses
        self.signer = URLSafeSerializer(runtime.settings.signing_key(), salt="flash")
        self.nav: list[NavItem] = sorted(
            (item for module in runtime.modules for item in module.nav),
            key=lambda item: (list(STAFF_GROUPS).index(item.group), item.position),
        )
        self._warm = False
        self.translators = {language: Translator(language, runtime.settings.zone) for language in LANGUAGES}
        self._environments = {language: self._environment(language, templates) for language in LANGUAGES}

    def _environment(self, language: str, templates: Path) -> Environment:
        translator = self.translators[language]
        environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            bytecode_cache=_COMPILED,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
            auto_reload=self.runtime.settings.demo,
        )
        install: Any = environment
        install.install_gettext_callables(
            translator.gettext,
            translator.plural,
            newstyle=True,
        )
        environment.globals.update(
            url_for=self.addresses.url_for,
            static=static_url,
            brand=brand.of(self.runtime.settings),
            settings_demo=self.runtime.settings.demo,
            lang=language,
        )
        environment.filters.update(
            ago=lambda moment: _time_element(moment, translator.ago(moment), translator),
            when=lambda moment: _time_element(moment, translator.when(moment), translator),
            day=lambda moment: _time_element(moment, translator.day(moment), translator),
            date=translator.calendar_day,
            exact=translator.exact,
            num=translator.number,
            markdown=markdown.render,
            nl2br=_lines,
        )
        return environment

    def environment(self, language: str) -> Environment:
        return self._environments[language]

    def warm(self) -> None:
        """Compile all templates, so that the first reader does not wait for it; a second call has nothing to do."""
        if self._warm:
            return
        self._warm = True
        for environment in self._environments.values():
            for name in environment.list_templates(extensions=["html"]):
                environment.get_template(name)


def _time_element(moment: Any, text: str, translator: Translator) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(timespec="seconds"), translator.exact(moment), text
    )


@pass_eval_context
def _lines(_context: Any, text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.splitlines())


class Page:
    """What a route draws with. Knows the reader's language, scheme and rights; holds no session."""

    def __init__(self, request: Request, renderer: Renderer) -> None:
        self.request = request
        self.renderer = renderer
        self._flashes: list[dict[str, Any]] = []
        self.about: dict[str, Any] = {}
        """What a lower room knows about this page beside its ids, for the fillers of its slots."""

    # -- the reader

    @property
    def actor(self) -> Actor:
        return access.actor_of(self.request)

    @cached_property
    def language(self) -> str:
        return choose_language(
            self.request.cookies,
            self.request.headers.get("accept-language", ""),
            self.actor.language,
            self.renderer.runtime.settings.language,
        )

    @property
    def translator(self) -> Translator:
        return self.renderer.translators[self.language]

    @property
    def scheme(self) -> str:
        wish = self.request.cookies.get(SCHEME_COOKIE, "auto")
        return wish if wish in SCHEMES else "auto"

    @property
    def partial(self) -> bool:
        """Whether htmx asked for a part of the page; `HX-Request` alone would also be true for boosted pages."""
        return self.request.headers.get("hx-request-type") == "partial"

    def text(self, message: str, /, **params: object) -> str:
        """A msgid in the reader's language."""
        return self.translator.gettext(message, **params)

    def url(self, route: str, /, query: Mapping[str, Any] | None = None, **params: Any) -> str:
        return self.renderer.addresses.url_for(route, query, **params)

    # -- answers

    def render(
        self, template: str, *, block: str | None = None, status: int = 200, public: bool = False, **context: Any
    ) -> Response:
        """The page, or only `block` of it for a partial request. `public`: the same for every guest, so cacheable."""
        environment = self.renderer.environment(self.language)
        values = {**self._shell(), **context}
        if block is not None and self.partial:
            html = render_block(environment, template, block, **values)
        else:
            html = environment.get_template(template).render(values)
        answer = HTMLResponse(html, status)
        answer.headers["vary"] = "Cookie, Accept-Language, HX-Request-Type"
        seconds = self.renderer.runtime.settings.guest_cache_seconds
        if public and not self.actor.signed_in and status == 200 and not values["flashes"] and seconds:
            answer.headers["cache-control"] = f"public, max-age={seconds:g}"
        else:
            answer.headers["cache-control"] = "private, no-store"
        if FLASH_COOKIE in self.request.cookies:
            answer.delete_cookie(FLASH_COOKIE)
        return answer

    def fragment(self, template: str, **context: Any) -> Markup:
        """A piece of HTML for a slot or a stream, without the shell."""
        environment = self.renderer.environment(self.language)
        html = environment.get_template(template).render(actor=self.actor, page=self, **context)
        return Markup(html)  # noqa: S704 (autoescaped by the template)

    def redirect(self, route: str, /, query: Mapping[str, Any] | None = None, **params: Any) -> Response:
        return self.redirect_to(self.url(route, query, **params))

    def redirect_to(self, path: str) -> Response:
        """See another page of this site; htmx is told by header, because it would swap the page into the form."""
        # Browsers drop control characters and read a backslash as a slash: "/\t/foreign.example" would leave the site.
        if not path.startswith("/") or path.startswith("//") or "\\" in path or min(path) < " ":
            path = "/"
        path = quote(path, safe="/:?#[]@!$&'()*+,;=%~")
        answer: Response
        if self.partial:
            answer = Response(status_code=200, headers={"HX-Redirect": path})
        else:
            answer = RedirectResponse(path, 303)
        answer.headers["cache-control"] = "private, no-store"
        if self._flashes:
            value = str(self.renderer.signer.dumps(self._flashes))
            secure = self.renderer.runtime.settings.secure
            answer.set_cookie(FLASH_COOKIE, value, max_age=60, httponly=True, samesite="lax", secure=secure)
        return answer

    def flash(self, message: str, /, *, level: str = "info", undo_url: str | None = None, **params: object) -> None:
        """Say something on the next page that is drawn; `undo_url` is posted to by the undo button."""
        self._flashes.append({"level": level, "text": self.text(message, **params), "undo_url": undo_url})

    # -- other rooms

    def slots(self, session: Session, name: str, ids: Sequence[int]) -> dict[int, Markup]:
        """What upper rooms add to the rows of this page: HTML by id, every filler asked once."""
        filled: dict[int, Markup] = {}
        if not ids:
            return filled
        for filler in self.renderer.runtime.slots.get(name, []):
            for key, html in _fill(filler, session, self, ids).items():
                filled[key] = filled.get(key, Markup("")) + html
        return filled

    # -- the shell

    def _shell(self) -> dict[str, Any]:
        actor = self.actor
        nav = self._nav(actor)
        return {
            "actor": actor,
            "page": self,
            "scheme": self.scheme,
            "path": self.request.url.path + (f"?{self.request.url.query}" if self.request.url.query else ""),
            "nav": nav,
            "rooms": self._rooms(nav),
            "unread": self._unread(actor),
            "flashes": self._stored_flashes() + self._flashes,
        }

    def _nav(self, actor: Actor) -> list[dict[str, Any]]:
        here = self.request.url.path
        return [
            {
                "label": self.text(item.label),
                "url": url,
                "icon": item.icon,
                "room": item.room,
                "staff": item.room != "owner",
                "group": item.group,
                "current": here == url or (url != "/" and here.startswith(url + "/")),
            }
            for item in self.renderer.nav
            if (item.policy is None or actor.can(item.policy)) and (url := self.url(item.route))
        ]

    def _rooms(self, doors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The workbench: its headings in their order, each with the doors that this reader may open."""
        groups = {group: [door for door in doors if door["staff"] and door["group"] == group] for group in STAFF_GROUPS}
        return [
            {
                "label": self.text(STAFF_GROUPS[group]),
                "url": found[0]["url"],
                "doors": found,
                "current": any(door["current"] for door in found),
            }
            for group, found in groups.items()
            if found
        ]

    def _unread(self, actor: Actor) -> int:
        if not actor.signed_in or self.partial:
            return 0
        with self.renderer.runtime.database.read() as session:
            return sum(int(value) for value in self.slots(session, "shell.unread", [actor.member_id]).values())

    def _stored_flashes(self) -> list[dict[str, Any]]:
        cookie = self.request.cookies.get(FLASH_COOKIE)
        if not cookie:
            return []
        try:
            stored: list[dict[str, Any]] = self.renderer.signer.loads(cookie)
        except BadSignature:
            return []
        return stored


def _fill(
    filler: Callable[..., Mapping[int, Markup]], session: Session, page: Page, ids: Sequence[int]
) -> Mapping[int, Markup]:
    try:
        return filler(session, page, ids)
    except Exception:  # an upper room that fails must not take the page below it down
        log.exception("slot filler %s failed", filler.__qualname__)
        return {}


async def get_page(request: Request) -> Page:
    return Page(request, request.app.state.renderer)


CurrentPage = Annotated[Page, Depends(get_page)]
