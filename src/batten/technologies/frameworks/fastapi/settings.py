"""Applications and the middleware they are given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batten.facts import AppSettings, Content, Cookie, CorsPolicy, Fact, Feature, OriginKind, OriginRule
from batten.formats import Unreadable, Workspace
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch, Unknown
from batten.model.record import record
from batten.technologies.shared.python.arguments import domain_of, rule, setting, text, truth, words
from batten.technologies.shared.python.module import Module, argument, classes, made_of
from batten.technologies.shared.python.values import evaluate
from batten.technologies.shared.secrets import credentials

_NONE: tuple[str, ...] = ()
_FRAMEWORKS = {
    "fastapi.FastAPI": "FastAPI",
    "fastapi.applications.FastAPI": "FastAPI",
    "starlette.applications.Starlette": "Starlette",
}
# FastAPI's own defaults; with `openapi_url=None` the other two are off as well.
_DOCS = (
    ("openapi_url", "the OpenAPI document", "/openapi.json"),
    ("docs_url", "Swagger UI", "/docs"),
    ("redoc_url", "ReDoc", "/redoc"),
)


@record
class Application:
    framework: str
    name: str  # the variable that holds it, "" for none
    call: ast.Call


def applications(module: Module) -> Iterator[Application]:
    holders = {id(node): name for name, node in module.names.items()}
    for call in module.calls():
        framework = _FRAMEWORKS.get(made_of(module, call.func))
        if framework:
            yield Application(framework, holders.get(id(call), ""), _with_bases(module, call))


def _with_bases(module: Module, call: ast.Call) -> ast.Call:
    """A call with the arguments that classes of the program's own give to those that they extend."""
    given = list(call.keywords)
    for owner, definition in classes(module, call.func):
        if owner is not module:
            return call if not given else ast.copy_location(ast.Call(call.func, call.args, given), call)
        for inner in (
            n
            for method in definition.body
            if getattr(method, "name", "") == "__init__"
            for n in ast.walk(method)
        ):
            match inner:
                case ast.Call(
                    func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"),
                    keywords=own,
                ):
                    names = {one.arg for one in given}
                    given += [one for one in own if one.arg is not None and one.arg not in names]
    return ast.copy_location(ast.Call(call.func, call.args, given), call) if given != call.keywords else call


def middleware(module: Module, kind: str) -> list[ast.Call]:
    """The calls that put middleware of that class in place, by whatever way."""
    known = module.workspace.kept(("fastapi middleware", module.path), lambda: _middleware(module))
    return known.get(kind, [])


def _middleware(module: Module) -> dict[str, list[ast.Call]]:
    found: dict[str, list[ast.Call]] = {}
    for call in module.calls():
        added = isinstance(call.func, ast.Attribute) and call.func.attr == "add_middleware"
        wrapped = module.qualified(call.func).endswith("middleware.Middleware")
        named = call.args[0] if (added or wrapped) and call.args else call.func
        name = module.qualified(named)
        if name.startswith(("fastapi.", "starlette.")):
            found.setdefault(name.rpartition(".")[2], []).append(call)
    return found


def app_settings(module: Module) -> Iterator[Fact]:
    for application in applications(module):
        call, pointer = application.call, application.name or application.framework
        at = module.block(call, pointer)
        debug = setting(module, call, "debug", False, truth, pointer, unsafe=bool)
        docs = tuple(_docs(module, call, pointer)) if application.framework == "FastAPI" else ()
        interactive = (d for d in docs if not d.what.startswith("the OpenAPI"))
        yield AppSettings(
            at,
            framework=application.framework,
            debug=_assigned(module, application, debug),
            docs=docs,
            content=content_of(module, any(d.on.known(True) for d in interactive)),
            hosts=_hosts(module, at),
        )


def _assigned(module: Module, application: Application, debug: Setting[bool]) -> Setting[bool]:
    """`app.debug = …` after the call."""
    for node in module.nodes:
        match node:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id=name), attr="debug") as target], value=given
            ):
                if name == application.name and name:
                    value = evaluate(module, given)
                    at = module.value(given, f"{name}/{target.attr}")
                    known = UNKNOWN if isinstance(value.plain, Unknown) else truth(value.plain)
                    return Setting(
                        UNKNOWN if value.overridable and (known is not True or value.deployed) else known, at
                    )
    return debug


def _docs(module: Module, call: ast.Call, pointer: str) -> Iterator[Feature]:
    schema = setting(module, call, "openapi_url", True, bool, pointer)
    for keyword, what, path in _DOCS:
        own = setting(module, call, keyword, True, bool, pointer)
        given = argument(call, keyword)
        written = evaluate(module, given).plain if given is not None else path
        on = schema if schema.effective is not True else own
        yield Feature(own.at, Switch.DOCS, on, f"{what} at {written}" if isinstance(written, str) else what)


def _hosts(module: Module, at: Location) -> Setting[tuple[str, ...]]:
    for call in middleware(module, "TrustedHostMiddleware"):
        return setting(
            module, call, "allowed_hosts", ("*",), words, "TrustedHostMiddleware", lambda hosts: "*" in hosts
        )
    return Setting(ABSENT, at)


