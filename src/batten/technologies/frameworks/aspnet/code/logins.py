"""Endpoints without the login that their neighbours require, and what holds where an endpoint says nothing.

Sources: https://learn.microsoft.com/aspnet/core/security/authorization/secure-data (the fallback policy),
https://learn.microsoft.com/aspnet/core/security/authorization/simple. An application without a fallback policy admits anonymous
clients to every endpoint that does not say otherwise.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.facts import AccessRule, Fact, Feature
from batten.formats import Workspace
from batten.model import ABSENT, Kind, Location, Setting, Switch
from batten.technologies.frameworks.aspnet.code.endpoints import Endpoint, endpoints
from batten.technologies.frameworks.aspnet.code.module import Module, argument, chain, method_of, onward
from batten.technologies.frameworks.aspnet.code.owners import Guard, Owners, attributes, required
from batten.technologies.frameworks.aspnet.code.policies import always_true, segment
from batten.technologies.frameworks.aspnet.code.project import Project, project_of
from batten.technologies.frameworks.aspnet.code.reach import possible, reached

# Where credentials are got, or what everyone may see.
_OPEN = re.compile(
    r"log-?[io]n|log-?out|sign-?[iuo]n|sign-?up|sign-?out|register|auth|token|password|forgot|reset|confirm|verify|health|ready|live|alive|ping|status|metrics|static"
    r"|favicon|robots|version|index|webhook|callback|public|about|contact|csrf|antiforgery|docs|openapi|swagger|error|home|privacy|info",
    re.IGNORECASE,
)
_FEWEST = 3  # endpoints with a login that show that it is the rule
FALLBACK = re.compile(
    r"\b(?:FallbackPolicy)\s{0,9}=(?!=)(?!\s{0,9}null)|\bSetFallbackPolicy\s{0,9}\(|\bnew\s{1,9}AuthorizeFilter\b"
)
_AUTHENTICATING = re.compile(
    r"\bAdd(?:Authentication|Identity|DefaultIdentity|IdentityApiEndpoints|JwtBearer|MicrosoftIdentityWeb\w*)\b"
)
_MAPPED = re.compile(r"\bMap(?:Default)?Controller(?:s|Route)?\b[^;]{0,400}?\.\s{0,99}RequireAuthorization\b")
_CONTROLLER = re.compile(
    r"\bclass\s{1,9}\w{1,200}[^{;]{0,400}?:\s{0,99}(?:ControllerBase|Controller|ApiController)\b"
)
_AUTHORIZED = re.compile(r"\[[^\[\]\n]{0,200}?\bAuthorize\b")


def logins(module: Module, workspace: Workspace) -> Iterator[Fact]:
    """Endpoints that lack a login, and rules that refuse no user."""
    project = project_of(module.path, workspace)
    found = endpoints(module, workspace)
    closed = project.says(FALLBACK)
    yield from _minimal(
        module, [one for one in found if one.node.type == "invocation_expression"], closed=closed
    )
    actions = [one for one in found if one.node.type != "invocation_expression"]
    guarded = closed or project.says(_MAPPED)
    yield from _actions(module, actions, guarded=guarded, usual=guarded or _usual(project))
    # A policy whose only demand is an assertion that is always true.
    for pretended_call in module.calls:
        function = (
            argument(pretended_call, 0) if method_of(module, pretended_call) == "RequireAssertion" else None
        )
        if (
            function is None
            or not always_true(module, function)
            or not possible(reached(module, pretended_call, workspace))
        ):
            continue
        others = {method_of(module, one) for one in (*chain(pretended_call), *onward(pretended_call))} - {
            "RequireAssertion"
        }
        if not any(name.startswith("Require") or name in ("AddRequirements", "Combine") for name in others):
            pretended_at = segment(module, pretended_call, "RequireAssertion")
            yield AccessRule(pretended_at, "the policy's `RequireAssertion`", "its function is always true")
    if not guarded and project.says(_AUTHENTICATING):
        # `app.MapControllers()` where an application knows logins and has no fallback policy.
        owners = Owners(module, workspace)
        for call in module.calls:
            if method_of(module, call) != "MapControllers" or not possible(reached(module, call, workspace)):
                continue
            if owners.guard(call) is Guard.NOTHING and not any(required(method_of(module, one)) is not Guard.NOTHING for one in onward(call)):  # fmt: skip
                at = segment(module, call, "MapControllers", Kind.BLOCK)
                yield Feature(
                    at, Switch.OPEN_BY_DEFAULT, Setting(ABSENT, at, True), "ASP.NET Core (no fallback policy)"
                )


def _minimal(module: Module, found: list[Endpoint], *, closed: bool) -> Iterator[Feature]:
    """Endpoints of minimal APIs, against those of the same file."""
    kept = [one for one in found if one.guard is Guard.LOGIN or (closed and one.guard is Guard.NOTHING)]
    bare = [
        one for one in found if one.guard is Guard.ANONYMOUS or (not closed and one.guard is Guard.NOTHING)
    ]
    if len(kept) < _FEWEST or 3 * len(_counted(bare)) > len(kept):
        return
    for one in _counted(bare):
        at = segment(module, one.node, one.at.pointer, Kind.BLOCK)
        if one.guard is Guard.NOTHING:
            yield _lacking(at, one.path)
        else:
            yield from _opened(module, one)


def _counted(bare: list[Endpoint]) -> list[Endpoint]:
    """Those that are not open on purpose, by their path."""
    return [one for one in bare if one.path.strip("/") and not _OPEN.search(one.path)]


def _lacking(at: Location, path: str) -> Feature:
    return Feature(at, Switch.LOGIN, Setting(ABSENT, at, False), path)


def _opened(module: Module, one: Endpoint) -> Iterator[Feature]:
    """`.AllowAnonymous()` at the endpoint itself: of a group it is meant for all of it."""
    call = next((c for c in onward(one.node) if method_of(module, c) == "AllowAnonymous"), None)
    if call is not None:
        at = segment(module, call, "AllowAnonymous")
        yield Feature(at, Switch.LOGIN_WAIVED, Setting(False, at), one.path)


def _usual(project: Project) -> bool:
    """Whether three of four controllers of the project require a login."""
    controllers = [text for text in project.texts.values() if _CONTROLLER.search(text)]
    kept = sum(_AUTHORIZED.search(text) is not None for text in controllers)
    return kept >= _FEWEST and 3 * (len(controllers) - kept) <= kept


def _actions(module: Module, actions: list[Endpoint], *, guarded: bool, usual: bool) -> Iterator[Feature]:
    """Actions of controllers: against those of the same file, or against the other controllers of the project."""
    kept = [one for one in actions if one.guard is Guard.LOGIN or (guarded and one.guard is Guard.NOTHING)]
    bare = _counted([one for one in actions if one.guard is Guard.ANONYMOUS or (not guarded and one.guard is Guard.NOTHING)])  # fmt: skip
    within = len(kept) >= _FEWEST and 3 * len(bare) <= len(kept)
    if usual and not kept:
        # A controller none of whose actions requires a login, as one: it is one attribute that is not there.
        path = posixpath.commonpath([one.path for one in bare]) if len(bare) > 1 else ""
        above = bare[0].node.parent.parent if len(bare) > 1 and bare[0].node.parent is not None else None
        same = above is not None and all(
            o.guard is Guard.NOTHING and o.node.parent == bare[0].node.parent for o in bare
        )
        if above is None or not same or not path.strip("/"):
            whole = None
        else:
            name = above.child_by_field_name("name") or above
            whole = _lacking(module.block(name, f"controller[{module.text(name)}]"), path)
    else:
        whole = None
    if whole is not None:
        yield whole
        return
    for one in bare:
        named = attributes(module, one.node)
        if one.guard is Guard.NOTHING and (within or (usual and not kept)):
            yield _lacking(module.block(one.node, one.at.pointer), one.path)
        elif "AllowAnonymous" in named and within:
            at = module.value(named["AllowAnonymous"], "AllowAnonymous")
            yield Feature(at, Switch.LOGIN_WAIVED, Setting(False, at), one.path)
