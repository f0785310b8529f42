from __future__ import annotations

import re

import pytest
from guard_contracts import TEXT, asked, compiled

from batten.contract.explanations import explained
from batten.contract.validators import validator_of
from batten.guard.accounting import Accounting
from batten.guard.decisions import judged, plan_of, request, request_body
from batten.guard.log import excerpt, redacted
from batten.guard.options import Options, Rule
from batten.guard.served import Allow
from batten.guard.tally import MOST, REST, Tally
from batten.guard.verdicts import AnswerHead, Headers, Refuse, Replace


@pytest.mark.parametrize(
    "text",
    [
        'password="hunter2x"',
        '{"access_token": "hunter2x"}',
        "Authorization: Bearer hunter2x",
        "api_key=hunter2x&a=b",
        "postgres://app:hunter2x@db/orders",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2x\n-----END RSA PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9hunter2x.eyJzdWIiOiIxIn0hunter2x.abc",
    ],
)
def test_secrets_do_not_reach_the_log(text: str) -> None:
    assert "hunter2x" not in redacted(f"at line 3: {text} in f()")


def test_a_trace_stays_readable() -> None:
    text = 'File "/srv/app/products.py", line 30, in get_product'
    assert redacted(text) == text


def test_a_body_cannot_forge_lines() -> None:
    assert "\n" not in excerpt(b"a\n2026-01-01 INFO all is well")


def test_tally_ends_somewhere() -> None:
    tally = Tally()
    for number in range(MOST + 50):
        tally.add(Rule.PATH, f"GET /{number}", enforced=True)
    counts = tally.counts()
    assert len(counts) == MOST + 1 and counts[0].what == REST and counts[0].times == 50
    assert tally.total(Rule.PATH) == MOST + 50


THING = 1 + TEXT.splitlines().index("    Thing:")  # its line
JSON: Headers = ((b"content-type", b"application/json"),)
POSTED = asked(
    "POST",
    "/v1/things",
    ("authorization", "Bearer abc"),
    ("content-type", "application/json"),
    ("content-length", "9"),
)


def _allowed(guard: Accounting) -> Allow:
    verdict = request(guard.compiled, POSTED)
    assert isinstance(verdict, Allow)
    return verdict


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"name": "Ann Smith, 7 High Street"}', 'maxLength 10 of /components/schemas/Thing/properties/name/maxLength (openapi.yaml:+4) at /name'),
        (b'{"name": 1234567}', 'type "string" of /components/schemas/Thing/properties/name/type (openapi.yaml:+4) at /name'),
        (b'{"ann@example.com": 1}', "additionalProperties false of /components/schemas/Thing/additionalProperties (openapi.yaml:+2) at /"),
        (b'{}', 'required ["name"] of /components/schemas/Thing/required (openapi.yaml:+3) at /'),
    ],
)  # fmt: skip
def test_bodies_are_explained_without_their_values(
    body: bytes, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    accounting = Accounting(compiled(), Tally())
    says = re.sub(r"\+(\d)", lambda lines: str(THING + int(lines[1])), says)
    allow = _allowed(accounting)
    assert allow.served is not None
    refusal = request_body(allow.served, "application/json", body)
    assert isinstance(refusal, Refuse) and "openapi" not in refusal.detail
    with caplog.at_level("INFO", "batten.guard"):
        accounting.refused(POSTED, refusal, allow)
        head = AnswerHead(201, JSON)
        verdict = judged(accounting.compiled, allow, head, body, plan_of(allow, head))
        assert isinstance(verdict, Replace)
        accounting.replaced(POSTED, allow, head, verdict, body)
        accounting.noted(POSTED, allow, verdict, 201)
    assert [says in record.getMessage() for record in caplog.records] == [True] * 3
    assert not any(value in caplog.text for value in ("Ann", "1234567", "ann@"))


def test_of_maps_the_place_has_no_name_of_data(caplog: pytest.LogCaptureFixture) -> None:
    schema = {"additionalProperties": {"items": {"type": "integer"}}}
    why = explained(validator_of(schema), {"ann@example.com": [1, "x"]})
    assert why.about == "type at /*/1" and why.pointer == "/ann@example.com/1"


@pytest.mark.parametrize("is_on", [False, True])
def test_bodies_are_logged_where_the_operator_wants_it(is_on: bool, caplog: pytest.LogCaptureFixture) -> None:
    accounting = Accounting(compiled(Options(log_bodies=is_on)), Tally())
    body = b'{"name": "a mug", "password": "hunter2x"}'
    accounting.replaced(
        POSTED, _allowed(accounting), AnswerHead(200, JSON), Replace(Rule.ANSWER_BODY, 500, "why"), body
    )
    assert ("a mug" in caplog.text) is is_on and "hunter2x" not in caplog.text


def test_paths_are_those_of_templates(caplog: pytest.LogCaptureFixture) -> None:
    accounting = Accounting(compiled(), Tally())
    with caplog.at_level("INFO", "batten.guard"):
        for target in ("/v1/users/ann@example.com/keys/a81f0c93b7", "/v1/users/42"):
            accounting.refused(asked("GET", target), Refuse(Rule.PATH, 404, "Not Found"))
    assert "'GET /v1/users/{}/keys/{}' refused" in caplog.text and "'GET /v1/users/{}' refused" in caplog.text
    assert [count.what for count in accounting.tally.counts()] == [
        "GET /v1/users/{}/keys/{}",
        "GET /v1/users/{}",
    ]
