"""Tokens of the user's own: applications that verify them, and that do not. What is forged changes nothing but the proof."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from assessed import run
from fastapi import FastAPI, HTTPException, Request
from fastapi.security import HTTPBearer
from node_servers import node

from batten.contract import Contract, load
from batten.engine.review import Review, live_findings
from batten.facts import Observed
from batten.formats import Workspace
from batten.live.runner import Assessment
from batten.live.tokens import key_of, tokens
from batten.policy import Environment, Policy
from proofs import turn
from servers import application

KEY = "vk3JqT9s2LwZ-vk3JqT9s2LwZ-vk3JqT9s2LwZ-x"
HOUR = 3600.0


def _token(key: str | None = KEY, algorithm: str = "HS256", **claims: Any) -> str:
    """A token whose claims are these beside the usual ones; None takes one away."""
    now = time.time()
    said = {"sub": "ada", "iat": now, "exp": now + HOUR, "aud": "shop"} | claims
    return jwt.encode({name: value for name, value in said.items() if value is not None}, key, algorithm)


def _shop(**options: Any) -> tuple[FastAPI, list[str]]:
    """A shop with one operation that needs a token, verified by PyJWT as the options say, and the tokens that it saw."""
    app, seen = FastAPI(), []
    scheme = HTTPBearer()

    @app.get("/v1/orders", dependencies=[])
    async def orders(request: Request) -> list[dict[str, str]]:
        text = (await scheme(request)).credentials  # type: ignore[union-attr]
        seen.append(text)
        try:
            claims = jwt.decode(text, **options)
        except jwt.PyJWTError as error:
            raise HTTPException(401) from error
        return [{"owner": claims["sub"], "item": "a mug"}]

    return app, seen


CONTRACT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
paths:
  /v1/orders:
    get:
      security: [{token: []}]
      responses: {"200": {description: All, content: {application/json: {schema: {type: array}}}}, "4XX": {description: Refused}}
"""


def _contract(folder: Path) -> Contract:
    return load(Workspace(folder, {"openapi.yaml": CONTRACT}), "openapi.yaml")[0]


def _assessed(port: int, token: str, folder: Path) -> Assessment:
    headers = {"Authorization": f"Bearer {token}"}
    environment = Environment("test", f"http://127.0.0.1:{port}", rate=5000, headers=headers)
    return run(environment, _contract(folder))


def _found(assessment: Assessment, folder: Path) -> set[str]:
    observed = [Observed(fact.at, "test", fact) for fact in assessment.facts]
    found = live_findings(observed, Review(Workspace(folder), Policy()))
    wanted = ("operations-authenticated", "secret-not-guessable", "auth-scheme-modern")
    return {f"{f.severity.label} {f.case}" for f in found if f.control in wanted}


VERIFIED = {"key": KEY, "algorithms": ["HS256"], "audience": "shop"}


def test_an_application_that_verifies_is_silent_and_saw_nothing_but_the_users_claims(tmp_path: Path) -> None:
    app, seen = _shop(**VERIFIED)
    with application(app) as port:
        assessment = _assessed(port, token := _token(), tmp_path)
    assert _found(assessment, tmp_path) == set()
    assert assessment.not_assessed == []
    forged = [text for text in seen if text.startswith("eyJ")]
    assert len(set(forged)) == 4  # its own, one with another signature, two without
    assert {text.split(".")[1] for text in forged} == {token.split(".")[1]}
    assert token not in repr(assessment.facts)


@pytest.mark.parametrize(
    "options",
    [
        {"options": {"verify_signature": False}},
        {"options": {"verify_signature": False}, "algorithms": ["HS256"]},
    ],
)
def test_one_that_verifies_nothing_takes_any_token(tmp_path: Path, options: dict[str, Any]) -> None:
    app, _ = _shop(**options)
    with application(app) as port:
        assert _found(_assessed(port, _token(), tmp_path), tmp_path) == {"critical forged-token"}


