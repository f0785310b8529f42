"""Active assessments clean up: what they create is listed and removed, and nothing else is ever deleted."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import Body, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from batten.contract import Contract, load
from batten.files import state_of
from batten.formats import Workspace
from batten.live import exchange
from batten.live.assessment import Target, run_all
from batten.live.exchange import Steps
from batten.live.runner import Assessment
from batten.live.survey import Survey
from batten.live.targets import Round
from batten.live.writing.created import Writing
from batten.live.writing.journal import Journal, leftovers
from batten.live.writing.removal import NO_ADDRESS, NO_DELETE, UNPROVED
from batten.policy import Environment
from servers import application
from waiting import BOUND, come, until

BATTEN = str(Path(sys.executable).with_name("batten"))
LABEL = re.compile(r"batten-[0-9a-f]{10}")


class Account(BaseModel):
    name: str
    email: str = ""
    password: str = ""


class Accounts:
    """An API of accounts in memory. What `answers` says of a new one is the answer to POST."""

    def __init__(self, answers: Callable[[int, Account, Response], Any], deletes: bool = True) -> None:
        self.kept: dict[int, dict[str, str]] = {1: {"name": "Ann"}, 2: {"name": "Bob"}}
        self.made: list[Account] = []
        self.deleted: list[int] = []
        self.app = FastAPI()
        self.answers = answers
        self._routes(deletes)

    def _routes(self, deletes: bool) -> None:
        app = self.app

        @app.get("/accounts")
        def listed() -> list[dict[str, Any]]:
            return [{"id": number, "name": account["name"]} for number, account in self.kept.items()]

        @app.post("/accounts")
        def make(account: Account, response: Response) -> Any:
            self.made.append(account)
            return self.answers(self.add(account), account, response)

        @app.get("/accounts/{id}")
        def one(id: int) -> dict[str, Any]:
            return {"id": id, **self._found(id)}

        if deletes:

            @app.delete("/accounts/{id}", status_code=204)
            def delete(id: int) -> None:
                self._found(id)
                self.deleted.append(id)
                del self.kept[id]

    def _found(self, id: int) -> dict[str, str]:
        if id not in self.kept:
            raise HTTPException(404)
        return self.kept[id]

    def add(self, account: Account) -> int:
        number = max(self.kept) + 1
        self.kept[number] = {"name": account.name}
        return number

    def contract(self) -> Contract:
        text = json.dumps(self.app.openapi())
        return load(Workspace(Path(), {"openapi.json": text}), "openapi.json")[0]


def _located(number: int, account: Account, response: Response) -> None:
    response.status_code = 201
    response.headers["Location"] = f"/accounts/{number}"


def _told(number: int, account: Account, response: Response) -> dict[str, Any]:
    return {"id": number, "name": account.name}


def _silent(number: int, account: Account, response: Response) -> dict[str, Any]:
    return {}


def _another(number: int, account: Account, response: Response) -> dict[str, Any]:
    """An answer that names a thing which was there before."""
    response.status_code = 201
    response.headers["Location"] = "/accounts/1"
    return {"id": 1, "name": account.name}


def _all(accounts: Accounts, **more: Any) -> Assessment:
    with application(accounts.app) as port:
        environment = Environment(
            "accounts", f"http://127.0.0.1:{port}", active=True, **({"rate": 5000, "timeout": BOUND} | more)
        )
        return run_all([Target(environment, accounts.contract())], lambda _, found: found)[0]


@pytest.mark.parametrize("answers", [_located, _told, _silent])
def test_what_is_created_is_removed_and_listed(answers: Any) -> None:
    accounts = Accounts(answers)
    found = _all(accounts)
    assert accounts.made
    assert {number: account["name"] for number, account in accounts.kept.items()} == {1: "Ann", 2: "Bob"}
    assert accounts.deleted == sorted(set(accounts.deleted), reverse=True)
    removed = [created for created in found.created if created.removed]
    assert {int(created.address.rpartition("/")[2]) for created in removed} == set(accounts.deleted)
    assert not [created for created in found.created if not created.removed]
    assert not found.left


def test_what_may_have_been_created_and_cannot_be_found_is_said() -> None:
    """A list of names tells how many there are, and not whose the new one is."""
    app = FastAPI()
    kept = ["Ann", "Bob"]
    searched: list[str] = []

    @app.get("/people")
    def people() -> list[str]:
        return [name if name in ("Ann", "Bob") else "somebody" for name in kept]

    @app.post("/people")
    def add(name: str = Body(embed=True)) -> dict[str, bool]:
        kept.append(name)
        return {"done": True}

    @app.get("/search")
    def all_of_them() -> list[str]:
        return searched[:0]

    @app.post("/search")
    def search(text: str = Body(embed=True)) -> list[str]:
        searched.append(text)
        return []

    contract = load(Workspace(Path(), {"o.json": json.dumps(app.openapi())}), "o.json")[0]
    with application(app) as port:
        environment = Environment("people", f"http://127.0.0.1:{port}", active=True, rate=5000, timeout=BOUND)
        found = run_all([Target(environment, contract)], lambda _, found: found)[0]
    assert searched
    assert {
        (created.method, created.url.rpartition("/")[2], created.reason) for created in found.created
    } == {("POST", "people", NO_ADDRESS)}
    assert not found.left


def test_names_and_passwords_are_of_this_run_and_addresses_of_nobody() -> None:
    accounts = Accounts(_told)
    _all(accounts)
    labels = {account.name for account in accounts.made}
    assert len(labels) == 1
    assert LABEL.fullmatch(labels.pop())
    assert {account.email.partition("@")[2] for account in accounts.made} <= {"", "example.com"}
    passwords = {account.password for account in accounts.made} - {""}
    assert all("batten" not in password for password in passwords)
    assert passwords != {account.password for account in _again().made} - {""}


def _again() -> Accounts:
    accounts = Accounts(_told)
    _all(accounts)
    return accounts


def test_what_was_there_before_is_never_deleted_whatever_an_answer_says() -> None:
    accounts = Accounts(_another)
    found = _all(accounts)
    assert {1, 2} <= set(accounts.kept)
    assert accounts.kept[1] == {"name": "Ann"}
    assert not {1, 2} & set(accounts.deleted)
    assert {(c.address.rpartition("/")[2], c.reason) for c in found.created if not c.removed} == {
        ("1", UNPROVED)
    }


def test_what_the_contract_does_not_remove_is_said() -> None:
    accounts = Accounts(_located, deletes=False)
    found = _all(accounts)
    assert len(accounts.kept) == 2 + len(found.created)
    assert {created.reason for created in found.created} == {NO_DELETE}
    assert all(created.address for created in found.created)


def test_no_thing_is_written_over() -> None:
    """PUT to an identifier that hardly anything has, and that something has all the same."""
    app = FastAPI()
    kept = {"batten-nobody": "ours"}
    asked: list[str] = []

    @app.middleware("http")
    async def noted(request: Request, call_next: Any) -> Response:
        asked.append(request.method)
        answer: Response = await call_next(request)
        return answer

    @app.get("/notes/{name}")
    def one(name: str) -> dict[str, str]:
        return {"text": kept[name]}

    @app.put("/notes/{name}")
    def put(name: str, text: str = Body(embed=True)) -> None:
        kept[name] = text

    contract = load(Workspace(Path(), {"o.json": json.dumps(app.openapi())}), "o.json")[0]
    with application(app) as port:
        environment = Environment("notes", f"http://127.0.0.1:{port}", active=True, rate=5000)
        found = run_all([Target(environment, contract)], lambda _, found: found)[0]
    assert kept == {"batten-nobody": "ours"}
    assert "PUT" not in asked
    assert any("something at this address already" in problem.message for problem in found.left_alone)


@pytest.mark.parametrize("budget", [60, 120, 200])
def test_removal_has_turns_of_its_own(budget: int) -> None:
    accounts = Accounts(_located)
    found = _all(accounts, budget=budget)
    assert found.exchanges <= budget
    assert set(accounts.kept) == {1, 2}


def test_what_a_probe_created_before_it_failed_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = Accounts(_located)

    def failing(survey: Survey) -> Steps:
        body = json.dumps({"name": survey.label}).encode()
        headers = (("Content-Type", "application/json"),)
        yield exchange.Request("POST", survey.url("/accounts"), headers, body, active=True)
        raise KeyError("what the target said")

    monkeypatch.setattr("batten.live.runner.stages", lambda survey: [[exchange.Probe("x", failing(survey))]])
    found = _all(accounts)
    assert len(accounts.made) == 1
    assert set(accounts.kept) == {1, 2}
    assert [created.removed for created in found.created] == [True]
    assert any("internal error (KeyError)" in problem.message for problem in found.not_assessed)


def _contract_file(accounts: Accounts, folder: Path) -> Path:
    (folder / "openapi.json").write_text(json.dumps(accounts.app.openapi()))
    return folder / "openapi.json"


def _started(accounts: Accounts, port: int, folder: Path) -> subprocess.Popen[str]:
    """A run that waits between requests long enough to be ended in the middle."""
    contract = _contract_file(accounts, folder)
    command = [BATTEN, "probe", f"http://127.0.0.1:{port}", "--active", "--contract", str(contract)]
    command += ["--format", "json", "--rate", "60"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: accounts.made, "something is created")
    return process


def test_an_interrupted_run_removes_what_it_created(tmp_path: Path) -> None:
    accounts = Accounts(_located)
    with application(accounts.app) as port:
        process = _started(accounts, port, tmp_path)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=BOUND)
    (environment,) = json.loads(out)["environments"]
    assert environment["created"]
    assert all(created["removed"] for created in environment["created"])
    assert set(accounts.kept) == {1, 2}


def test_an_interrupt_while_things_are_removed_begins_nothing_more() -> None:
    """The removal goes on to its end, and no other target has its turn."""
    accounts, others = Accounts(_located), Accounts(_located)

    async def interrupted() -> list[Assessment]:
        with application(accounts.app) as port, application(others.app) as other:
            targets = [
                Target(Environment(str(p), f"http://127.0.0.1:{p}", active=True, rate=5000, timeout=BOUND), c)
                for p, c in ((port, accounts.contract()), (other, others.contract()))
            ]
            running = asyncio.ensure_future(Round(targets, lambda _, found: found, None).everything(1))
            await come(lambda: accounts.deleted, "the removal began")
            running.cancel()
            return await running

    first, second = asyncio.run(interrupted())
    assert set(accounts.kept) == {1, 2}
    assert all(created.removed for created in first.created)
    assert not others.made
    assert not second.complete


def test_what_a_killed_run_leaves_is_removed_by_the_next_one(tmp_path: Path) -> None:
    accounts = Accounts(_located)
    with application(accounts.app) as port:
        process = _started(accounts, port, tmp_path)
        process.kill()
        process.communicate(timeout=BOUND)
        left = set(accounts.kept) - {1, 2}
        assert left
        done = _clean_up(tmp_path)
        again = _clean_up(tmp_path)
    assert set(accounts.kept) == {1, 2}
    assert done.returncode == 0, done.stdout + done.stderr
    for number in left:
        assert f"/accounts/{number}: removed" in done.stdout
    assert (again.returncode, again.stdout) == (0, "")
    assert "no earlier run in this folder left anything" in again.stderr


def _clean_up(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [BATTEN, "probe", "--clean-up"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BOUND, check=False)


def test_what_another_user_wrote_into_the_journal_does_not_count(tmp_path: Path) -> None:
    state = state_of(str(tmp_path))
    journal = Journal(state)
    journal.note("https://x.test", "https://x.test")((Writing("POST", "https://x.test/a", status=201),))
    (one,) = leftovers(state)
    assert one.busy
    journal.close()
    (one,) = leftovers(state)
    assert not one.busy
    path = state.place / "created" / one.name
    path.write_bytes(path.read_bytes().replace(b"/a", b"/b"))
    assert not list(leftovers(state))


def test_a_created_thing_shows_in_reports(tmp_path: Path) -> None:
    accounts = Accounts(_located, deletes=False)
    contract = _contract_file(accounts, tmp_path)
    with application(accounts.app) as port:
        command = [
            BATTEN,
            "probe",
            f"http://127.0.0.1:{port}",
            "--active",
            "--contract",
            str(contract),
            "--rate",
            "5000",
        ]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=BOUND, check=False
        )
    number = min(set(accounts.kept) - {1, 2})
    assert "created by this run:" in done.stdout
    assert f"curl -X DELETE http://127.0.0.1:{port}/accounts/{number}" in " ".join(done.stdout.split())
    assert "batten probe --clean-up" in done.stderr