def cors(module: Module) -> Iterator[Fact]:
    """Starlette matches `allow_origin_regex` with `fullmatch`, adds `Vary: Origin` where it answers by
    origin, and answers `*` with credentials by an echo of the origin (middleware/cors.py)."""
    for call in middleware(module, "CORSMiddleware"):
        pointer = "CORSMiddleware"
        at = module.block(call, pointer)
        yield CorsPolicy(
            at,
            origins=_origins(module, call, at, pointer),
            credentials=setting(module, call, "allow_credentials", False, truth, pointer, unsafe=bool),
            methods=setting(
                module, call, "allow_methods", ("GET",), words, pointer, lambda found: "*" in found
            ),
            headers=setting(module, call, "allow_headers", _NONE, words, pointer, lambda found: "*" in found),
            varies=Setting(True, at),
        )


def _origins(module: Module, call: ast.Call, at: Location, pointer: str) -> Setting[tuple[OriginRule, ...]]:
    listed = setting(module, call, "allow_origins", _NONE, words, pointer, lambda found: "*" in found)
    pattern = setting(module, call, "allow_origin_regex", ABSENT, text, pointer)
    # The places of the origins in the list, when the list is written in this file.
    given = argument(call, "allow_origins")
    value = evaluate(module, given) if given is not None else None
    if (
        value is None
        or value.module.path != module.path
        or not isinstance(value.node, ast.List | ast.Tuple | ast.Set)
    ):
        places: dict[object, Location] = {}
    else:
        elements_found: dict[object, Location] = {}
        for item in value.node.elts:
            if isinstance(item, ast.Constant) and item.value not in elements_found:
                elements_found[item.value] = module.value(item, listed.at.pointer)
        places = elements_found
    rules = [rule(origin, places.get(origin, listed.at)) for origin in listed.known(())]
    if isinstance(pattern.value, str):
        rules.append(OriginRule(OriginKind.PATTERN, pattern))
    if rules:
        return Setting(tuple(rules), listed.at if listed.known(()) else pattern.at)
    unknown = UNKNOWN in (listed.effective, pattern.effective)
    return Setting(UNKNOWN, at) if unknown else Setting(ABSENT, at)


def sessions(module: Module) -> Iterator[Fact]:
    """Starlette's session cookie is always HttpOnly and SameSite=Lax by default, but not Secure."""
    for call in middleware(module, "SessionMiddleware"):
        pointer = "SessionMiddleware"
        at = module.block(call, pointer)
        name = setting(module, call, "session_cookie", "session", text, pointer).known("session")
        yield Cookie(
            at,
            name=name,
            secure=setting(module, call, "https_only", False, truth, pointer, lambda secure: not secure),
            http_only=Setting(ABSENT, at, True),
            same_site=setting(module, call, "same_site", "lax", text, pointer),
            domain=domain_of(setting(module, call, "domain", "", text, pointer)),
        )
        key = argument(call, "secret_key")
        value = evaluate(module, key) if key is not None else None
        if value is not None and isinstance(value.plain, str):
            # The key that signs sessions, written in the code or there as the default of a variable.
            plain = value.plain
            held = credentials.found("SECRET_KEY", plain)
            if not (held is None and (not plain or credentials.placeholder(plain))):
                place = value.module.value(value.node, f"{pointer}/secret_key")
                yield credentials.secret(
                    place, "secret_key", held or credentials.Found("key", signs=True), "code"
                )


# What makes pages, serves files of a site, or takes in an application of another kind.
_PAGES = re.compile(
    r"HTMLResponse|TemplateResponse|Jinja2Templates|StaticFiles|text/html|\.html\b|get_swagger_ui|get_redoc"
    r"|\.mount\(|Mount\(|WSGIMiddleware|gradio|nicegui|sqladmin|starlette_admin|streamlit"
)
_MOST_FILES = 400  # of one application; beyond that nothing is said


def content_of(module: Module, docs: bool) -> Content:
    """What an application made in this module serves. Interactive documentation is a page."""
    if docs:
        return Content.BOTH
    folder = module.path.rpartition("/")[0]
    kept = module.workspace.kept
    return kept(("fastapi content", folder), lambda: _of_folder(folder, module.workspace))


def _of_folder(folder: str, workspace: Workspace) -> Content:
    for number, path in enumerate(_modules(folder, workspace)):
        if number >= _MOST_FILES:
            return Content.UNKNOWN
        try:
            if _PAGES.search(workspace.text(path).text):
                return Content.BOTH
        except Unreadable:
            return Content.UNKNOWN
    return Content.API


def _modules(folder: str, workspace: Workspace) -> Iterator[str]:
    """The Python files at and below a folder."""
    for path in workspace.entries(folder):
        name = path.rpartition("/")[2]
        if name.endswith(".py"):
            yield path
        elif "." not in name and name not in ("node_modules", "venv") and workspace.is_directory(path):
            yield from _modules(path, workspace)
