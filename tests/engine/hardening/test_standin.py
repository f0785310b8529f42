from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest

from batten.contract import Contract, load
from batten.contract.validators import Validators
from batten.engine.hardening.documented import calls
from batten.engine.hardening.standin import MARK, Seen, StandIn, stand_in
from batten.formats import Workspace

TOKEN = "token-of-the-trial"
ANSWER = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "minimum": 3}}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "components": {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "query", "name": "key"},
            "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
        }
    },
    "paths": {
        "/things/{id}": {
            "get": {
                "security": [{"bearer": []}],
                "parameters": [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "integer", "example": 7},
                    },
                    {"name": "X-Trace", "in": "header", "required": True, "schema": {"const": "abc"}},
                    {"name": "page", "in": "query", "required": True, "schema": {"type": "integer"}},
                ],
                "responses": {
                    "404": {"description": "none"},
                    "200": {
                        "description": "ok",
                        "headers": {"X-Total": {"schema": {"type": "integer", "example": 12}}},
                        "content": {"application/json": {"schema": ANSWER}},
                    },
                },
            },
            "put": {
                "security": [{"key": []}],
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "requestBody": {"content": {"application/json": {"schema": ANSWER, "example": {"id": 5}}}},
                "responses": {"204": {"description": "ok"}},
            },
        },
        "/files": {
            "post": {
                "security": [{"session": []}],
                "requestBody": {"content": {"text/csv": {"schema": {"type": "string"}}}},
                "responses": {"default": {"description": "x", "content": {"text/plain": {}}}},
            },
            "trace": {"responses": {"200": {"description": "never"}}},
        },
    },
}


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    workspace = Workspace(tmp_path_factory.mktemp("contract"), {"openapi.json": json.dumps(DOCUMENT)})
    return load(workspace, "openapi.json")[0]


def test_each_operation_is_one_call_that_the_contract_admits(contract: Contract) -> None:
    made = {call.label: call for call in calls(contract, TOKEN)}
    assert set(made) == {"GET /things/{id}", "PUT /things/{id}", "POST /files"}
    read = made["GET /things/{id}"]
    assert read.target == "/things/7?page=1"
    assert set(read.headers) == {("X-Trace", "abc"), ("Authorization", f"Bearer {TOKEN}")}
    write = made["PUT /things/{id}"]
    assert write.target == f"/things/1?batten={TOKEN}" and json.loads(write.body) == {"id": 5}
    upload = made["POST /files"]
    assert upload.body == b"batten" and dict(upload.headers)["Content-Type"] == "text/csv"
    assert dict(upload.headers)["Cookie"] == f"batten={TOKEN}"


def asked(method: str, target: str, *headers: tuple[str, str]) -> Seen:
    return Seen(method=method, target=target, headers=headers, body=b"")


def test_it_answers_as_the_contract_shows(contract: Contract) -> None:
    api = StandIn(contract, TOKEN, ())
    credential = ("Authorization", f"Bearer {TOKEN}")
    reply = api.reply(asked("GET", "/things/7?page=1", credential))
    (operation,) = (o for o in contract.operations if o.label == "GET /things/{id}")
    validator = Validators(contract).response(operation, 200, "application/json")
    assert reply.status == 200 and validator is not None and validator.is_valid(json.loads(reply.body))
    assert ("X-Total", "12") in reply.headers
    assert api.reply(asked("HEAD", "/things/7", credential)) == reply
    for method, target, headers, status in (
        ("GET", "/things/7", (), 401),
        ("GET", "/things/7", (("Authorization", "Bearer other"),), 401),
        ("GET", "/elsewhere", (), 404),
        ("DELETE", "/things/7", (), 405),
        ("PUT", f"/things/7?batten={TOKEN}", (), 204),
    ):
        assert api.reply(asked(method, target, *headers)).status == status, (method, target)


@pytest.mark.parametrize(
    ("media", "sent"),
    [
        ("text/html", "text/html; charset=utf-8"),
        ("Text/HTML; Charset=latin-1", "Text/HTML; Charset=latin-1"),
        ("image/png", "image/png"),
    ],
)
def test_its_pages_name_their_charset(media: str, sent: str, tmp_path: Path) -> None:
    answer = {"200": {"description": "ok", "content": {media: {}}}}
    document = {**DOCUMENT, "paths": {"/page": {"get": {"responses": answer}}}}
    found = load(Workspace(tmp_path, {"openapi.json": json.dumps(document)}), "openapi.json")[0]
    assert StandIn(found, TOKEN, ()).reply(asked("GET", "/page")).headers == (("Content-Type", sent),)


@pytest.mark.served
def test_it_takes_what_edges_send_and_outlives_nonsense(contract: Contract) -> None:
    with stand_in(contract, TOKEN, ("X-Powered-By",)) as api:
        link = http.client.HTTPConnection("127.0.0.1", api.port)
        link.request(
            "POST", "/files", iter([b"a,b\n", b"c\n"]), {"Cookie": f"batten={TOKEN}"}, encode_chunked=True
        )
        answer = link.getresponse()
        assert (answer.status, answer.read()) == (200, b"batten")
        assert (answer.headers["Server"], answer.headers["X-Powered-By"]) == (MARK, MARK)
        assert api.seen[-1].body == b"a,b\nc\n" and api.seen[-1].header("cookie") == f"batten={TOKEN}"
        link.close()
        nonsense = http.client.HTTPConnection("127.0.0.1", api.port)
        nonsense.putrequest("POST", "/files")
        nonsense.putheader("Transfer-Encoding", "chunked")
        nonsense.endheaders(b"zz\r\n")
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            nonsense.getresponse()
        nonsense.close()
        link.request("GET", "/elsewhere")
        assert link.getresponse().status == 404
        link.close()
    with pytest.raises(ConnectionError):
        http.client.HTTPConnection("127.0.0.1", api.port).request("GET", "/")
