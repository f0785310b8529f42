"""Guesses at documented log-ins: applications that hold them up, and that do not; nothing is sent without the user's word."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from assessed import run
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel

from batten.contract import load
from batten.facts import Feature
from batten.formats import Workspace
from batten.live.calls import logins_of
from batten.live.runner import Assessment
from batten.model import Switch
from batten.policy import Environment
from servers import application

Refusal = Callable[[int], Any]  # by the number of the guess at one log-in, the first is 1


class Account(BaseModel):
    email: str
    password: str


def _shop(refuse: Refusal) -> tuple[FastAPI, list[tuple[str, str]]]:
    """Two log-ins, by a form and by JSON, and what was tried at them."""
    app, tried = FastAPI(), []
    forms, accounts = count(1), count(1)  # the log-ins are tried at the same time

    @app.post("/token")
    def token(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Any:
        tried.append((form.username, form.password))
        return refuse(next(forms))

    @app.post("/v1/login")
    def login(account: Account) -> Any:
        tried.append((account.email, account.password))
        return refuse(next(accounts))

    return app, tried


def _assessed(app: FastAPI, folder: Path, **more: Any) -> Assessment:
    contract = load(Workspace(folder, {"openapi.json": json.dumps(app.openapi())}), "openapi.json")[0]
    with application(app) as port:
        return run(Environment("test", f"http://127.0.0.1:{port}", rate=5000, **more), contract)


def _guessed(assessment: Assessment) -> set[str]:
    assert assessment.not_assessed == []
    return {f.what for f in assessment.facts if isinstance(f, Feature) and f.name is Switch.LOGIN_GUESSING}


def refuses(number: int) -> Any:
    raise HTTPException(401, "wrong")


def refuses_as_oauth_does(number: int) -> Any:
    return JSONResponse({"error": "invalid_grant"}, 400)


def counts(number: int) -> Any:
    raise HTTPException(401 if number < 6 else 429)


def locks(number: int) -> Any:
    raise HTTPException(401, "wrong" if number < 6 else "too many attempts, the account is locked")


def accepts(number: int) -> Any:
    return {"access_token": "x"}


BOTH = {"POST /token", "POST /v1/login"}


@pytest.mark.parametrize(
    ("refuse", "found"),
    [(refuses, BOTH), (refuses_as_oauth_does, BOTH), (counts, set()), (locks, set()), (accepts, set())],
)
def test_guesses_that_nothing_holds_up_are_found(tmp_path: Path, refuse: Refusal, found: set[str]) -> None:
    app, tried = _shop(refuse)
    assert _guessed(_assessed(app, tmp_path, try_logins=True)) == found
    assert 1 <= len(tried) <= 40
    users = {user for user, _ in tried}
    assert len(users) <= 2
    assert all("batten-" in user for user in users)
    assert len({password for _, password in tried}) == len(tried)


def test_nothing_is_tried_without_the_users_word(tmp_path: Path) -> None:
    app, tried = _shop(refuses)
    assert _guessed(_assessed(app, tmp_path)) == set()
    assert tried == []


def test_the_log_ins_of_a_contract_that_the_api_serves_are_tried_too() -> None:
    app, tried = _shop(refuses)
    with application(app) as port:
        found = run(Environment("test", f"http://127.0.0.1:{port}", rate=5000, try_logins=True))
    assert _guessed(found) == BOTH
    assert len(tried) == 40


def test_what_takes_no_password_is_no_log_in(tmp_path: Path) -> None:
    app = FastAPI()

    @app.post("/v1/sessions")
    async def sessions(request: Request, label: str) -> None: ...

    @app.post("/v1/orders")
    def orders(account: Account) -> None: ...

    text = json.dumps(app.openapi())
    contract = load(Workspace(tmp_path, {"openapi.json": text}), "openapi.json")[0]
    assert list(logins_of(contract)) == []
