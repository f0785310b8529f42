"""DNS rebinding: a page on an attacker's name has that name lead to a private address, and reads what answers there in
its visitor's browser. A server that checks the Host header answers no such request.

It is tried where it matters: plain HTTP (no certificate is valid for the attacker's name), on this machine or in a
private network, of answers that hold data and need no credential.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from batten.facts import Feature
from batten.live.catalogue.item import Proof
from batten.live.evidence import sight
from batten.live.exchange import Answer, NotAnswered, Question, Request, Response, attempt, header
from batten.live.origins import STRANGER
from batten.model import Setting, Switch

NAME = f"batten.{STRANGER}"
# RFC 1918, RFC 6598 and RFC 4193; examples and tests have private addresses too, which are no network of anyone.
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


def inside(response: Response) -> bool:
    """Whether an answer came from this machine or from a private network, as far as its address shows."""
    place = response.address or urlsplit(response.request.url).hostname or ""
    try:
        address = ip_address(place.partition("%")[0])
    except ValueError:
        return place == "localhost" or place.endswith(".localhost")
    return address.is_loopback or address.is_link_local or any(address in network for network in _PRIVATE)


def exposed(response: Response) -> bool:
    """Whether what was answered without a credential would be of use to a page that came by rebinding."""
    plain = response.request.url.startswith("http://") and not response.request.authenticated
    return plain and response.status == 200 and inside(response)


def renamed(request: Request) -> Request:
    """The same request as the browser of a rebound page makes it: without credentials, and under the page's name."""
    port = urlsplit(request.url).port
    name = NAME if port is None else f"{NAME}:{port}"
    kept = tuple((n, v) for n, v in request.headers if n.lower() not in ("host", "authorization", "cookie"))
    return replace(request, headers=(("Host", name), *kept), anonymous=True, credentials=False)


def rebound(response: Response, proof: Proof) -> Generator[Question, Answer, list[Feature | NotAnswered]]:
    """What was proved by an answer is asked again under another name, where that matters."""
    if not exposed(response):
        return []
    again = yield from attempt(renamed(response.request))
    if isinstance(again, NotAnswered):
        return []  # a server that hangs up on names that are not its own has refused this one
    return list(rebinding_facts(again)) if proof(again) else []


def rebinding_facts(response: Response) -> Iterator[Feature]:
    """An answer to a name that is not the server's own; whether it is data is the caller's to know."""
    request = response.request
    name = header(request.headers, "host").rpartition(":")[0] or header(request.headers, "host")
    if exposed(response) and name and name != urlsplit(request.url).hostname:
        told = f"({len(response.body)} bytes, omitted: confidential)"
        at = sight(response, told).at("response to another host name")
        yield Feature(
            at, Switch.ANY_NAME, Setting(True, at), f"{request.method} {urlsplit(request.url).path or '/'}"
        )
