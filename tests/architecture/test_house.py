"""The house keeps its shape: arrows, names, settings, one policy per route."""

import pkgutil
import re
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

import main
from cocreate.core.config import Settings
from cocreate.core.runtime import Runtime
from cocreate.web.access import declared_policies
from cocreate.web.app import create_app

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("cocreate", "search", "forum", "feedback_cluster", "roadmap")


def sources():
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.fixture(scope="module")
def routes(tmp_path_factory):
    """All routes with a handler of ours."""
    runtime = Runtime(Settings(_env_file=None, home=tmp_path_factory.mktemp("home")), main.MODULES)
    app = create_app(runtime)
    found = [route for route in iter_route_contexts(app.routes) if isinstance(route.original_route, APIRoute)]
    assert len(found) > 80
    return runtime, found


def test_the_arrows_point_down():
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_bench_is_there():
    named = {bench for module in main.MODULES for bench in module.benches.values()}
    assert len(named) > 8
    assert all(callable(pkgutil.resolve_name(bench)) for bench in named)


def test_nobody_imports_main():
    pattern = re.compile(r"^\s*(import main\b|from main import)", re.MULTILINE)
    assert [str(path) for path in sources() if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_importing_main_reads_no_setting_and_opens_nothing(tmp_path):
    code = (
        "import sys, sqlalchemy, pydantic_settings\n"
        "def no(*a, **k): raise SystemExit('opened something')\n"
        "sqlalchemy.create_engine = no\n"
        "pydantic_settings.BaseSettings.__init__ = no\n"
        "import main\n"
        "slow = {'sklearn', 'scipy', 'numpy', 'jieba', 'openpyxl', 'alembic', 'huey', 'redis', 'forum.posts.routes'}\n"
        "heavy = slow & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "COCREATE_TIMEZONE": "Nowhere"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_route_declares_exactly_one_policy_and_a_known_one(routes):
    runtime, found = routes
    declared = {f"{route.methods} {route.path_format}": declared_policies(route.original_route) for route in found}
    assert {name: policies for name, policies in declared.items() if len(policies) != 1} == {}
    assert {policy for policies in declared.values() for policy in policies} <= set(runtime.policies.rows)


def test_every_policy_is_asked_by_somebody(routes):
    runtime, found = routes
    asked = {policy for route in found for policy in declared_policies(route.original_route)}
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*sources(), *(ROOT / "templates").rglob("*.html")])
    unused = {
        name
        for name in set(runtime.policies.rows) - asked
        if not re.search(rf"""can\(\s*["']{re.escape(name)}["']""", text)
    }
    assert unused == set()


def test_every_json_route_that_writes_asks_for_a_scope(routes):
    _, found = routes
    for route in found:
        if route.path_format.startswith("/api/") and route.methods - {"GET"}:
            scopes = [
                dependency.call.scope
                for dependency in route.original_route.dependant.dependencies
                if hasattr(dependency.call, "scope")
            ]
            assert any(scopes), route.path_format


def test_only_json_routes_stand_in_the_schema(routes):
    _, found = routes
    shown = {route.path_format for route in found if route.include_in_schema}
    assert {path for path in shown if not path.startswith("/api/v1/")} == set()
    assert {path for path in (r.path_format for r in found) if path.startswith("/api/") and path not in shown} == set()


def test_route_names_are_unique(routes):
    _, found = routes
    assert {name: count for name, count in Counter(route.name for route in found).items() if count > 1} == {}


def test_every_json_route_says_what_it_does(routes):
    _, found = routes
    public = [route for route in found if route.path_format.startswith("/api/")]
    assert [route.name for route in public if not (route.endpoint.__doc__ or "").strip()] == []


def test_handlers_and_jobs_are_plain_functions(routes):
    """An async handler would block the loop with a query; streams alone may be async, and they hold no session."""
    import inspect

    _, found = routes
    for route in found:
        if inspect.iscoroutinefunction(route.endpoint):
            names = {dependency.name for dependency in route.original_route.dependant.dependencies}
            assert names.isdisjoint({"db", "session"}), route.name


def test_every_setting_stands_in_the_example_and_in_the_guide():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^# ?COCREATE_([A-Z0-9_]+)=", example, re.MULTILINE))
    assert named == {name.upper() for name in Settings.model_fields}
    guide = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    assert [name for name in Settings.model_fields if f"COCREATE_{name.upper()}" not in guide] == []


def test_every_setting_has_a_description():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_features_never_commit():
    pattern = re.compile(r"\b(db|session)\.commit\(")
    allowed = {ROOT / "cocreate/core/db.py"}
    assert [
        str(path) for path in sources() if path not in allowed and pattern.search(path.read_text(encoding="utf-8"))
    ] == []


def test_the_web_alone_knows_http_exceptions_and_nobody_background_tasks():
    for path in sources():
        text = path.read_text(encoding="utf-8")
        if "cocreate/web" not in path.as_posix():
            assert "HTTPException" not in text, path
        assert "BackgroundTasks" not in text, path


def test_time_is_asked_in_one_place():
    pattern = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(")
    allowed = {ROOT / "cocreate/core/clock.py"}
    assert [
        str(path) for path in sources() if path not in allowed and pattern.search(path.read_text(encoding="utf-8"))
    ] == []


def test_init_files_are_empty():
    assert [str(path) for path in sources() if path.name == "__init__.py" and path.stat().st_size] == []


def test_every_notice_has_a_title_and_a_reason(routes):
    runtime, _ = routes
    assert runtime.notices
    for name, notice in runtime.notices.items():
        assert notice.title, name
        assert notice.reason, name


def test_notices_are_told_under_declared_names(routes):
    runtime, _ = routes
    for path in sources():
        for name in re.findall(r"\btell\([^)]*?\"([a-z_]+\.[a-z_.]+)\"", path.read_text(encoding="utf-8"), re.DOTALL):
            assert name in runtime.notices, (path, name)
