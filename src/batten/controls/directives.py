"""Controls on response headers that have one right value: a table, and one judge for its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.controls._registry import control
from batten.facts import Content, ResponseHeaders
from batten.model import ABSENT, Bundle, Case, SetHeader, Severity, Violation
from batten.model.record import record

OWASP = "OWASP API8:2023, OWASP Secure Headers"


@record
class Directive:
    """A header that should be sent, when, and what is good enough."""

    slug: str
    title: str
    severity: Severity
    header: str
    value: str  # what the remedy sends with data; and with pages, unless `milder` says otherwise
    good: Callable[[str], bool]
    why: str
    absent: Case
    weak: Case
    not_on_errors: Case
    applies: Callable[[ResponseHeaders], bool] = lambda answer: True
    references: str = OWASP
    instead: Callable[[ResponseHeaders], bool] = lambda answer: False  # another header does the same
    milder: str = ""  # what the remedy sends where answers are pages, or may be
    for_pages: Callable[[str], bool] | None = None  # what is good enough there; None: as for data
    risk: str = ""  # which clients may notice the milder value; "": none
    harsh: str = ""  # which may notice what replaces a weak value there; "": those of `risk`


class NosniffSent(Case):
    ABSENT = "absent", "Send X-Content-Type-Options: nosniff with every response."
    WEAK = "weak", "Set X-Content-Type-Options to nosniff, its only valid value."
    NOT_ON_ERRORS = "not-on-errors", "Send X-Content-Type-Options with error responses, too."


class FramingDenied(Case):
    ABSENT = (
        "absent",
        "Send X-Frame-Options: DENY with data, SAMEORIGIN with pages, or a Content-Security-Policy with frame-ancestors.",
    )
    WEAK = "weak", "Set X-Frame-Options to DENY or SAMEORIGIN; name other origins in frame-ancestors."
    NOT_ON_ERRORS = "not-on-errors", "Send X-Frame-Options with error responses, too."


class CspSent(Case):
    ABSENT = (
        "absent",
        "Send a Content-Security-Policy: default-src 'none' with data, at least frame-ancestors with pages.",
    )
    WEAK = (
        "weak",
        "Restrict script-src to listed sources, nonces or hashes; allow no inline scripts and no wildcards.",
    )
    NOT_ON_ERRORS = "not-on-errors", "Send the Content-Security-Policy with error responses, too."


class ReferrerPolicySent(Case):
    ABSENT = (
        "absent",
        "Send Referrer-Policy: no-referrer with data, strict-origin-when-cross-origin with pages.",
    )
    WEAK = "weak", "Set Referrer-Policy to no-referrer, same-origin or strict-origin-when-cross-origin."
    NOT_ON_ERRORS = "not-on-errors", "Send Referrer-Policy with error responses, too."


class PermissionsPolicySent(Case):
    ABSENT = (
        "absent",
        "Send a Permissions-Policy that disables the browser features that the page does not use.",
    )
    WEAK = "weak", "List in Permissions-Policy which origins may use a feature, instead of a wildcard."
    NOT_ON_ERRORS = "not-on-errors", "Send Permissions-Policy with error pages, too."


class CrossOriginIsolationSent(Case):
    ABSENT = "absent", "Send Cross-Origin-Resource-Policy: same-origin with every API response."
    WEAK = "weak", "Set Cross-Origin-Resource-Policy to same-origin or same-site."
    NOT_ON_ERRORS = "not-on-errors", "Send Cross-Origin-Resource-Policy with error responses, too."


def _denies_framing(answer: ResponseHeaders) -> bool:
    policy = answer["content-security-policy"].value
    return (
        isinstance(policy, str)
        and "frame-ancestors" in policy
        and "*" not in directive(policy, "frame-ancestors")
    )


def directive(policy: str, name: str) -> str:
    """The sources of one directive of a Content-Security-Policy, "" when it is not there."""
    for part in policy.split(";"):
        words = part.split()
        if words and words[0].lower() == name:
            return " ".join(words[1:]) or "'none'"
    return ""


def _strict_csp(policy: str) -> bool:
    return bool(_scripts(policy)) and _csp_of_pages(policy)


def _scripts(policy: str) -> str:
    return directive(policy, "script-src") or directive(policy, "default-src")


def _csp_of_pages(policy: str) -> bool:
    """Whether it allows no injected scripts, or says nothing of scripts but who may frame the page."""
    scripts = _scripts(policy)
    loose = ("'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:")
    nonce = "'nonce-" in scripts or "'sha" in scripts or "'strict-dynamic'" in scripts
    words = scripts.split()
    said = bool(scripts) or bool(directive(policy, "frame-ancestors"))
    return said and not any(w in words and not (nonce and w != "*") for w in loose)


def data_only(answer: ResponseHeaders) -> bool:
    """Whether answers are known to be an API's, so that no header can keep a page from working."""
    return answer.content is Content.API


