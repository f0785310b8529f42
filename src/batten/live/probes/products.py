"""Products that are often left open: recognised by what the root answers, and asked only what their own rows say."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import field
from urllib.parse import urljoin, urlsplit

from batten.facts import Component, Fact, Opening
from batten.live.baseline import alike, sibling
from batten.live.evidence import sight
from batten.live.exchange import (
    Answer,
    Headers,
    NotAnswered,
    Probe,
    Question,
    Request,
    Response,
    Steps,
    attempt,
)
from batten.live.products import PRODUCTS, Product, Read
from batten.live.rebinding import rebound
from batten.live.survey import CHANGES, Survey
from batten.model import Setting
from batten.model.record import record

BROWSER: Headers = (("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),)
HOPS = 4  # redirects that are followed from one address
_MOVED = (301, 302, 303, 307, 308)

Asked = Generator[Question, Answer, Response | NotAnswered]


@record
class Place:
    """A folder of the host that may be a product's own root, without a slash at its end, and its answers there."""

    base: str
    answers: tuple[Response, ...]


@record
class _Search:
    """What is known of one host: each path is asked once."""

    survey: Survey
    known: dict[tuple[str, str, Headers, bytes], Response | NotAnswered] = field(default_factory=dict)


def plan(survey: Survey) -> Iterator[Probe]:
    yield Probe("open products", _products(_Search(survey)))


def _products(search: _Search) -> Steps:
    found: list[Fact | NotAnswered] = []
    seen: set[str] = set()
    for base in _bases(search.survey):
        place = yield from _place(search, base)
        for product in PRODUCTS:
            if product.name not in seen and (yield from _here(search, place, product)):
                seen.add(product.name)
                found += yield from _opened(search, place, product)
    return found


def _bases(survey: Survey) -> Iterator[str]:
    """Its own path, the host's root, and the folders where products usually are."""
    mounts = (mount.rstrip("/") for product in PRODUCTS for mount in product.mounts)
    yield from dict.fromkeys((survey.prefix, "", *mounts))


def _place(search: _Search, base: str) -> Generator[Question, Answer, Place]:
    """What a root answers, as to a program and as to a browser, and where that leads."""
    answers: list[Response] = []
    for headers in ((), BROWSER):
        answer = yield from _ask(search, f"{base}/", headers)
        for _ in range(HOPS):
            if isinstance(answer, NotAnswered):
                break
            answers.append(answer)
            onward = _onward(search.survey, answer)
            if not onward:
                break
            answer = yield from _ask(search, onward, headers)
    return Place(base, tuple(answers))


def _onward(survey: Survey, response: Response) -> str:
    """Where a redirect leads on the same origin, unless it sounds like a deed."""
    if response.status not in _MOVED:
        return ""
    target = urlsplit(urljoin(response.request.url, response.header("location")))
    if f"{target.scheme}://{target.netloc}" != survey.origin or CHANGES.search(target.path):
        return ""
    return target.path + (f"?{target.query}" if target.query else "")


def _here(search: _Search, place: Place, product: Product) -> Generator[Question, Answer, bool]:
    if any(product.sign(answer) for answer in place.answers):
        return True
    if place.base != search.survey.prefix:
        return False
    for path in product.at:
        answer = yield from _ask(search, place.base + path)
        if isinstance(answer, Response) and product.sign(answer):
            return True
    return False


def _opened(
    search: _Search, place: Place, product: Product
) -> Generator[Question, Answer, list[Fact | NotAnswered]]:
    """The reads of a product that was recognised, until one proves that it is open."""
    failed: list[Fact | NotAnswered] = []
    for read in product.reads:
        answer = yield from _ask(search, place.base + read.path, read.headers, read)
        if isinstance(answer, NotAnswered):
            failed.append(answer)
        elif read.proof(answer) and not (yield from _anything(search, place.base + read.path, answer)):
            told = yield from _told(search, place, product, answer)
            return [*_facts(product, read, answer, told), *(yield from rebound(answer, read.proof))]
    return failed


def _anything(search: _Search, path: str, answer: Response) -> Generator[Question, Answer, bool]:
    """Whether a name that nobody has is answered in the same way."""
    nothing = yield from _ask(search, sibling(path))
    return isinstance(nothing, Response) and alike(answer, nothing)


def _told(
    search: _Search, place: Place, product: Product, answer: Response
) -> Generator[Question, Answer, str]:
    version = product.version_in((answer, *place.answers))
    if version or not product.tells:
        return version
    more = yield from _ask(search, place.base + product.tells)
    return product.version_in((more,)) if isinstance(more, Response) else ""


def _facts(product: Product, read: Read, answer: Response, version: str) -> Iterator[Fact]:
    told = f"({len(answer.body)} bytes, omitted: confidential)"
    at = sight(answer, told).at(f"product {product.name}")
    yield Opening(
        at,
        product=product.name,
        path=answer.request.path,
        version=version,
        gains=product.gains,
        close=product.close,
        source=product.source,
        holds=product.holds,
    )
    if product.component and version:
        yield Component(
            at,
            product=product.component,
            version=Setting(version, at),
            evidence=f"{product.name} reports {version}",
        )


def _ask(search: _Search, path: str, headers: Headers = (), read: Read | None = None) -> Asked:
    """Without credentials, and each question once."""
    method, body = (read.method, read.body) if read is not None else ("GET", b"")
    key = (method, path, headers, body)
    if key not in search.known:
        request = Request(
            method, search.survey.origin + path, headers, body, anonymous=True, reads=method == "POST"
        )
        search.known[key] = yield from attempt(request)
    return search.known[key]
