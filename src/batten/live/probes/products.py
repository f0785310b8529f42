"""Products that are often left open: recognised by what the root answers, and asked only what their own rows say."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import field
from itertools import islice

from batten.facts import Component, Fact, Opening
from batten.live.baseline import alike, sibling
from batten.live.evidence import sight
from batten.live.exchange import Answer, Headers, NotAnswered, Probe, Question, Response, Steps
from batten.live.probes.scenes import hops
from batten.live.products import PRODUCTS, Product, Read
from batten.live.rebinding import rebound
from batten.live.scene import BROWSER, Asked, looked
from batten.live.survey import Survey
from batten.model import Setting
from batten.model.record import record

MOST_MOUNTS = 60  # folders of a shared host in which products are looked for
CHUNK = 10  # folders that one probe asks for
UNAVAILABLE = (502, 503, 504)
MOST_SIGNS = 80  # paths that are asked for the sign of a product that does not show at its root


@record
class Place:
    """A folder of the host that may be a product's own root, without a slash at its end, and its answers there."""

    base: str
    answers: tuple[Response, ...]


@record
class _Search:
    survey: Survey
    seen: set[str] = field(default_factory=set)  # products that were recognised


def plan(survey: Survey) -> Iterator[Probe]:
    yield Probe("open products", _here(_Search(survey)))


def mounted(survey: Survey) -> Iterator[Probe]:
    """The folders where products usually are; none where a product is at the root, or every name is answered alike."""
    scene, search = survey.scene, _Search(survey)
    if scene.uniform or scene.refuses or scene.opened:
        return
    mounts = list(dict.fromkeys(mount.rstrip("/") for product in PRODUCTS for mount in product.mounts))
    for start in range(0, min(len(mounts), MOST_MOUNTS), CHUNK):
        bases = mounts[start : min(start + CHUNK, MOST_MOUNTS)]
        yield Probe(f"open products at {bases[0]} … {bases[-1]}", _mounted(search, bases))


def _here(search: _Search) -> Steps:
    """What the environment's own path and the host's root are; then, where a product keeps its sign elsewhere."""
    found: list[Fact | NotAnswered] = []
    places = []
    for base in dict.fromkeys((search.survey.prefix, "")):
        places.append((yield from _place(search, base, ((), BROWSER))))
        found += yield from _recognised(search, places[-1])
    if not any(isinstance(fact, Opening) for fact in found):
        found += yield from _by_signs(search, places[0])
    return found


def _by_signs(search: _Search, place: Place) -> Steps:
    """One question a path, whichever products may show their sign there."""
    found: list[Fact | NotAnswered] = []
    at: dict[tuple[str, str], list[Product]] = {}
    for product in PRODUCTS:
        for path in product.at:
            at.setdefault((product.verb, path), []).append(product)
    survey = search.survey
    for (verb, path), products in islice(at.items(), MOST_SIGNS):
        left = [p for p in products if p.name not in search.seen]
        asked = looked(survey.scene, survey.origin, place.base + path, (), verb, b"")
        answer = yield from asked if left else _nothing()
        if isinstance(answer, Response):
            found += yield from _shown(search, place, (answer,), left)
        if any(isinstance(fact, Opening) for fact in found):
            break  # one product has one root
    return found


def _nothing() -> Asked:
    yield from ()
    return NotAnswered("nothing is left to be recognised")


def _mounted(search: _Search, bases: list[str]) -> Steps:
    """Each folder is asked once, as browsers do."""
    found: list[Fact | NotAnswered] = []
    for base in bases:
        place = yield from _place(search, base, (BROWSER,))
        if place.answers and not search.survey.scene.as_nothing(place.answers[0]):
            found += yield from _recognised(search, place)
    return found


def _place(search: _Search, base: str, ways: tuple[Headers, ...]) -> Generator[Question, Answer, Place]:
    """What a root answers, as to a program and as to a browser, and where that leads."""
    answers: list[Response] = []
    for headers in ways:
        told = yield from hops(search.survey, f"{base}/", headers)
        answers += [answer for answer in told if isinstance(answer, Response)]
    return Place(base, tuple(answers))


def _recognised(search: _Search, place: Place) -> Steps:
    return (yield from _shown(search, place, place.answers, PRODUCTS))


def _shown(
    search: _Search, place: Place, answers: tuple[Response, ...], products: Iterable[Product]
) -> Steps:
    """What is open of the products whose sign one of the answers shows."""
    found: list[Fact | NotAnswered] = []
    for product in products:
        if product.name not in search.seen and any(product.sign(answer) for answer in answers):
            search.seen.add(product.name)
            found += yield from _opened(search, place, product)
    return found


def _opened(
    search: _Search, place: Place, product: Product
) -> Generator[Question, Answer, list[Fact | NotAnswered]]:
    """The reads of a product that was recognised, until one proves that it is open."""
    failed: list[Fact | NotAnswered] = []
    for read in product.reads:
        answer = yield from _ask(search, place.base + read.path, read.headers, read)
        if isinstance(answer, NotAnswered):
            failed.append(answer)
        elif read.proof(answer) and not (yield from _anything(search, place.base + read.path, answer, read)):
            told = yield from _told(search, place, product, answer)
            search.survey.scene.opened.add(product.name)
            return [*_facts(product, read, answer, told), *(yield from rebound(answer, read.proof))]
        elif answer.status in UNAVAILABLE:
            told = f"{product.name} answered {answer.status}; whether it is open to anyone is unknown"
            failed.append(NotAnswered(told))
    return failed


def _anything(search: _Search, path: str, answer: Response, read: Read) -> Generator[Question, Answer, bool]:
    """Whether a name that nobody has is answered in the same way, and should not be."""
    if read.anywhere:
        return False
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
    method, body = (read.method, read.body) if read is not None else ("GET", b"")
    survey = search.survey
    return (yield from looked(survey.scene, survey.origin, path, headers, method, body))