DIRECTIVES = (
    Directive(
        slug="nosniff-sent",
        title="Responses disable MIME sniffing",
        severity=Severity.LOW,
        header="X-Content-Type-Options",
        value="nosniff",
        good=lambda value: value.strip().lower() == "nosniff",
        why="A browser that guesses media types may run an uploaded image or a JSON response as a script.",
        absent=NosniffSent.ABSENT,
        weak=NosniffSent.WEAK,
        not_on_errors=NosniffSent.NOT_ON_ERRORS,
        # A script that is sent as text/plain runs without it only (Fetch, "should response be blocked due to nosniff").
        risk="pages whose scripts or styles are sent with another media type",
    ),
    Directive(
        slug="framing-denied",
        title="Responses cannot be framed",
        severity=Severity.LOW,
        header="X-Frame-Options",
        value="DENY",
        good=lambda value: value.strip().upper() in ("DENY", "SAMEORIGIN"),
        why="A page that another site can frame invisibly makes its user click buttons that the user does not see.",
        absent=FramingDenied.ABSENT,
        weak=FramingDenied.WEAK,
        not_on_errors=FramingDenied.NOT_ON_ERRORS,
        applies=lambda answer: answer.content is not Content.ASSET,
        references="OWASP API8:2023, CWE-1021",
        instead=_denies_framing,
        milder="SAMEORIGIN",
        risk="sites that show these pages in a frame",
    ),
    Directive(
        slug="csp-sent",
        title="Responses carry a strict Content-Security-Policy",
        severity=Severity.LOW,
        header="Content-Security-Policy",
        value="default-src 'none'; frame-ancestors 'none'",
        good=_strict_csp,
        why="If a browser can be made to render a response, injected scripts run in the API's origin unless a policy forbids them.",
        absent=CspSent.ABSENT,
        weak=CspSent.WEAK,
        not_on_errors=CspSent.NOT_ON_ERRORS,
        applies=lambda answer: answer.content is not Content.ASSET,
        references="OWASP API8:2023, CWE-693",
        milder="frame-ancestors 'self'",
        for_pages=_csp_of_pages,
        risk="sites that show these pages in a frame",
        harsh="pages that load scripts, styles, images or frames",
    ),
    Directive(
        slug="referrer-policy-sent",
        title="Responses set a Referrer-Policy",
        severity=Severity.LOW,
        header="Referrer-Policy",
        value="no-referrer",
        good=lambda value: (
            value.split(",")[-1].strip().lower()
            in ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
        ),
        why="Identifiers and tokens in URLs reach every site that a response links to.",
        absent=ReferrerPolicySent.ABSENT,
        weak=ReferrerPolicySent.WEAK,
        not_on_errors=ReferrerPolicySent.NOT_ON_ERRORS,
        applies=lambda answer: answer.content is not Content.ASSET,
        milder="strict-origin-when-cross-origin",  # what browsers do without the header
        risk="pages that set another Referrer-Policy themselves",  # of two, browsers take the last
        harsh="sites that rely on whole addresses as the referrer",
    ),
    Directive(
        slug="permissions-policy-sent",
        title="Pages restrict browser features with a Permissions-Policy",
        severity=Severity.INFO,
        header="Permissions-Policy",
        value="camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        good=lambda value: bool(value.strip()) and "*" not in value,
        why="A script injected into a page can use the camera, microphone and position that users allowed to the page.",
        absent=PermissionsPolicySent.ABSENT,
        weak=PermissionsPolicySent.WEAK,
        not_on_errors=PermissionsPolicySent.NOT_ON_ERRORS,
        applies=lambda answer: answer.content in (Content.PAGE, Content.BOTH),
        risk="pages that use the disabled features",
    ),
    Directive(
        slug="cross-origin-isolation-sent",
        title="Other sites cannot embed API responses",
        severity=Severity.INFO,
        header="Cross-Origin-Resource-Policy",
        value="same-origin",
        good=lambda value: value.strip().lower() in ("same-origin", "same-site"),
        why="Side channels such as Spectre read what a browser loads into another site's process.",
        absent=CrossOriginIsolationSent.ABSENT,
        weak=CrossOriginIsolationSent.WEAK,
        not_on_errors=CrossOriginIsolationSent.NOT_ON_ERRORS,
        applies=lambda answer: answer.content in (Content.API, Content.UNKNOWN),
        risk="other sites that embed these answers",
    ),
)


