"""The verdicts: pure functions over a compiled contract, the same for every carrier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from batten.contract.explanations import explained
from batten.contract.strict_json import strict_json
from batten.facts import Content
from batten.guard.bodies import Undecodable, UnknownCoding, decoded, padded
from batten.guard.compiled import LONGEST_KEPT, Compiled, KeptUndeclared, Path
from batten.guard.content.answer_headers import AnswerHeaders
from batten.guard.content.intake import answer_objection, body_objection
from batten.guard.content.stripping import stripped
from batten.guard.options import Rule
from batten.guard.parameters.quick import Unknown
from batten.guard.replies.headers import with_headers
from batten.guard.replies.origins import is_preflight, preflight
from batten.guard.requests.heads import RANGES, is_clean, is_plain, objections
from batten.guard.senders.sender import dropped as edge_headers
from batten.guard.senders.sender import misdirected
from batten.guard.served import Allow, Plan, Served, content_of
from batten.guard.verdicts import Answered, AnswerHead, Head, Headers, Pass, Refuse, Replace
from batten.policy.guarding import Undeclared

_STALE = frozenset((b"content-encoding", b"content-md5", b"digest", b"content-digest", b"repr-digest"))
MOST_UNDECLARED = 64  # combinations of undeclared names in the query, kept for an operation
_KEPT = frozenset((b"www-authenticate", b"allow", b"retry-after"))  # of an answer that is replaced


def request(compiled: Compiled, head: Head) -> Allow | Answered | Refuse:
    """What is to be done with a request, as far as its head tells."""
    fields = dict(head.headers)
    clean = is_clean(compiled.options.limits, head, fields, compiled.plain)
    return read_request(compiled, head, fields, clean)


def read_request(
    compiled: Compiled, head: Head, fields: Mapping[bytes, bytes], clean: bool
) -> Allow | Answered | Refuse:
    """`request`, for a carrier that has read the head itself. `clean` is what `is_clean` says."""
    if clean:
        path = compiled.known(head.raw_path)
        ready = path.ready.get(head.method) if path is not None else None
        if ready is not None:
            plain, tls, demand, inputs, asks, kept = ready
            if demand is None or demand.is_met(fields, head.query):
                unknown: Unknown | None = ()
                if asks or head.query:
                    unknown = inputs.accepts(head.raw_path, head.query, head.headers, fields)
                if not unknown and unknown is not None:
                    return tls if head.scheme == "https" else plain
                if unknown and kept is not None:
                    return kept.get((unknown, head.scheme == "https")) or _kept(
                        compiled, head, fields, kept, unknown
                    )
    return _carefully(compiled, head, fields)


def _kept(
    compiled: Compiled,
    head: Head,
    fields: Mapping[bytes, bytes],
    kept: KeptUndeclared,
    unknown: Unknown,
) -> Allow | Answered | Refuse:
    """A request whose query has names that are undeclared, and only observed: many requests have the same ones."""
    found = _carefully(compiled, head, fields)
    names = b"&".join(unknown)
    if (
        isinstance(found, Allow)
        and found.served is not None
        and not (found.drop or found.origin)
        and {refusal.rule for refusal in found.noted} == {Rule.UNDECLARED}
        and len(found.served.inputs.unknown(names)) == len(unknown)
        and len(names) <= LONGEST_KEPT
        and len(kept) < MOST_UNDECLARED
    ):
        kept[unknown, head.scheme == "https"] = found
    return found


def _carefully(compiled: Compiled, head: Head, fields: Mapping[bytes, bytes]) -> Allow | Answered | Refuse:
    noted: list[Refuse] = []
    against = chain(
        objections(compiled.options.limits, head, fields), misdirected(compiled.hosts, head, fields)
    )
    refusal = _first(against, compiled.observed, noted)
    if refusal is not None:
        return refusal
    path = compiled.path(head.raw_path)
    if path is not None and is_preflight(head, fields):
        granted = preflight(compiled, path, fields, head.scheme == "https")
        if Rule.ORIGIN not in compiled.observed:
            return granted
    served = path.served.get(head.method) if path is not None else None
    observed = compiled.observed if served is None else served.observed
    if path is None and Rule.PATH not in observed:
        twin = redirected(compiled, head)
        if twin is not None:
            return twin
    refusal = _first(_demands(compiled, path, served, head, fields), observed, noted)
    if refusal is not None:
        return refusal
    origin = fields.get(b"origin", b"")
    # Headers that must not reach the application. Those with an underscore are twins of others to whoever turns names
    # into environment variables (RFC 3875, 4.1.18).
    dropped = set(
        edge_headers(fields, head.sender, served.operation if served is not None else None, observed)
    )
    if Rule.HEAD not in observed and b"_" in b"".join(fields):
        dropped.update(name for name in fields if b"_" in name)
    if served is not None and not served.has_ranges and Rule.ANSWER_STATUS not in observed:
        dropped.update(RANGES.intersection(fields))
    return Allow(
        served,
        head.method,
        head.scheme == "https",
        origin if origin in compiled.origins else b"",
        frozenset(dropped),
        tuple(noted),
        served.inputs.stripped(head.query) if served is not None and served.strips and head.query else None,
    )


def _first(found: Iterable[Refuse], observed: frozenset[Rule], noted: list[Refuse]) -> Refuse | None:
    """The first objection that counts; those before it are noted."""
    for objection in found:
        if objection.rule not in observed:
            return objection
        noted.append(objection)
    return None


def _demands(
    compiled: Compiled, path: Path | None, served: Served | None, head: Head, fields: Mapping[bytes, bytes]
) -> Iterator[Refuse]:
    """What the contract says against a request."""
    if path is None:
        yield Refuse(Rule.PATH, 404, "Not Found")
        return
    if served is None:
        yield Refuse(Rule.VERB, 405, "Method Not Allowed", ((b"allow", path.methods),))
        return
    if not served.demand.is_met(fields, head.query):
        challenges = tuple((b"www-authenticate", challenge) for challenge in served.demand.challenges)
        yield Refuse(Rule.CREDENTIALS, 401, "Unauthorized", challenges)
    yield from judged_parameters(served, head)
    length = int(fields.get(b"content-length", b"0")) if fields.get(b"content-length", b"").isdigit() else 0
    if length > compiled.options.limits.request_body:
        yield Refuse(Rule.SIZE, 413, "Content Too Large")
    if length or b"transfer-encoding" in fields:
        if fields.get(b"content-encoding", b"identity").strip().lower() not in (b"identity", b""):
            headers = ((b"accept-encoding", b"identity"),)
            yield Refuse(
                Rule.MEDIA_TYPE, 415, "Unsupported Media Type", headers, "The body must not be encoded."
            )
        objection = served.intake(fields.get(b"content-type", b"").decode("latin-1")).objection
        if objection:
            yield Refuse(Rule.MEDIA_TYPE, 415, "Unsupported Media Type", detail=objection)


def judged_parameters(served: Served, head: Head) -> Iterator[Refuse]:
    """400, or 422 where the contract has that and not the other."""
    declared = served.operation.responses
    status, title = (
        (422, "Unprocessable Content")
        if "422" in declared and "400" not in declared
        else (400, "Bad Request")
    )
    for complaint in served.inputs.complaints(head.raw_path, head.query, head.headers):
        yield Refuse(Rule.PARAMETERS, status, title, detail=complaint.detail)
    for complaint in served.inputs.undeclared(head.query) if head.query else ():
        yield Refuse(Rule.UNDECLARED, status, title, detail=complaint.detail, name=complaint.name)


def redirected(compiled: Compiled, head: Head) -> Answered | None:
    """The redirect to a path that is declared for the method, where the framework's preset has that. The location is a
    path: no Host has a say in it, and two slashes at its begin, which would name a host, are refused before."""
    slashes = compiled.relaxed.preset.slashes
    if (
        slashes is None
        or not is_plain(head.raw_path)
        or (slashes.reads and head.method not in ("GET", "HEAD"))
    ):
        return None
    has_one = head.raw_path.endswith(b"/")
    if has_one and not slashes.removes:
        return None
    twin = head.raw_path[:-1] if has_one else head.raw_path + b"/"
    path = compiled.path(twin)
    if path is None or head.method not in path.served:
        return None
    location = b"%b?%b" % (twin, head.query) if head.query else twin
    headers = ((b"location", location), (b"content-length", b"0"))
    tls = head.scheme == "https"
    return Answered(slashes.status, (*headers, *compiled.header_rules(None, Content.API, tls).added))


def forwarded(allow: Allow, headers: Headers) -> Headers:
    """The request's headers as the application gets them. It is not asked for content codings that
    cannot be decoded here, nor for any where the answer's size tells something."""
    served, drop = allow.served, allow.drop
    if drop:
        headers = tuple([pair for pair in headers if pair[0] not in drop])
    if served is None or not served.codings or b"accept-encoding" not in [name for name, _ in headers]:
        return headers
    return tuple([p if p[0] != b"accept-encoding" else narrowed(served, *p) for p in headers])


