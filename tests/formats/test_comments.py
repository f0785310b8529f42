"""Which comments give a reason for what stands beside them."""

from __future__ import annotations

import pytest

from batten.formats.comments import explained, worthless
from batten.formats.document import Text
from batten.model import Span


def _told(before: str, behind: str = "", mark: str = "#") -> bool:
    above = "".join(f"  {mark} {line}\n" for line in before.splitlines())
    text = f"first: 1\n{above}  - /a:/b{behind}\n  - /c:/d\n"
    start = text.index("/a:/b")
    return explained(Text("x.yaml", text), Span(start, start + 5))


@pytest.mark.parametrize(
    "said",
    [
        "required for reading logs", "needs access to the host's processes", "needed by the VPN", "Intentionally public",
        "this is by design", "public on purpose", "so that Promtail can find containers", "must be privileged", "used to read /proc",
        "the agent\nneeds the socket\nto see containers", "open because customers upload here",
    ],
)  # fmt: skip
def test_a_reason_is_read_above_and_behind(said: str) -> None:
    assert _told(said) and _told(said, mark="//")
    assert _told("", behind=f" # {said}") or "\n" in said


@pytest.mark.parametrize(
    "said",
    [
        "", "the engine's socket", "- /var/run/docker.sock:/var/run/docker.sock", "TODO: remove, required for tests", "not needed for reading",
        "no longer required by anything", "insecure, but needed for now", "WARNING: needs root", "needed for debugging", "FIXME must be closed",
        "temporary, because of the migration", "don't: required for nothing", "volumes", "requirements", "a purpose-built list",
    ],
)  # fmt: skip
def test_doubt_and_plain_words_give_none(said: str) -> None:
    assert not _told(said)
    assert not _told("", behind=f" # {said}")


def test_comments_elsewhere_and_marks_within_values_say_nothing() -> None:
    text = "# required for all of it\n\nservices:\n  a: /x#required-for-y\n  b: http://h//needed for\n  # required for c\n  c: 1\n"
    for word in ("/x#required-for-y", "http://h//needed for"):
        start = text.index(word)
        assert not explained(Text("x", text), Span(start, start + len(word)))
    start = text.index("c: 1")
    assert explained(Text("x", text), Span(start, start + 4))


def test_a_long_line_is_looked_at_in_part() -> None:
    text = f"  # {'x' * 5_000_000} required for logs\n  - a\n"
    start = text.index("- a")
    assert not explained(Text("x", text), Span(start, start + 3))


def _disowned(above: str, behind: str = "") -> bool:
    text = f"first: 1\n\n{above}db_user: shop\ndb_password: tea-4471{behind}\nlast: 2\n"
    start = text.index("tea-4471")
    return worthless(Text("x.yaml", text), Span(start, start + 8))


@pytest.mark.parametrize(
    "said",
    [
        "for local development only", "throwaway", "dummy value", "test credentials", "only used in tests", "only used internally",
        "not a real secret", "can be anything", "Local development", "publicly known", "no real secrets here", "public values are fine",
    ],
)  # fmt: skip
def test_what_a_comment_says_of_a_credential_without_worth(said: str) -> None:
    assert _disowned(f"# {said}\n") and _disowned(f"// {said}\n") and _disowned("", behind=f"  # {said}")


@pytest.mark.parametrize(
    "said",
    [
        "", "password of the shop", "same as in production", "for local development and production", "not only for tests", "rotate me",
        "the local database", "example.com", "TODO: throwaway until we have Vault", "publicly reachable", "a test of the password",
    ],
)  # fmt: skip
def test_other_comments_leave_a_credential_as_grave(said: str) -> None:
    assert not _disowned(f"# {said}\n") and not _disowned("", behind=f"  # {said}")


def test_a_comment_of_another_paragraph_says_nothing_of_a_credential() -> None:
    assert not _disowned("# dummy values\n\n")
