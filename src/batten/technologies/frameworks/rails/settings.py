"""What an application does in production: pages of errors, names of hosts, sessions, the check of forged requests, logs.

Defaults are those of Rails 7.2's source, which are those of 5.0 to 8.0 but for what `load_defaults` says
(https://guides.rubyonrails.org/configuring.html): `force_ssl` and `consider_all_requests_local` are off, `hosts` and
`filter_parameters` empty outside of development, and a session's cookie is HttpOnly, SameSite=Lax from `load_defaults 6.1` on, and Secure
with `force_ssl` only (`railties/lib/rails/application/default_middleware_stack.rb`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import AccessLog, AccessRule, AppSettings, Cookie, Fact, Feature, SocketOpened
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting, Switch, Unknown
from batten.model.networks import everybody
from batten.technologies.frameworks.rails.application import Application
from batten.technologies.frameworks.rails.module import Given, Module, argument, load, options, splats

_API_ONLY = re.compile(
    r"\bclass\s+ApplicationController\s*<\s*(?:::)?ActionController::API\b"
)  # has no forms
CHECK = "the check of forged requests (`protect_from_forgery`)"
_EVERYWHERE = re.compile(r"(?:\.\*|\.\+|)")
_ALWAYS = re.compile(
    r"(?:->|lambda|proc)\s{0,9}(?:\(\w{0,40}\))?\s{0,9}\{\s{0,9}(?:\|\w{0,40}\|)?\s{0,9}true\s{0,9}\}"
)
_CONSOLE = ("allowed_ips", "permissions", "whitelisted_ips")
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SESSIONS = "ActionDispatch::Session::"


def app(found: Application, workspace: Workspace) -> Iterator[Fact]:
    debug = found.truth("consider_all_requests_local", False)
    at = debug.at if found.at is None else Location(found.at.source, "Rails", found.at.span, kind=Kind.BLOCK)
    # Only what says that any name will do; no list at all leaves the check to an edge.
    spared = found.last("host_authorization")
    exclude = options(spared.module, spared.value).get("exclude") if spared is not None else None
    if spared is not None and spared.certain and _ALWAYS.fullmatch(spared.module.text(exclude)):
        hosts: Setting[tuple[str, ...]] | None = Setting(("*",), spared.module.value(spared.node, "hosts"))
    else:
        last = None
        for hosts_one in found.given("hosts", "hosts.clear"):
            if hosts_one.how != "call" or hosts_one.key == "hosts.clear":
                last = hosts_one
        if last is None or not last.certain:
            hosts = None
        else:
            any_name = last.key == "hosts.clear" or (
                last.how == "=" and last.module.plain(last.value) is None
            )
            patterns = [last.value, *last.value.named_children] if last.values else []
            if any_name or any(
                (
                    node.type == "regex"
                    and _EVERYWHERE.fullmatch(last.module.text(node)[1:-1].strip("\\Az^$")) is not None
                )
                for node in patterns
            ):
                hosts = Setting(("*",), last.module.value(last.node, "hosts"))
            else:
                hosts = None
    yield AppSettings(at, framework="Rails", debug=debug, hosts=hosts)
    for one in found.given(*(f"web_console.{key}" for key in _CONSOLE)):
        words = one.module.words(one.value)
        written = one.how in ("=", "+=", "<<") and one.certain
        if written and not isinstance(words, Unknown) and everybody(map(str, words)):
            what = "the web console, which runs Ruby,"
            yield Feature(one.at, Switch.CONSOLE, Setting(True, one.at), what)
    previews = found.truth("action_mailer.show_previews", False)
    if previews.written and previews.known(False):
        what = "every preview of a message, at /rails/mailers,"
        yield Feature(previews.at, Switch.METRICS, previews, what)
    disabled = found.truth("action_cable.disable_request_forgery_protection", False)
    if disabled.written and disabled.known(False):
        yield SocketOpened(disabled.at, path="/cable", origin="any Origin", cookie=True, inside=False)


def cookies(found: Application, workspace: Workspace) -> Iterator[Cookie]:
    """The session's cookie, unless the application has no sessions, or is one that has none by default."""
    store = next((g for g in reversed(list(found.given("session_store"))) if _stores(g)), None)
    api = found.truth("api_only", False)
    used = any(_SESSIONS in g.module.text(g.node) for g in found.given("middleware.use"))
    if api.known(None) is not False and not (api.known(False) and used):
        return
    if store is not None and (not store.certain or _disabled(store) or splats(store.node)):
        return
    at = store.module.block(store.node, "session_store") if store is not None else found.at
    if at is None:
        return
    given = options(store.module, store.node) if store is not None else {}
    module = store.module if store is not None else found.modules[0]
    name = module.string(given.get("key")) or default_name(found)
    # `force_ssl` marks all cookies, unless `ssl_options` leaves them alone.
    if "secure" in given:
        secure: Setting[bool] = _flag(module, given["secure"], at, False)
    else:
        forced = found.truth("force_ssl", False).known(UNKNOWN)
        spared = found.last("ssl_options")
        if forced is True and spared is not None:
            left = options(spared.module, spared.value).get("secure_cookies")
            forced = True if left is None else spared.module.truth(left)
        secure = _flag(module, None, at, forced)
    yield Cookie(
        Location(at.source, "session_store", at.span, kind=at.kind),
        name=name or "(named after the application)",
        secure=secure,
        http_only=_flag(module, given.get("httponly"), at, True),
        same_site=_same_site(found, module, given.get("same_site"), at),
    )


