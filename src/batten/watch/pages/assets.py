"""Static files: all of them in the package, under names that hold a digest of what they are, so that browsers keep them for ever."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from batten.files.own import own_text
from batten.model.record import record

_FOLDER = "watch/pages/static"
_FILES = MappingProxyType(
    {
        "tokens.css": "text/css",
        "watch.css": "text/css",
        "watch.js": "text/javascript",
        "mark.svg": "image/svg+xml",
        "vendor/htmx-4.0.1.min.js": "text/javascript",
        "vendor/uplot-1.6.32.min.js": "text/javascript",
        "vendor/uplot-1.6.32.min.css": "text/css",
    }
)
_YEAR = 31_536_000  # seconds


@record
class Asset:
    """One static file as it is sent. `name` is its last name with the first of its digest."""

    name: str
    media: str
    body: bytes


@cache
def assets() -> MappingProxyType[str, Asset]:
    """Every static file by its path below `static/`; read once."""
    return MappingProxyType({path: _asset(path, media) for path, media in _FILES.items()})


def _asset(path: str, media: str) -> Asset:
    text = own_text(f"{_FOLDER}/{path}")
    if text is None:
        raise FileNotFoundError(f"{_FOLDER}/{path} is missing from the installed package")
    body = text.encode()
    stem, dot, ending = path.rpartition("/")[2].rpartition(".")
    return Asset(f"{stem}-{sha256(body).hexdigest()[:12]}{dot}{ending}", media, body)


def address(path: str) -> str:
    """Where a static file is served, by its path below `static/`."""
    return f"/static/{assets()[path].name}"


@cache
def _served() -> MappingProxyType[str, Asset]:
    return MappingProxyType({asset.name: asset for asset in assets().values()})


async def _send(request: Request) -> Response:
    asset = _served().get(request.path_params["name"])
    if asset is None:
        return PlainTextResponse("not found\n", 404)
    kept = {"cache-control": f"public, max-age={_YEAR}, immutable"}
    return Response(asset.body, media_type=asset.media, headers=kept)


def routes() -> list[Route]:
    return [Route("/static/{name}", _send, methods=["GET"])]
