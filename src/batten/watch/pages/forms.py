"""Forms that were sent: read by the loop, acted on by a thread; where they lead, and what is said there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from batten.watch.pages.rendering import page

Form = Mapping[str, str]
Act = Callable[[Request, Form], Response]

_FIELDS = 400
_BYTES = 1_000_000


def posted(act: Act) -> Callable[[Request], Awaitable[Response]]:
    """A handler of a form: `act` runs in a thread with the form's fields, the first of each name."""

    async def handle(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=_FIELDS, max_part_size=_BYTES) as sent:
            fields = {
                name: value.replace("\0", "")  # PostgreSQL keeps no text with it
                for name, value in reversed(sent.multi_items())
                if not isinstance(value, UploadFile)
            }
        return await run_in_threadpool(act, request, fields)

    return handle


def done(path: str, word: str) -> Response:
    """To a page after an act, which says what was done."""
    return RedirectResponse(f"{path}?{urlencode({'done': word})}", 303)


def refused(request: Request, sentence: str, back: str, status: int = 409) -> Response:
    """An act that could not be done, with what to do."""
    return page(request, "refused.html", status, said=sentence, back=back)
