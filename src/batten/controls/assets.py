"""Controls on static assets: how they are served, and how they are linked."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.controls.transport import REFERENCES
from batten.facts import Listener, ObservedAnswer, PlainAnswer, ResponseHeaders
from batten.model import Case, RedirectToTls, SetHeader, Severity, Violation


class AssetsEncrypted(Case):
    PLAIN_HTTP = "plain-http", "Serve static files over HTTPS, and redirect plain HTTP to it."
    PLAIN_LINK = "plain-link", "Link static files by https URLs."
    PLAIN_SOURCE = "plain-source", "Allow https sources only in the Content-Security-Policy."
    PLAIN_SERVER = "plain-server", "Publish the https address of static files in the contract."
    BUCKET_WEBSITE = "bucket-website", "Serve the bucket through a CDN with TLS, and turn its website off."


@control("Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", REFERENCES)
def assets_encrypted(answer: PlainAnswer) -> Iterator[Violation]:
    """Anyone on the network path sees which files a user opens over plain HTTP, and can replace them."""
    if answer.asset and answer.content:
        message = "a static asset is served over plain HTTP"
        yield Violation(AssetsEncrypted.PLAIN_HTTP, message, answer.at)


@control(
    "Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", slug="assets-encrypted"
)
def assets_encrypted_at_the_edge(listener: Listener) -> Iterator[Violation]:
    if listener.assets and listener.tls.known(True) is False:
        message = "static assets are served over plain HTTP"
        yield Violation(AssetsEncrypted.PLAIN_HTTP, message, listener.at, remedy=RedirectToTls())


@control(
    "Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", slug="assets-encrypted"
)
def assets_linked_encrypted(answer: ObservedAnswer) -> Iterator[Violation]:
    plain = [link for link in answer.links if link.startswith("http://")]
    if plain:
        message = f"responses of `{answer.operation}` link to assets over plain HTTP: `{plain[0]}`"
        yield Violation(AssetsEncrypted.PLAIN_LINK, message, answer.at)


@control(
    "Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", slug="assets-encrypted"
)
def assets_allowed_encrypted(answer: ResponseHeaders) -> Iterator[Violation]:
    """A page's own policy must not allow plain-HTTP sources; csp-sent judges wildcards."""
    name = "content-security-policy"
    header = answer[name]
    if not answer.over_tls or name in answer.dropped or not isinstance(header.value, str):
        return
    if "upgrade-insecure-requests" in header.value.lower():
        return
    plain = [w for w in header.value.split() if w.lower().startswith("http:") and "://localhost" not in w]
    if plain:
        better = " ".join("https" + w[4:] if w in plain else w for w in header.value.split())
        message = f"`Content-Security-Policy` allows sources over plain HTTP: `{plain[0].rstrip(';')}`"
        remedy = SetHeader("Content-Security-Policy", better, "pages that use sources without HTTPS")
        yield Violation(AssetsEncrypted.PLAIN_SOURCE, message, header.at, remedy=remedy)
