"""Templates to pages: one environment, everything escaped, and a name that is missing is an error, not a blank."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from batten import __version__
from batten.files.own import own_text
from batten.watch.access.scopes import Scope, may_anywhere
from batten.watch.model import Caller
from batten.watch.pages import families, links, words
from batten.watch.pages.assets import address
from batten.watch.settings import Watch
from batten.watch.store.database import now

DONE = MappingProxyType(
    {
        "queued": "The run is queued.",
        "pending": "A run is pending already.",
        "paused": "The environment is paused: it is assessed only when someone runs it.",
        "resumed": "The environment is assessed by its schedule again.",
        "cancelled": "The run is cancelled.",
        "waived": "The finding is waived.",
        "proposed": "The waiver waits for the approval of a second person.",
        "approved": "The waiver is approved.",
        "extended": "The waiver is extended.",
        "revoked": "The waiver is revoked.",
        "saved": "Saved.",
        "revoked_token": "The token is revoked.",
        "removed": "Removed.",
        "sent": "The test message was sent.",
    }
)


THEMES = ("light", "dark")
THEME = "batten-theme"  # the cookie


def page(request: Request, template: str, status: int = 200, **view: object) -> HTMLResponse:
    """A page: the template with what it shows, and with what every page shows."""
    watch: Watch = request.app.state.watch
    chosen = request.cookies.get(THEME, "")
    shown = {
        "request": request,
        "path": request.url.path,
        "theme": chosen if chosen in THEMES else "",
        "csrf": getattr(request.state, "csrf", ""),
        "caller": _caller(request),
        "adds": may_anywhere(caller_of(request), Scope.ADMIN),
        "now": now(),
        "done": DONE.get(request.query_params.get("done", ""), ""),
        "demo": watch.settings.demo,
        "version": __version__,
    }
    text = _templates().get_template(template).render({**shown, **view})
    return HTMLResponse(text, status)


def caller_of(request: Request) -> Caller:
    """Who asks; pages are behind the log-in, so without one it is nobody, who sees nothing."""
    return _caller(request) or Caller(name="")


def _caller(request: Request) -> Caller | None:
    caller = getattr(request.state, "caller", None)
    return caller if isinstance(caller, Caller) else None


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for name in ("ago", "when", "day", "machine", "lasting", "counted", "share", "reason"):
        made.filters[name] = getattr(words, name)
    made.filters |= {"family": families.title, "prose": prose}
    made.globals |= {"static": address, "with_query": links.with_query}
    return made


def prose(sentence: str) -> Markup:
    """A sentence with what is between backquotes as code; all of it escaped."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:
        return escape(sentence)
    pieces = (
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )
    return Markup("").join(pieces)


def _source(name: str) -> str | None:
    return own_text(f"watch/pages/templates/{name}")
