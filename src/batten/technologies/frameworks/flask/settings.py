"""Settings of an application with Flask's defaults (https://flask.palletsprojects.com/en/stable/config/)."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from batten.facts import AppSettings, Cookie, Fact, Feature, Limits
from batten.formats import Unreadable
from batten.model import ABSENT, UNKNOWN, Setting, Switch, Unknown
from batten.technologies.frameworks.flask.configuration import Application, config_setting, configured
from batten.technologies.shared.python.arguments import truth, words
from batten.technologies.shared.python.module import Module, argument
from batten.technologies.shared.python.values import Plain, evaluate
from batten.technologies.shared.secrets import credentials, urls

# What writes the session's cookie, which Flask sends only then.
_SESSION = re.compile(r"\bsession\[|\bsession\.(?:update|permanent|setdefault)|\blogin_user\(|\bflash\(")
_REMEMBERED = re.compile(r"\blogin_user\([^\n]{0,200}?\bremember\s*=\s*(?!False)")
_PROTECTED = re.compile(r"\bTalisman\(")  # sets the flags of the session's cookie itself
_MOST_FILES = 200
_STARTERS = re.compile(r"(?:Dockerfile|Containerfile|Procfile|compose)[^/]*$|\.service$|\.sh$", re.IGNORECASE)


def app_settings(application: Application) -> Iterator[Fact]:
    debug = config_setting(application, "DEBUG", False, truth, bool)
    # `TRUSTED_HOSTS` is new in 3.1: an empty list is every name, and `*` is none; without the key, a server in front
    # checks.
    yield AppSettings(
        application.at,
        framework="Flask",
        debug=debug,
        hosts=config_setting(application, "TRUSTED_HOSTS", (), _trusted),
    )
    texts = list(_texts(application.module))
    if not any(_PROTECTED.search(text) for text in texts):
        if any(_SESSION.search(text) for text in texts):
            yield _session(application)
        if any(_REMEMBERED.search(text) for text in texts):
            # Flask-Login's cookie (https://flask-login.readthedocs.io/en/latest/#cookie-settings).
            name = config_setting(application, "REMEMBER_COOKIE_NAME", "remember_token", _word)
            yield Cookie(
                application.at,
                name=name.known("remember_token"),
                secure=config_setting(application, "REMEMBER_COOKIE_SECURE", False, truth, lambda on: not on),
                http_only=config_setting(
                    application, "REMEMBER_COOKIE_HTTPONLY", True, truth, lambda on: not on
                ),
                same_site=_same_site(config_setting(application, "REMEMBER_COOKIE_SAMESITE", ABSENT, _word)),
            )
    body = config_setting(application, "MAX_CONTENT_LENGTH", 0, _bytes)
    if body.written:
        yield Limits(application.at, body=body)


def _trusted(value: Plain) -> tuple[str, ...] | Unknown:
    named = words(value)
    # What a list without a name trusts.
    return (
        named
        if isinstance(named, Unknown)
        else tuple(one for one in named if one != "*") or (() if named else ("*",))
    )


def _bytes(value: Plain) -> int | Unknown:
    return 0 if value is None else value if isinstance(value, int) else UNKNOWN


def _texts(module: Module) -> Iterator[str]:
    """The modules beside an application, where its handlers are, mostly."""
    yield module.source.text
    folder = posixpath.dirname(module.path)
    for path in module.workspace.entries(folder)[:_MOST_FILES]:
        if path.endswith(".py") and path != module.path:
            try:
                yield module.workspace.text(path).text
            except Unreadable:
                continue


def _session(application: Application) -> Cookie:
    name = config_setting(application, "SESSION_COOKIE_NAME", "session", _word)
    setting = config_setting(application, "SESSION_COOKIE_DOMAIN", "", _word)
    return Cookie(
        application.at,
        name=name.known("session"),
        secure=config_setting(application, "SESSION_COOKIE_SECURE", False, truth, lambda on: not on),
        http_only=config_setting(application, "SESSION_COOKIE_HTTPONLY", True, truth, lambda on: not on),
        same_site=_same_site(config_setting(application, "SESSION_COOKIE_SAMESITE", ABSENT, _word)),
        domain=Setting(ABSENT, setting.at) if setting.effective == "" else setting,
    )


def _word(value: Plain) -> str | Unknown:
    return "" if value is None or value is False else value if isinstance(value, str) else UNKNOWN


def _same_site(setting: Setting[str]) -> Setting[str]:
    """`None` sends no attribute."""
    return Setting(ABSENT, setting.at) if setting.value == "" else setting


def started(module: Module) -> Iterator[Fact]:
    """`app.run(debug=True)`: the debugger runs code that clients send. Below `if __name__ == "__main__":` it counts where a
    file of the deployment starts the program so."""
    if not module.uses("flask", "flask_socketio", "werkzeug"):
        return
    # `if __name__ == "__main__":` is how people start it by hand.
    by_hand = {
        id(n)
        for block in module.tree.body
        if isinstance(block, ast.If) and "__name__" in ast.unparse(block.test)
        for n in ast.walk(block)
    }
    for call in module.calls():
        given = _debugger(module, call)
        if given is None:
            continue
        value = evaluate(module, given)
        on = value.plain is True or (value.plain == 1 and isinstance(value.plain, int))
        if on and (id(call) not in by_hand or _deployed(module)):
            at = module.value(
                value.node if value.module is module else given, f"{ast.unparse(call.func)}/debug"
            )
            yield Feature(
                at, Switch.DEBUG, Setting(True, at), "Flask's debugger, which runs code that clients send,"
            )


def _debugger(module: Module, call: ast.Call) -> ast.expr | None:
    """What a call says of the debugger: `app.run(debug=…)`, options of it in a name, `run_simple(…, use_debugger=…)`, and
    `DebuggedApplication(app, True)` (https://werkzeug.palletsprojects.com/en/stable/debug/)."""
    name = module.qualified(call.func)
    if name.endswith(".run_simple") and name.startswith("werkzeug."):
        return argument(call, "use_debugger", 4)
    if name.endswith(".DebuggedApplication") and name.startswith("werkzeug."):
        return argument(call, "evalex", 1)
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "run":
        return None
    given = argument(call, "debug", 2)
    for keyword in call.keywords if given is None else ():
        options = keyword.value
        known = module.names.get(options.id) if isinstance(options, ast.Name) else options
        if keyword.arg is None and isinstance(known, ast.Dict):
            for key, value in zip(known.keys, known.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "debug":
                    given = value
    return given


def _deployed(module: Module) -> bool:
    """Whether an image, a unit or a script beside the module or above it starts it as a program."""
    folder, name = posixpath.split(module.path)
    starts = re.compile(
        rf"\bpython[\d.]*\b[^\n#]{{0,200}}?(?<![\w-]){re.escape(name)}(?![\w.])"
    )  # ours: a file's name
    while True:
        for path in module.workspace.entries(folder):
            if _STARTERS.search(path):
                try:
                    if starts.search(module.workspace.text(path).text):
                        return True
                except Unreadable:
                    continue
        if not folder:
            return False
        folder = posixpath.dirname(folder)


def connections(application: Application) -> Iterator[Fact]:
    """The URL of Flask-SQLAlchemy's database, and a password in it."""
    given = configured(application).given.get("SQLALCHEMY_DATABASE_URI")
    if given is None:
        return
    value = evaluate(*given)
    if isinstance(value.plain, str):
        at = value.module.value(value.node, "SQLALCHEMY_DATABASE_URI")
        held = credentials.found("SQLALCHEMY_DATABASE_URI", value.plain)
        if held is not None:
            yield credentials.secret(at, "SQLALCHEMY_DATABASE_URI", held, "code")
        connection = urls.connection("SQLALCHEMY_DATABASE_URI", value.plain, at)
        if connection is not None:
            yield connection
