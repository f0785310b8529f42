"""FastAPI and Starlette: what names stand for, routes over modules, and edits of calls."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from batten.facts import AppRoute, AppSettings, Cookie, CorsPolicy, Secret
from batten.formats import Workspace, apply
from batten.model import ABSENT, UNKNOWN, AllowMethods, AllowOrigins, Safety, Switch, TurnOff
from batten.technologies import Unit
from batten.technologies.frameworks.fastapi import adapter
from batten.technologies.shared.python.module import load
from batten.technologies.shared.python.values import evaluate


def facts(tmp_path: Path, files: dict[str, str], main: str = "main.py") -> list[object]:
    return list(adapter.read(Unit("fastapi", (main,)), Workspace(tmp_path, files)))


def routes(tmp_path: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    found = facts(tmp_path, files)
    return [(" ".join(f.methods), f.path) for f in found if isinstance(f, AppRoute)]


@pytest.mark.parametrize(
    ("expression", "value", "overridable"),
    [
        ("True", True, False),
        ("['a', 'b']", ("a", "b"), False),
        ("ONCE", 1, False),
        ("TWICE", UNKNOWN, False),
        ("GROWN", UNKNOWN, False),
        ("os.environ.get('D', '1') == '1'", True, True),
        ("os.getenv('D', 'False').lower() in ('1', 'true')", False, True),
        ("os.environ['D']", UNKNOWN, False),
        ("bool(os.getenv('D', ''))", False, True),
        ("not os.getenv('PRODUCTION', '')", True, True),
        ("settings.debug", True, True),
        ("settings.level", "x", True),
        ("cached().debug", UNKNOWN, False),
        ("fixed.debug", UNKNOWN, False),
        ("constants.DEBUG", True, False),
        ("RENAMED", True, False),
        ("f'{x}'", UNKNOWN, False),
        ("'a,b'.split(',')", ("a", "b"), False),
    ],
)
def test_what_expressions_come_to(tmp_path: Path, expression: str, value: object, overridable: bool) -> None:
    text = (
        "import os\nfrom pkg import constants\nfrom pkg.constants import DEBUG as RENAMED\n"
        "from pydantic_settings import BaseSettings\nfrom pydantic import Field\n"
        "ONCE = 1\nTWICE = 1\nTWICE = 2\nGROWN = []\nGROWN.append(1)\n"
        "class Settings(BaseSettings):\n    debug: bool = True\n    level: str = Field('x', alias='L')\n"
        "def cached() -> Settings:\n    return Settings()\n"
        f"settings = cached()\nfixed = Settings(debug=False)\nresult = {expression}\n"
    )
    files = {"a/main.py": text, "pkg/constants.py": "DEBUG = True\n", "pkg/__init__.py": ""}
    module = load("a/main.py", Workspace(tmp_path, files))
    found = evaluate(module, module.names["result"])
    assert found.plain == value and (found.overridable is overridable or value is UNKNOWN)


def test_names_that_stand_for_each_other_end(tmp_path: Path) -> None:
    module = load("main.py", Workspace(tmp_path, {"main.py": "A = B\nB = A\nC = A\n"}))
    assert evaluate(module, module.names["C"]).plain is UNKNOWN


def test_routes_over_modules(tmp_path: Path) -> None:
    files = {
        "main.py": "from fastapi import FastAPI\nfrom app import orders\nfrom app.admin import router as admin\n"
        "from app.settings import prefix\n"
        "app = FastAPI()\napp.include_router(orders.router, prefix='/v1')\napp.include_router(admin)\n"
        "app.include_router(admin, prefix=prefix())\n"
        "@app.api_route('/any/{rest:path}', methods=['get', 'POST'])\ndef any(): ...\n"
        "@app.middleware('http')\ndef no(): ...\n",
        "app/__init__.py": "",
        "app/settings.py": "def prefix(): ...\n",
        "app/orders.py": "from fastapi import APIRouter\nfrom .items import router as items\n"
        "router = APIRouter(prefix='/orders')\nrouter.include_router(items, prefix='/{id}')\n"
        "@router.get('')\nasync def all(): ...\n",
        "app/items.py": "from fastapi import APIRouter\nrouter = APIRouter()\n@router.delete('/items')\ndef drop(): ...\n",
        "app/admin.py": "from fastapi import APIRouter\nrouter = APIRouter(prefix='/admin', include_in_schema=False)\n"
        "@router.get('/export')\ndef export(): ...\n",
    }
    assert sorted(routes(tmp_path, files)) == [
        ("DELETE", "/v1/orders/{id}/items"),
        ("GET", "/admin/export"),
        ("GET", "/v1/orders"),
        ("GET POST", "/any/{rest}"),
    ]
    hidden = [f for f in facts(tmp_path, files) if isinstance(f, AppRoute) and f.path == "/admin/export"]
    assert hidden[0].documented.value is False and hidden[0].at.source == "app/admin.py"


def test_routers_that_include_each_other_end(tmp_path: Path) -> None:
    text = (
        "from fastapi import FastAPI, APIRouter\napp = FastAPI()\na = APIRouter()\nb = APIRouter()\n"
        "a.include_router(b)\nb.include_router(a)\napp.include_router(a)\n@b.get('/x')\ndef x(): ...\n"
    )
    assert routes(tmp_path, {"main.py": text}) == [("GET", "/x")]


def test_routes_of_starlette(tmp_path: Path) -> None:
    text = (
        "from starlette.applications import Starlette\nfrom starlette.routing import Mount, Route\n"
        "app = Starlette(routes=[Route('/', home), Mount('/v1', routes=[Route('/x', x, methods=['POST'])]), Mount('/s', files)])\n"
    )
    assert routes(tmp_path, {"main.py": text}) == [("GET", "/"), ("POST", "/v1/x")]


def test_a_class_of_the_same_name_is_not_fastapi(tmp_path: Path) -> None:
    assert facts(tmp_path, {"main.py": "from mine import FastAPI\napp = FastAPI(debug=True)\n"}) == []


def test_an_attribute_set_later_counts(tmp_path: Path) -> None:
    text = "from fastapi import FastAPI\napp = FastAPI()\napp.debug = True\n"
    settings = next(f for f in facts(tmp_path, {"main.py": text}) if isinstance(f, AppSettings))
    assert settings.debug.value is True


def test_a_literal_session_key_is_a_secret_and_is_not_kept(tmp_path: Path) -> None:
    text = (
        "from starlette.middleware.sessions import SessionMiddleware\n"
        "app = SessionMiddleware(inner, secret_key='s3cr3t-s3cr3t', https_only=True, same_site='none')\n"
    )
    found = facts(tmp_path, {"main.py": text})
    assert [type(f) for f in found] == [Cookie, Secret]
    assert "s3cr3t" not in repr(found)


def test_no_origins_is_no_sharing(tmp_path: Path) -> None:
    text = "from fastapi.middleware.cors import CORSMiddleware\napp = CORSMiddleware(app)\n"
    policy = next(f for f in facts(tmp_path, {"main.py": text}) if isinstance(f, CorsPolicy))
    assert policy.origins.value is ABSENT
    unknown = text.replace("(app)", "(app, **options)")
    policy = next(f for f in facts(tmp_path, {"main.py": unknown}) if isinstance(f, CorsPolicy))
    assert policy.origins.value is UNKNOWN


def test_origins_nobody_named_are_asked_for(tmp_path: Path) -> None:
    text = (
        "from fastapi.middleware.cors import CORSMiddleware\napp = CORSMiddleware(app, allow_origins=['*'])\n"
    )
    workspace = Workspace(tmp_path, {"main.py": text})
    policy = next(
        f for f in adapter.read(Unit("fastapi", ("main.py",)), workspace) if isinstance(f, CorsPolicy)
    )
    fix = adapter.write(Unit("fastapi", ("main.py",)), workspace, AllowOrigins(), policy.origins.at)
    assert fix is not None and fix.safety is Safety.VALUE and not fix.edits


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("FastAPI()", "FastAPI(docs_url=None, redoc_url=None, openapi_url=None)"),
        ("FastAPI(title='a', )", "FastAPI(title='a', docs_url=None, redoc_url=None, openapi_url=None, )"),
        ("FastAPI(title=('a'))", "FastAPI(title=('a'), docs_url=None, redoc_url=None, openapi_url=None)"),
        (
            "FastAPI(docs_url='/d', redoc_url=None)",
            "FastAPI(docs_url=None, redoc_url=None, openapi_url=None)",
        ),
        (
            "FastAPI(\n    title='é'  # ), the name\n)",
            "FastAPI(\n    title='é',\n    docs_url=None,\n    redoc_url=None,\n    openapi_url=None  # ), the name\n)",
        ),
    ],
)
def test_keywords_are_added_where_the_call_has_its_own(tmp_path: Path, written: str, mended: str) -> None:
    text = f"from fastapi import FastAPI\napp = {written}\n"
    unit, workspace = Unit("fastapi", ("main.py",)), Workspace(tmp_path, {"main.py": text})
    settings = next(f for f in adapter.read(unit, workspace) if isinstance(f, AppSettings))
    fix = adapter.write(unit, workspace, TurnOff(Switch.DOCS), settings.at)
    assert fix is not None and fix.safety is Safety.RISKY
    changed = apply(text, fix.edits)
    assert changed == f"from fastapi import FastAPI\napp = {mended}\n"
    ast.parse(changed)


def test_a_route_is_taken_away_or_narrowed(tmp_path: Path) -> None:
    text = (
        "from fastapi import FastAPI\napp = FastAPI()\n\n\n@app.get('/admin')\ndef admin(): ...\n\n\n"
        "@app.api_route('/x', methods=['GET', 'PUT'])\ndef x(): ...\n"
    )
    unit, workspace = Unit("fastapi", ("main.py",)), Workspace(tmp_path, {"main.py": text})
    first, second = (f for f in adapter.read(unit, workspace) if isinstance(f, AppRoute))
    gone = adapter.write(unit, workspace, TurnOff(Switch.ROUTE), first.at)
    narrow = adapter.write(unit, workspace, AllowMethods(("GET",)), second.at)
    assert gone is not None and narrow is not None and gone.breaks == "callers of GET /admin"
    changed = apply(text, [*gone.edits, *narrow.edits])
    assert changed == text.replace("@app.get('/admin')\n", "").replace("['GET', 'PUT']", '["GET"]')


def test_modules_of_tests_are_read_too(tmp_path: Path) -> None:
    files = ["app/main.py", "tests/app.py", "app/test_main.py", "conftest.py", "latest.py"]
    assert [u.main for u in adapter.units(files, Workspace(tmp_path))] == files
