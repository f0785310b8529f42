"""Remedies as edits of values: in the arrays of `config/`, in code, and in `.env`."""

from __future__ import annotations

from batten.model import Edit, Fix, Kind, Location, Remedy, Switch
from batten.model import remedy as want
from batten.technologies.frameworks.laravel.module import Module, argument
from batten.technologies.shared.python.edits import risky
from batten.technologies.shared.transport.questions import ask_origins

_PLAIN = "clients over plain HTTP, and pages of other sites that embed the application"
_FLAGS = {"secure": "true", "http_only": "true", "same_site": "'lax'"}
_AUTHORIZE = r"['web', \Laravel\Telescope\Http\Middleware\Authorize::class]"
_UNTRUSTED = "servers whose certificate is not signed by a trusted authority, or has another name"


def fix_of(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make a remedy true where the finding is."""
    match remedy:
        case want.TurnOff(Switch.DEBUG):
            return _valued(at, "false", "turn the debug mode off", "developers who read its pages")
        case want.TurnOff(Switch.ERROR_DETAILS):
            return _valued(at, "null", "leave the stack trace out", "clients that read stack traces")
        case want.TurnOff(Switch.CONSOLE) if at.pointer == "middleware":
            return _valued(
                at, _AUTHORIZE, "ask the gate `viewTelescope`", "people whom the gate does not admit"
            )
        case want.TurnOff(Switch.INVALID_HEADERS):
            breaks = "proxies on other hosts, whose headers are then ignored"
            return _valued(at, "['127.0.0.1', '::1']", "trust the proxies on this host only", breaks)
        case want.TurnOn(Switch.ACCESS_RULE) if at.pointer == "except":
            return _valued(
                at, "[]", "check the tokens of forms", "pages and programs that send requests without a token"
            )
        case want.TurnOn(Switch.COOKIE_FLAGS):
            return _flags(module, at)
        case want.TurnOn(Switch.VERIFY_TLS) if at.pointer != "withoutVerifying":
            text = "1" if _written(module, at) == "0" else "true"
            return _valued(at, text, "verify certificates", _UNTRUSTED)
        case want.RequireAuth():
            # `env('NAME')` for a literal; a variable that has a default loses it.
            if at.span is None or at.kind is not Kind.VALUE:
                return None
            for node in module.calls:
                default = argument(module, node, 1, "default") if module.named(node) == "env" else None
                if default is not None and module.script.span(default) == at.span:
                    edit = Edit(at.source, module.script.span(node), f"env('{at.pointer}')")
                    return risky(
                        f"require the variable {at.pointer}",
                        [edit],
                        f"starts without the variable {at.pointer}",
                    )
            if not module.path.startswith("config/") and "/config/" not in module.path:
                return None  # a cached configuration answers no `env` elsewhere
            file = module.path.rpartition("/")[2].removesuffix(".php")
            name = (
                at.pointer
                if at.pointer == "APP_KEY"
                else "".join(c if c.isalnum() else "_" for c in f"{file}_{at.pointer}").upper()
            )
            return _valued(
                at,
                f"env('{name}')",
                f"read the credential from {name}",
                f"starts without the variable {name}",
            )
        case _:
            return _across(module, remedy, at)


def _across(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    """What pages of other origins may do."""
    match remedy:
        case want.AllowOrigins(origins):
            title = "list the origins that may read answers"
            if origins:
                # The list of origins; a loose pattern goes, and the list stands for it.
                listed = module.entries.get("allowed_origins")
                if listed is None:
                    return None
                edits = [Edit(module.path, module.script.span(module.literal(listed)), _list(origins))]
                patterns = module.entries.get("allowed_origins_patterns")
                if at.pointer == "allowed_origins_patterns" and patterns is not None:
                    edits.append(Edit(module.path, module.script.span(module.literal(patterns)), "[]"))
                return risky(title, edits, "web pages on other origins")
            return ask_origins(title)
        case want.AllowMethods(methods) if at.pointer == "allowed_methods":
            return _valued(
                at,
                _list(methods),
                "list the methods that pages of other origins may use",
                "web pages that use other methods",
            )
        case want.AllowHeaders(headers):
            return _valued(
                at,
                _list(headers),
                "list the headers that pages of other origins may send",
                "web pages that send other headers",
            )
        case _:
            return None


def set_variable(at: Location) -> Fix | None:
    """The flag of a cookie, in `.env`."""
    return _valued(at, "true", "set the flag of the session's cookie", _PLAIN)


def _list(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"


def _valued(at: Location, text: str, title: str, breaks: str) -> Fix | None:
    if at.span is None or at.kind is not Kind.VALUE:
        return None
    return risky(title, [Edit(at.source, at.span, text)], breaks)


def _written(module: Module, at: Location) -> str:
    return module.script.text[at.span.start : at.span.end] if at.span is not None else ""


def _flags(module: Module, at: Location) -> Fix | None:
    """All flags that are off: of the session's settings, or of the call that makes the cookie."""
    title = "set the flags of the cookie"
    if at.pointer.startswith("cookie["):
        node = module.node_at(at)
        if node is None:
            return _valued(at, "true", title, _PLAIN)
        for call in module.calls:
            flags = [argument(module, call, 5, "secure"), argument(module, call, 6, "httpOnly")]
            if any(node is not None and module.script.span(node) == at.span for node in flags):
                off = [node for node in flags if node is not None and module.plain(node) is False]
                edits = [Edit(module.path, module.script.span(node), "true") for node in off]
                return risky(title, edits, _PLAIN)
        return None
    edits = []
    for key, value in _FLAGS.items():
        node = module.entries.get(key)
        if node is not None and (
            module.plain(node) is False or (key == "same_site" and module.plain(node) in (None, "none"))
        ):
            edits.append(Edit(module.path, module.script.span(module.literal(node)), value))
    return risky(title, edits, _PLAIN)
