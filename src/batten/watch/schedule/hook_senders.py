"""Who sends a delivery, and what it says: batten's own callers, GitHub, GitLab. What they send is a stranger's until it is signed,
and short sentences afterwards.

Sources: https://www.standardwebhooks.com (its signature is also that of GitLab's signing token,
https://docs.gitlab.com/user/project/integrations/webhooks/);
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries and .../webhook-events-and-payloads;
https://docs.gitlab.com/user/project/integrations/webhook_events/ (push, deployment).
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from batten.masking import sentence
from batten.model.record import record
from batten.watch.model import MINUTE, SECOND

T = TypeVar("T")
PREFIX = "whsec_"
_WINDOW = 5 * MINUTE  # that a time stamp may be away from now
_LONGEST = 200  # characters of what is shown
_SIGNATURES = 8  # in one header
_NO_COMMIT = re.compile(r"0*")
_MARKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

Text = Annotated[str, Meta(max_length=10_000)]
Short = Annotated[str, Meta(max_length=_LONGEST)]


class HookProblem(Exception):
    """A delivery that is not taken: an HTTP status, and a sentence for the person who set the webhook up."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@record
class Delivery:
    """A request to a webhook. Names of headers are in lower case."""

    headers: Mapping[str, str]
    body: bytes


@record(kw_only=True)
class Deployment:
    """What a delivery tells of. `stage` is what the sender calls the environment, "" where it says nothing of one."""

    commit: str = ""
    name: str = ""
    by: str = ""
    stage: str = ""


class _Own(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    commit: Short = ""
    deployment: Short = ""
    by: Short = ""


class _Person(msgspec.Struct, frozen=True):
    login: Text | None = None
    name: Text | None = None
    username: Text | None = None


class _Place(msgspec.Struct, frozen=True):
    sha: Text | None = None
    ref: Text | None = None
    environment: Text | None = None


class _Status(msgspec.Struct, frozen=True):
    state: Text | None = None


class _GithubStatus(msgspec.Struct, frozen=True):
    deployment: _Place
    deployment_status: _Status
    sender: _Person = _Person()


class _GithubPush(msgspec.Struct, frozen=True):
    after: Text
    ref: Text | None = None
    pusher: _Person = _Person()


class _GitlabDeployment(msgspec.Struct, frozen=True):
    status: Text
    environment: Text | None = None
    short_sha: Text | None = None
    ref: Text | None = None
    user: _Person = _Person()


class _GitlabPush(msgspec.Struct, frozen=True):
    after: Text
    ref: Text | None = None
    user_username: Text | None = None


def seal(headers: Mapping[str, str], body: bytes, secret: str, now: int) -> bytes:
    """What makes a delivery the one that it is, once its signature holds. Raises HookProblem."""
    if "webhook-signature" in headers:
        # The key is the secret's bytes, or its text where a sender knows no prefix.
        identity, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not identity or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 15):
            raise HookProblem(
                401, "webhook-id and webhook-timestamp (in seconds) are required beside webhook-signature"
            )
        keys = b64decode(secret.removeprefix(PREFIX)), secret.encode()
        standard_expected = [signed(identity, int(stamp), body, key).encode() for key in keys]
        found = headers["webhook-signature"].split(" ")[:_SIGNATURES]
        if not any(
            hmac.compare_digest(one.encode(), wanted) for one in found for wanted in standard_expected
        ):
            raise _wrong()
        if abs(now - int(stamp) * SECOND) > _WINDOW:
            raise HookProblem(401, "webhook-timestamp is more than 5 minutes away from the service's clock")
        return identity.encode()
    if "x-hub-signature-256" in headers:
        expected = "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()
        _same(headers["x-hub-signature-256"], expected)
        return body
    if "x-gitlab-token" in headers:
        _same(headers["x-gitlab-token"], secret)
        return headers.get("idempotency-key", "").encode() + b"\0" + body
    raise HookProblem(
        401, "the delivery is not signed; set the webhook's secret where it is sent from, see docs/watch.md"
    )


def read(given: Delivery) -> Deployment | None:
    """The deployment that a delivery tells of; None for one that tells of something else. Raises HookProblem."""
    match given.headers.get("x-github-event"), given.headers.get("x-gitlab-event"):
        case None, None:
            own = _decoded(given.body, _Own)
            return Deployment(commit=_clean(own.commit), name=_clean(own.deployment), by=_clean(own.by))
        case "deployment_status", _:
            github_sent = _decoded(given.body, _GithubStatus)
            if github_sent.deployment_status.state != "success":
                return None
            what = github_sent.deployment
            return Deployment(
                commit=_clean(what.sha),
                name=_clean(what.ref),
                by=_clean(github_sent.sender.login),
                stage=_clean(what.environment),
            )
        case "push", _:
            push = _decoded(given.body, _GithubPush)
            return _pushed(push.after, push.ref, push.pusher.name)
        case None, "Deployment Hook":
            gitlab_sent = _decoded(given.body, _GitlabDeployment)
            if gitlab_sent.status != "success":
                return None
            return Deployment(
                commit=_clean(gitlab_sent.short_sha),
                name=_clean(gitlab_sent.ref),
                by=_clean(gitlab_sent.user.username),
                stage=_clean(gitlab_sent.environment),
            )
        case None, "Push Hook":
            sent = _decoded(given.body, _GitlabPush)
            return _pushed(sent.after, sent.ref, sent.user_username)
        case _:
            return None


def signed(identity: str, at: int, body: bytes, key: bytes) -> str:
    """The value of `webhook-signature`; `at` is in seconds."""
    digest = hmac.digest(key, b".".join((identity.encode(), str(at).encode(), body)), "sha256")
    return "v1," + b64encode(digest).decode()


def _same(given: str, expected: str) -> None:
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise _wrong()


def _wrong() -> HookProblem:
    return HookProblem(401, "the signature does not hold; check the webhook's secret where it is sent from")


def _pushed(after: str, ref: str | None, by: str | None) -> Deployment | None:
    """A branch that was removed has a commit of zeros."""
    if _NO_COMMIT.fullmatch(after):
        return None
    return Deployment(commit=_clean(after), name=_clean(ref), by=_clean(by))


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise HookProblem(400, f"the body cannot be read: {sentence(str(error))[:_LONGEST]}") from None


def _clean(text: str | None) -> str:
    """A line for people: no marks that move a cursor, no secret."""
    return sentence(_MARKS.sub(" ", text or "").strip())[:_LONGEST]