def test_one_that_takes_tokens_after_their_end(tmp_path: Path) -> None:
    app, _ = _shop(**VERIFIED, options={"verify_exp": False})
    with application(app) as port:
        old = _token(iat=time.time() - 2 * HOUR, exp=time.time() - HOUR)
        assert _found(_assessed(port, old, tmp_path), tmp_path) == {"high expired-token"}


def test_one_that_answers_to_anyone_shows_nothing_of_tokens(tmp_path: Path) -> None:
    app = FastAPI()

    @app.get("/v1/orders")
    def orders() -> list[str]:
        return ["a mug"]

    with application(app) as port:
        found = _found(_assessed(port, _token(), tmp_path), tmp_path)
    assert found == {"high unauthenticated-response"}


NODE = """
const jwt = require("jsonwebtoken");
const verify = (text) => {
  if (CAREFUL) return jwt.verify(text, KEY, { algorithms: ["HS256"] });
  const { header, payload } = jwt.decode(text, { complete: true });
  return header.alg === "none" ? payload : jwt.verify(text, KEY);  // as libraries did that trusted the header
};
require("http").createServer((request, response) => {
  response.setHeader("Content-Type", "application/json");
  try {
    if (request.url !== "/v1/orders") return response.writeHead(404).end("{}");
    const claims = verify((request.headers.authorization || "").slice(7));
    response.end(JSON.stringify([{ owner: claims.sub, item: "a mug" }]));
  } catch (error) { response.writeHead(401).end("{}"); }
}).listen(Number(process.argv[2]), "127.0.0.1");
"""


@pytest.mark.parametrize(("careful", "found"), [("true", set()), ("false", {"critical forged-token"})])
def test_node(tmp_path: Path, careful: str, found: set[str]) -> None:
    with node(tmp_path, NODE, CAREFUL=careful, KEY=json.dumps(KEY)) as port:
        assert _found(_assessed(port, _token(), tmp_path), tmp_path) == found


SAYING: list[tuple[str | None, str, dict[str, Any], set[str]]] = [
    ("your-256-bit-secret", "HS256", {}, {"critical published-value"}),
    ("secret", "HS256", {}, {"critical guessable"}),
    ("Secret123", "HS512", {}, {"critical guessable"}),
    ("my-secret", "HS384", {}, {"critical guessable"}),
    (KEY, "HS256", {"exp": time.time() + 30 * 24 * HOUR}, {"low long-lived-token"}),
    (KEY, "HS256", {"exp": None}, {"medium long-lived-token"}),
    (KEY, "HS256", {"aud": None}, {"info token-without-audience"}),
    (KEY, "HS256", {"iat": None}, set()),
    (None, "none", {}, {"medium unsigned-token"}),
]


@pytest.mark.parametrize(("key", "algorithm", "claims", "found"), turn("saying", SAYING, 5))
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_what_a_token_says_itself(
    tmp_path: Path, key: str | None, algorithm: str, claims: dict[str, Any], found: set[str]
) -> None:
    app, _ = _shop(**VERIFIED)
    with application(app) as port:
        assert _found(_assessed(port, _token(key, algorithm, **claims), tmp_path), tmp_path) == found


def _part(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "value",
    [
        "Bearer opaque-token-of-no-kind",
        "",
        f"Bearer {_part('[1]')}.{_part('{}')}.x",
        f"Bearer {_part('{' + chr(34) + 'alg' + chr(34))}.{_part('{}')}.x",
        "Bearer eyJ" + "A" * 50_000,
    ],
)
def test_what_is_no_token(value: str) -> None:
    assert tokens((("Authorization", value),)) == []


def test_a_token_in_a_cookie_is_one_and_a_random_key_is_not_guessed() -> None:
    (found,) = tokens((("Cookie", f"theme=dark; session={_token()}; x=1"),))
    assert found.carrier == "Cookie"
    assert found.algorithm == "HS256"
    assert key_of(found) is None
