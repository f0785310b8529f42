"""What headers and bodies of an answer tell beside what they are for: JSON that goes out as a page, passwords asked
for on a plain connection, credentials in links, and links to a name that the client made up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from batten.facts import Feature
from batten.live.evidence import Sight
from batten.live.exchange import header, on_loopback
from batten.model import Setting, Switch

_LOGIN = re.compile(r"(?i)(?:^|,\s*)(basic|digest)\b")
LONGEST = 4000  # characters of a link
_IN_LINK = re.compile(
    r"(?i)[?&;](access_token|auth_token|id_token|refresh_token|api_?key|jwt|password|passwd|session_?id|jsessionid|phpsessid)"
    r"=(?=[^&\s\"'<>{}]*\d)([\w.~%+/-]{8,})"
)
_URL = re.compile(r"https?://[^\s\"'<>\\]+|(?<=\")/[^\s\"'<>\\]+")


def told_beside(seen: Sight) -> Iterator[Feature]:
    yield from _mistyped(seen)
    yield from _login(seen)
    yield from _links(seen)
    # A link or a redirect to the name that the request made up; an echo of the header is none. Only the client itself
    # is sent astray by its own Host; a header that it may add, and a link in a body that goes into mails and caches,
    # are worse.
    for by in ("Host", "X-Forwarded-Host"):
        name = header(seen.request.headers, by).partition(":")[0]
        if not name or name == urlsplit(seen.request.url).hostname:
            continue
        at = seen.at(f"response with {by}")
        target = urlsplit(seen.response.header("location"))
        if target.hostname == name:
            # To the same place over TLS: what that answers under the name is another question.
            if target.scheme == "https" and seen.request.url.startswith("http://"):
                continue
            if by == "Host":
                yield Feature(at, Switch.HOST_REDIRECT, Setting(True, at), f"Host: {name}")
            else:
                yield Feature(
                    at,
                    Switch.HOST_CHECK,
                    Setting(False, at),
                    f"{by}: {name} determines the target of a redirect",
                )
        elif seen.response.status < 400 and f"//{name}" in seen.response.text.replace("\\/", "/"):
            yield Feature(at, Switch.HOST_CHECK, Setting(False, at), f"{by}: {name} is reflected in a link")


def _mistyped(seen: Sight) -> Iterator[Feature]:
    """JSON as text: a browser renders as a page what somebody wrote into it."""
    response = seen.response
    if response.media_type not in ("text/html", "text/plain") or response.truncated:
        return
    if response.body.lstrip()[:1] not in (b"{", b"["):
        return
    try:
        document = json.loads(response.text)
    except (ValueError, RecursionError):
        return
    if document:
        at = seen.at("response.headers[content-type]")
        yield Feature(at, Switch.MEDIA_TYPE, Setting(False, at), response.media_type)


def _login(seen: Sight) -> Iterator[Feature]:
    """A challenge that a browser answers with the password itself, or with what is as good as it."""
    if not seen.request.url.startswith("http://") or on_loopback(seen.response):
        return  # on loopback no other machine is on the path
    for value in seen.response.all("www-authenticate"):
        if scheme := _LOGIN.search(value):
            at = seen.at("response.headers[www-authenticate]")
            yield Feature(
                at, Switch.PLAIN_LOGIN, Setting(True, at), f"{scheme[1].capitalize()} authentication"
            )
            return


def _links(seen: Sight) -> Iterator[Feature]:
    """Only links of an API's own answers: a page of documentation shows examples."""
    response = seen.response
    places = [response.header("location")]
    if response.media_type.endswith("json") and 200 <= response.status < 300:
        places += _URL.findall(response.text[:200_000].replace("\\/", "/"))
    own = seen.request.path + seen.request.body.decode("utf-8", "replace")
    for place in places:
        found = _IN_LINK.search(place[:LONGEST])
        if found and found[2] not in own:
            at = seen.at("response links")
            yield Feature(at, Switch.CREDENTIAL_IN_LINK, Setting(True, at), found[1])
            return