_UNSEEN = "set, and whether the application sends it is unknown"


def _register(row: Directive) -> None:
    def judge(answer: ResponseHeaders) -> Iterator[Violation]:
        yield from missing_or_weak(answer, row)

    judge.__doc__ = row.why
    control(row.title, row.severity, "V5", row.references, row.slug, bundle=Bundle.HEADERS)(judge)


def missing_or_weak(answer: ResponseHeaders, row: Directive) -> Iterator[Violation]:
    """Violations of one row: not sent, sent with a weak value, or not sent with errors."""
    if not row.applies(answer) or row.header.lower() in answer.dropped or row.instead(answer):
        return
    if 300 <= answer.status < 400 and not answer.body:
        return  # nothing is rendered, sniffed or framed
    header, seen = answer[row.header], answer.evidence
    if header.value is ABSENT:
        own = not answer.forwarded or answer.content is not Content.UNKNOWN
        message = f"`{row.header}` is not {'sent' if own else _UNSEEN}"
        # What governs pages is told only where nothing shows that there are any (docs/precision.md); types are
        # sniffed in data, too, but what an application that is not known sends of its own is not seen. Browsers send
        # no paths to other sites without a Referrer-Policy, either, and what scripts an application needs is its
        # author's to say.
        if answer.status >= 400:
            milder: Severity | None = Severity.INFO
        elif answer.forwarded and not answer.status:
            milder = Severity.INFO
        elif data_only(answer):
            milder = None if row.slug == "nosniff-sent" else Severity.INFO
        else:
            pages = answer.content in (Content.PAGE, Content.BOTH)
            if row.slug == "referrer-policy-sent" or not pages:
                milder = Severity.INFO
            else:
                elsewhere = bool(answer.evidence) and all(
                    at.source != answer.at.source for at in answer.evidence
                )
                beside = (
                    answer.content is Content.BOTH and row.slug == "framing-denied"
                )  # an API's documentation, mostly
                milder = Severity.INFO if elsewhere and (beside or row.slug == "csp-sent") else None
        yield Violation(
            row.absent,
            message,
            answer.at,
            remedy=suited(answer, row),
            related=seen,
            severity=milder,
        )
    elif isinstance(header.value, str):
        good = row.good if data_only(answer) or row.for_pages is None else row.for_pages
        if not good(header.value):
            message = f"`{row.header}` is too weak: `{header.value}`"
            # What replaces a weak value. What a page's scripts may be is its author's to list.
            if data_only(answer):
                stricter: SetHeader | None = suited(answer, row)
            elif row.for_pages is None:
                stricter = SetHeader(row.header, row.milder or row.value, row.harsh or row.risk)
            else:
                stricter = (
                    SetHeader(row.header, row.value, row.harsh) if answer.content is Content.UNKNOWN else None
                )
            yield Violation(row.weak, message, header.at, remedy=stricter, related=seen)
        elif not answer.on_errors(row.header):
            kept = SetHeader(row.header, header.value, "" if data_only(answer) else row.risk)
            message = f"`{row.header}` is not sent with error responses"
            yield Violation(row.not_on_errors, message, header.at, remedy=kept, severity=Severity.INFO)


def suited(answer: ResponseHeaders, row: Directive) -> SetHeader:
    """The header with the value that suits what is answered, and who may notice it."""
    if data_only(answer):
        return SetHeader(row.header, row.value)
    return SetHeader(row.header, row.milder or row.value, row.risk)


for _row in DIRECTIVES:
    _register(_row)