def _stores(given: Given) -> bool:
    return (given.how == "call" and bool(given.values)) or given.how == "="


def _disabled(given: Given) -> bool:
    first = argument(given.node, 0) if given.how == "call" else given.value
    return given.module.plain(first) in (None, "disabled")


def default_name(found: Application) -> str:
    """`_shop_session` of `module Shop`, as Rails makes it of the application's class."""
    node = next((n for n in found.modules[0].script.nodes if n.type == "module"), None)
    name = found.modules[0].text(node.child_by_field_name("name")) if node is not None else ""
    return f"_{_CAMEL.sub('_', name).replace('::', '_').lower()}_session" if name else ""


def _flag(module: Module, node: Node | None, at: Location, default: bool | Unknown) -> Setting[bool]:
    place = Location(at.source, "session_store", at.span, kind=at.kind)
    if node is None:
        return Setting(UNKNOWN, place) if isinstance(default, Unknown) else Setting(ABSENT, place, default)
    value = module.plain(node)
    return Setting(value if isinstance(value, bool) else UNKNOWN, place)


def _same_site(found: Application, module: Module, node: Node | None, at: Location) -> Setting[str]:
    place = Location(at.source, "session_store", at.span, kind=at.kind)
    protection = found.last("action_dispatch.cookies_same_site_protection")
    if node is None and protection is not None and protection.certain:
        module, node = protection.module, protection.value
    if node is not None:
        value = module.plain(node)
        return Setting(ABSENT if value is None else value if isinstance(value, str) else UNKNOWN, place)
    version = found.defaults
    return Setting("lax" if version is not None and version >= (6, 1) else UNKNOWN, place)


def forgery(found: Application, workspace: Workspace) -> Iterator[AccessRule]:
    """Whether the tokens of forms are checked, where the application has sessions."""
    allowed = found.truth("action_controller.allow_forgery_protection", True)
    if allowed.written and allowed.known(True) is False:
        yield AccessRule(allowed.at, CHECK, "`allow_forgery_protection` is off")
        return
    origin = found.truth("action_controller.forgery_protection_origin_check", True)
    if origin.written and origin.known(True) is False:
        why = "the `Origin` of a form is not compared (`forgery_protection_origin_check` is off)"
        yield AccessRule(origin.at, CHECK, why, partial=True)
    by_default = found.truth("action_controller.default_protect_from_forgery", True)
    if (
        by_default.written
        and by_default.known(True) is False
        and not found.truth("api_only", False).known(True)
    ):
        path = posixpath.join(found.root, "app/controllers/application_controller.rb")
        try:
            base: Module | None = load(path, workspace) if workspace.exists(path) else None
        except (SyntaxProblem, Unreadable):
            base = None
        forms = base is not None and _API_ONLY.search(base.script.text) is None
        if (
            base is not None
            and forms
            and not any(
                n.type in ("identifier", "call") and base.text(n).startswith("protect_from_forgery")
                for n in base.script.nodes
            )
        ):
            why = "`default_protect_from_forgery` is off, and `ApplicationController` does not call it"
            yield AccessRule(by_default.at, CHECK, why)


def logs(found: Application, workspace: Workspace) -> Iterator[AccessLog]:
    """Parameters are logged as they are, but for those that `filter_parameters` names."""
    given = list(found.given("filter_parameters", "filter_parameters.concat", "filter_parameters.push"))
    written = [one for one in given if one.how != "call" or one.values]
    if any("filter_parameters" in module.script.text for module in found.modules):
        last = written[-1] if written else None
        emptied = (
            last is not None and last.how == "=" and last.certain and last.module.plain(last.value) == ()
        )
        at = last.at if last is not None and emptied else None
    else:
        at = found.at if found.complete else None
    if at is not None:
        unknown = Setting[bool](UNKNOWN, at)
        place = Location(at.source, "filter_parameters", at.span, kind=at.kind)
        carried = "every parameter, such as passwords (`filter_parameters` is empty)"
        yield AccessLog(place, unknown, unknown, (Setting(carried, place),))