def narrowed(served: Served, name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """One header of a request as the application gets it."""
    if name != b"accept-encoding" or not served.codings:
        return name, value
    return name, b"gzip" if served.codings == b"gzip" and b"gzip" in value.lower() else b"identity"


def keeps_request(allow: Allow, media_type: str) -> bool:
    """Whether a carrier must keep a request's body back until it is whole."""
    served = allow.served
    if served is None or served.operation.body is None:
        return False
    return served.intake(media_type).reader is not None


def request_body(served: Served, media_type: str, body: bytes) -> Refuse | None:
    """What a body is refused for. The detail names the place, never what stands there."""
    declared = served.operation.body
    if declared is None or not (body or declared.required):
        return None
    if not body:
        return _bad_body(served, "A body is required.")
    objection, about = body_objection(served.intake(media_type), body)
    return _bad_body(served, objection, about) if objection else None


def stripped_body(served: Served, media_type: str, body: bytes) -> bytes:
    """A body that was kept back as the application gets it: without readOnly properties, where policy says so."""
    view = served.intake(media_type).strips
    if view is None or Rule.REQUEST_BODY in served.observed:
        return body
    return stripped(body, view)


def _bad_body(served: Served, detail: str, about: str = "") -> Refuse:
    """400, or 422 where the contract has that and not the other."""
    declared = served.operation.responses
    if "422" in declared and "400" not in declared:
        return Refuse(Rule.REQUEST_BODY, 422, "Unprocessable Content", detail=detail, about=about)
    return Refuse(Rule.REQUEST_BODY, 400, "Bad Request", detail=detail, about=about)


def is_kept(allow: Allow, found: Plan) -> bool:
    """Whether a body is held back until it is judged."""
    return found.is_kept and allow.method != "HEAD"


def can_prove(allow: Allow, head: AnswerHead, found: Plan) -> bool:
    """Whether a body that `compiled.proven` holds gets out as it is."""
    served = allow.served
    is_plain = found.is_json and found.objection is None and not _value(head.headers, b"content-encoding")
    if served is None or not is_plain or (served.bucket and Rule.PADDING not in served.observed):
        return False
    if found.headers is None:
        return True
    if served.undeclared is not Undeclared.PASS and found.headers.undeclared(head.headers):
        return False
    return not found.headers.objection(head.headers)


def answer(compiled: Compiled, allow: Allow, head: AnswerHead, body: bytes | None) -> Pass | Replace:
    """What is to be done with an answer. `body` is None where it is not kept (`keeps` tells)."""
    found = plan_of(allow, head)
    verdict = judged(compiled, allow, head, body, found)
    if isinstance(verdict, Replace):
        return verdict
    headers = with_headers(
        compiled, allow, verdict.headers, found.content, None if verdict.body is None else len(verdict.body)
    )
    return Pass(headers, verdict.body, verdict.noted)


def plan_of(allow: Allow, head: AnswerHead) -> Plan:
    media_type = _value(head.headers, b"content-type")
    if allow.served is not None:
        return allow.served.plan(head.status, media_type)
    return Plan(content=content_of(media_type.decode("latin-1")))


def watched(
    compiled: Compiled, allow: Allow, head: AnswerHead, body: bytes | None, found: Plan
) -> tuple[Replace, ...]:
    """What is to be noted of an answer that has passed; None is a body that is too large to be judged."""
    if body is None:
        return (too_large(head),)
    verdict = judged(compiled, allow, head, body, found)
    noted = verdict.noted if isinstance(verdict, Pass) else (verdict,)
    return tuple(
        [each for each in noted if each.rule is Rule.ANSWER_BODY]
    )  # its head was noted when it began


def judged(
    compiled: Compiled, allow: Allow, head: AnswerHead, body: bytes | None, found: Plan
) -> Pass | Replace:
    """`answer`, but for what its headers are dressed with."""
    served = allow.served
    if served is None:
        return Pass(head.headers, body)
    noted: tuple[Replace, ...] = ()
    readable: bytes | None = None
    if found.objection is not None:
        rule, reason = found.objection
        noted = (_replace(rule, head, reason, found.hides),)
    elif body is not None:
        readable, reason, about = _judged(compiled, found, head, body)
        if reason:
            noted = (replace(_replace(Rule.ANSWER_BODY, head, reason), about=about),)
    if found.headers is not None:
        noted += _of_headers(found.headers, head)
    for verdict in noted:
        if verdict.rule not in served.observed and verdict.rule not in found.observed:
            return verdict
    headers = head.headers
    if found.headers is not None and served.undeclared is not Undeclared.PASS:
        headers, more = _declared(served, found.headers, head)
        noted += more
    if served.bucket and readable is not None and Rule.PADDING not in served.observed:
        body = padded(readable, served.bucket)
        headers = tuple([pair for pair in headers if pair[0] not in _STALE])
    return Pass(headers, body, noted)


def _of_headers(declared: AnswerHeaders, head: AnswerHead) -> tuple[Replace, ...]:
    reason = declared.objection(head.headers)
    return (_replace(Rule.ANSWER_HEADERS, head, reason),) if reason else ()


def _declared(
    served: Served, declared: AnswerHeaders, head: AnswerHead
) -> tuple[Headers, tuple[Replace, ...]]:
    """The headers that get out, and what is counted of others."""
    others = declared.undeclared(head.headers)
    if not others:
        return head.headers, ()
    if served.undeclared is Undeclared.STRIP and Rule.ANSWER_HEADERS not in served.observed:
        return tuple([pair for pair in head.headers if declared.may_pass(pair[0])]), ()
    told = f"the header `{others[0].decode('latin-1')}` is not declared"
    return head.headers, (_replace(Rule.ANSWER_HEADERS, head, told),)


def _judged(compiled: Compiled, found: Plan, head: AnswerHead, body: bytes) -> tuple[bytes | None, str, str]:
    """The body as it can be read when it is JSON, what is wrong with it, and the same in full, for logs."""
    if found.is_empty:
        return None, "a body, but none is declared" if body else "", ""
    if not found.is_json and not found.text and found.reader is None:
        return None, "", ""
    encoding = _value(head.headers, b"content-encoding")
    try:
        readable = decoded(encoding, body, compiled.options.limits.answer_body) if encoding else body
        if found.reader is not None:
            return None, *answer_objection(found.reader, found.validator, readable)
        if found.text:
            return None, "" if readable == found.text else "the body is not the status's phrase", ""
        if compiled.proven.holds(readable, found.validator):
            return readable, "", ""
        value = strict_json(readable)
    except UnknownCoding as error:
        return None, "" if found.is_watched else str(error), ""
    except Undecodable as error:
        return None, str(error), ""
    except ValueError:
        return None, "the body is not strict JSON", ""
    if found.validator is None or found.validator.is_valid(value):
        compiled.proven.add(readable, found.validator)
        return readable, "", ""
    why = explained(found.validator, value)
    return readable, f"the body does not match its schema at {why.pointer or 'its root'}", why.about


def too_large(head: AnswerHead) -> Replace:
    return _replace(Rule.ANSWER_BODY, head, "the body is too large to be validated")


def failed(reason: str) -> Replace:
    """For an application that lets an exception out, or ends without an answer."""
    return Replace(Rule.ANSWER_ERROR, 500, reason)


def _replace(rule: Rule, head: AnswerHead, reason: str, hides: bool = False) -> Replace:
    """An error stays the error it was; anything else has become the server's."""
    if head.status < 400 or hides:
        return Replace(rule, 500, reason)
    kept = tuple(pair for pair in head.headers if pair[0] in _KEPT)
    return Replace(rule, head.status, reason, kept)


def _value(headers: Headers, wanted: bytes) -> bytes:
    for name, value in headers:
        if name == wanted:
            return value
    return b""
