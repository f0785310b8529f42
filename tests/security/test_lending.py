"""batten.yaml is the checkout's: what it sends is lent variable by variable, and where it sends it is allowed place by place."""

from __future__ import annotations

import ast
import json
import os
import shlex
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import batten
from batten.cli import main
from batten.cli.harden_prove import _environment as headers_of
from batten.contract import load
from batten.engine.hardening.inputs import Inputs
from batten.engine.trust import loan_of, place_of, trust, vouched
from batten.files import Root
from batten.formats import Workspace
from batten.policy import Environment, Policy

CANARY = "canary-of-the-environment-8d1f"
HOST = "api.example.com"
URL = f"https://{HOST}"


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("BATTEN_ALLOW", "BATTEN_ALLOW_ENV"):
        monkeypatch.delenv(name, raising=False)
    for name in ("TOKEN", "AWS_SECRET_ACCESS_KEY", "X"):
        monkeypatch.setenv(name, CANARY)


def refused(root: Path, environment: Environment, *words: str) -> str:
    """What is said of an environment; "" where it may be asked. `words` are values of --allow, and of --allow-env after an equals sign."""
    lend = [word[1:] for word in words if word.startswith("=")]
    allow = [word for word in words if not word.startswith("=")]
    refusal = vouched(Root(root), Policy(environments=(environment,)), allow, lend)[1].get(environment.name)
    return f"{refusal.message}; {refusal.hint}" if refusal is not None else ""


# A host that is allowed is HTTPS at its port. What an environment names besides is not allowed by it.
ELSEWHERE = {
    "plain HTTP": {"url": f"http://{HOST}"},
    "plain HTTP at the port of HTTPS": {"url": f"http://{HOST}:443"},
    "another port": {"url": f"{URL}:8443"},
    "user information": {"url": f"{URL}@evil.example"},
    "user information with a port": {"url": f"{URL}:443@evil.example"},
    "user information that is escaped": {"url": f"https://{HOST}%40evil.example"},
    "a backslash": {"url": f"https://evil.example\\@{HOST}:8443"},
    "a backslash before the host": {"url": f"https://{HOST}\\@evil.example"},
    "a fragment": {"url": f"https://evil.example#@{HOST}"},
    "a query": {"url": f"https://evil.example?@{HOST}"},
    "a path": {"url": f"https://evil.example/@{HOST}"},
    "a longer name": {"url": f"{URL}.evil.example"},
    "a name that ends with it": {"url": f"https://evil-{HOST}"},
    "a name below it": {"url": f"https://a.{HOST}"},
    "another alphabet": {"url": "https://\u0430pi.example.com"},
    "a variable in the host": {"url": "https://${X}.evil.example"},
    "the plain address elsewhere": {"url": URL, "plain": "http://evil.example"},
    "the plain address": {"url": URL, "plain": f"http://{HOST}"},
    "an asset": {"url": URL, "assets": ("https://cdn.evil.example",)},
    "a store": {"url": URL, "stores": (f"redis://{HOST}",)},
    "a store's port": {"url": URL, "stores": (f"{HOST}:6379",)},
    "every port of a store": {"url": URL, "stores": (HOST,)},
    "a port with TLS": {"url": URL, "tls": (f"smtp://{HOST}",)},
    "what names no place": {"url": URL, "stores": ("gopher://x",)},
}
SAME = (
    "https://API.Example.COM",
    f"{URL}.",
    f"{URL}:443",
    f"{URL}:0443",
    f"https://me@{HOST}",
    f"{URL}/v1?a#b",
)


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_host_that_is_allowed_is_one_scheme_and_port(case: str, tmp_path: Path) -> None:
    environment = Environment("staging", **ELSEWHERE[case])  # type: ignore[arg-type]
    assert "not probed" in refused(tmp_path, environment, HOST)


@pytest.mark.parametrize("url", SAME)
def test_another_spelling_of_the_same_place_is_allowed(url: str, tmp_path: Path) -> None:
    assert refused(tmp_path, Environment("staging", url), HOST) == ""


@pytest.mark.parametrize(
    ("word", "url", "allowed"),
    [
        ("127.0.0.1", "https://[::ffff:127.0.0.1]", False),
        ("127.0.0.1", "https://127.1", False),
        ("127.0.0.1", "https://2130706433", False),
        ("127.0.0.1", "https://0x7f.0.0.1", False),
        ("::1", "https://[0:0:0:0:0:0:0:1]", True),
        ("[::1]:8443", "https://[::0001]:8443", True),
        ("[::1]:8443", "https://[::1]:8444", False),
        ("::1", "https://[::2]", False),
        ("b\u00fccher.example", "https://xn--bcher-kva.example", True),
        ("XN--BCHER-KVA.example.", "https://b\u00dccher.example", True),
        (f"{HOST}:8443", f"{URL}:8443", True),
        (f"{HOST}:8443", f"http://{HOST}:8443", False),
        (f"{HOST}:8443", URL, False),
        (f"http://{HOST}:8080", f"http://{HOST}:8080", True),
        (f"http://{HOST}:8080", f"https://{HOST}:8080", False),
        (f"http://{HOST}", f"http://{HOST}:80", True),
        (f"{HOST}:*", f"http://{HOST}:8080", True),
        (f"https://{HOST}:*", f"{URL}:9443", True),
        (f"https://{HOST}:*", f"http://{HOST}:9443", False),
        ("*", URL, False),
        ("*:*", URL, False),
        ("*.example.com", URL, False),
        (f"{HOST}/v1", URL, False),
        (f"me@{HOST}", URL, False),
        ("", URL, False),
    ],
)
def test_a_place_says_its_scheme_and_port(word: str, url: str, allowed: bool, tmp_path: Path) -> None:
    assert (refused(tmp_path, Environment("staging", url), word) == "") is allowed


# Rows of batten.yaml that send a variable, and what of TOKEN is lent.
UNLENT = {
    "a header": ({"headers": {"X": "${AWS_SECRET_ACCESS_KEY}"}}, "=TOKEN"),
    "nothing is lent": ({"headers": {"X": "${TOKEN}"}}, ""),
    "beside one that is lent": ({"headers": {"X": "${TOKEN}${AWS_SECRET_ACCESS_KEY}"}}, "=TOKEN"),
    "within other text": ({"headers": {"Authorization": "Bearer a${AWS_SECRET_ACCESS_KEY}b"}}, "=TOKEN"),
    "a cookie": ({"headers": {"Cookie": "a=1; b=${AWS_SECRET_ACCESS_KEY}"}}, "=TOKEN"),
    "a header of its own after one that is lent": ({"headers": {"A": "${TOKEN}", "B": "${X}"}}, "=TOKEN"),
    "a role": ({"roles": {"admin": {"X": "${AWS_SECRET_ACCESS_KEY}"}}}, "=TOKEN"),
    "a second role": ({"roles": {"a": {"X": "${TOKEN}"}, "b": {"X": "${X}"}}}, "=TOKEN"),
    "in the braces of another": ({"headers": {"A": "${TOKEN${X}}"}}, "=TOKEN"),
    "a name that begins with it": ({"headers": {"A": "${TOKEN2}"}}, "=TOKEN"),
    "a name in other letters": ({"headers": {"A": "${token}"}}, "=TOKEN"),
    "a name in another alphabet": ({"headers": {"A": "${\u0422OKEN}"}}, "=TOKEN"),
    "lent to another host": ({"headers": {"A": "${TOKEN}"}}, "=TOKEN@other.example.com"),
    "lent to another port": ({"headers": {"A": "${TOKEN}"}}, "=TOKEN@api.example.com:8443"),
    "lent to another scheme": ({"headers": {"A": "${TOKEN}"}}, "=TOKEN@http://api.example.com"),
    "lent with a wildcard": ({"headers": {"A": "${TOKEN}"}}, "=*"),
    "lent with braces": ({"headers": {"A": "${TOKEN}"}}, "=${TOKEN}"),
    "lent to where only assets are": (
        {"headers": {"A": "${TOKEN}"}, "assets": ("https://cdn.example.com",)},
        "=TOKEN@cdn.example.com",
    ),
}


@pytest.mark.parametrize("case", UNLENT)
def test_an_allowed_host_gets_no_variable_that_is_not_lent(case: str, tmp_path: Path) -> None:
    rows, lent = UNLENT[case]
    environment = Environment("staging", URL, **rows)  # type: ignore[arg-type]
    said = refused(tmp_path, environment, HOST, "cdn.example.com", *filter(None, [lent]))
    row = "roles/" if "roles" in rows else "headers/"
    assert "environment variables that were not allowed" in said and row in said and "--allow-env " in said


@pytest.mark.parametrize(
    "lent",
    ["=TOKEN", "=TOKEN@api.example.com", "=TOKEN@https://API.example.com.:443", "=TOKEN@api.example.com:*"],
)
def test_a_variable_that_is_lent_there_is_sent(lent: str, tmp_path: Path) -> None:
    environment = Environment("staging", URL, headers={"A": "Bearer ${TOKEN}", "B": "$X ${X:-y} ${ X} a"})
    assert refused(tmp_path, environment, HOST, lent) == ""


def test_what_is_lent_by_the_environment_has_the_same_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = Environment("staging", URL, headers={"A": "${TOKEN} ${X}"})
    monkeypatch.setenv("BATTEN_ALLOW", f"other.example.com,{HOST}")
    assert "`headers/A` sends TOKEN and X" in refused(tmp_path, environment)
    monkeypatch.setenv("BATTEN_ALLOW_ENV", f"TOKEN@{HOST}")
    assert "`headers/A` sends X;" in refused(tmp_path, environment)
    monkeypatch.setenv("BATTEN_ALLOW_ENV", f"TOKEN@{HOST}, X")
    assert refused(tmp_path, environment) == ""


@dataclass
class Listener:
    port: int
    seen: list[str] = field(default_factory=list)  # all that it was sent
    redirects: str = ""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as made:
        yield made


@pytest.fixture
def listeners() -> Iterator[list[Listener]]:
    with ExitStack() as stack:
        yield [stack.enter_context(listening()) for _ in range(4)]


@contextmanager
def listening() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.seen.append(f"{self.requestline}\n{self.headers}")
            self.send_response(302 if made.redirects else 404)
            self.send_header("Location", made.redirects or "/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_OPTIONS = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Listener(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def run(folder: Path, *words: str) -> Result:
    before = os.getcwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(main, words)
    finally:
        os.chdir(before)


def policy(folder: Path, listener: Listener) -> str:
    url = f"http://127.0.0.1:{listener.port}"
    (folder / "work").mkdir()
    (folder / "work/batten.yaml").write_text(
        f"environments:\n  local:\n    url: {url}\n    budget: 40\n    rate: 1000\n    headers: {{X-Token: '${{TOKEN}}'}}\n"
    )
    return url


COMMANDS = (
    ("check",),
    ("check", "-e", "local"),
    ("probe", "local"),
    ("harden", "--from", ".", "-e", "local"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_sends_what_was_not_lent(
    command: tuple[str, ...], tmp_path: Path, listener: Listener
) -> None:
    url = policy(tmp_path, listener)
    done = run(tmp_path / "work", *command, "--allow", url)
    assert listener.seen == [] and done.exit_code in (1, 2, 3)
    assert run(tmp_path / "work", *command, "--allow", url, "--allow-env", "TOKEN@127.0.0.2").exit_code in (
        1,
        2,
        3,
    )
    assert listener.seen == []
    run(tmp_path / "work", *command, "--allow", url, "--allow-env", "TOKEN")
    assert any(CANARY in text for text in listener.seen)


def test_what_is_refused_is_told_by_name_with_what_to_type(tmp_path: Path, listener: Listener) -> None:
    url = policy(tmp_path, listener)
    report = json.loads(run(tmp_path / "work", "check", "--allow", url, "--format", "json").stdout)
    (told,) = report["environments"][0]["not_assessed"]
    assert "`headers/X-Token` sends TOKEN" in told["message"] and url in told["message"]
    assert told["hint"] == "run `batten trust`, or pass --allow-env TOKEN"
    for form in ("terminal", "github", "markdown", "concise"):
        assert "TOKEN" in run(tmp_path / "work", "check", "--allow", url, "--format", form).output, form
    said = run(tmp_path / "work", "probe", "local", "--allow", url).output
    assert "sends TOKEN" in said and "--allow-env TOKEN" in said
    both = json.loads(run(tmp_path / "work", "check", "--format", "json").stdout)["environments"][0][
        "not_assessed"
    ][0]["hint"]
    words = shlex.split(both.partition("pass ")[2])
    run(tmp_path / "work", "check", *words)
    assert any(CANARY in text for text in listener.seen)


def test_what_is_to_be_typed_is_quoted(tmp_path: Path) -> None:
    said = refused(tmp_path, Environment("staging", "https://a;touch$(id).example"), HOST)
    assert "--allow 'a;touch$(id).example'" in said


@pytest.mark.parametrize(
    "words",
    [
        ("--allow", "a b"),
        ("--allow", "https://"),
        ("--allow", "a/b"),
        ("--allow", "a:99999"),
        ("--allow-env", "A=B"),
        ("--allow-env", "A@"),
        ("--allow-env", "$A"),
    ],
)
def test_what_names_nothing_is_refused_with_the_form(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    done = run(tmp_path, "check", *words)
    assert done.exit_code == 2 and "names no" in done.output
    assert place_of(words[1]) is None or loan_of(words[1]) is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [("BATTEN_ALLOW", "a.example,https://"), ("BATTEN_ALLOW", "a/b"), ("BATTEN_ALLOW_ENV", "A,B=C")],
)
def test_an_entry_of_a_variable_that_names_nothing_is_refused_with_its_name(
    variable: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    done = run(tmp_path, "check")
    assert done.exit_code == 2 and f"in {variable} names no" in done.output


def test_it_is_sent_to_the_api_alone(tmp_path: Path, listeners: list[Listener]) -> None:
    """Not to the plain address, assets or stores beside it, and not to where the API redirects, on another host or port of the same."""
    work = tmp_path / "work"
    work.mkdir()
    api, *others = listeners
    plain, asset, store = (f"http://127.0.0.1:{other.port}" for other in others)
    api.redirects = f"{plain}/elsewhere"
    (work / "batten.yaml").write_text(
        f"environments:\n  local:\n    url: http://127.0.0.1:{api.port}\n    plain: {plain}\n    assets: ['{asset}']\n    stores: ['{store}']\n"
        "    budget: 60\n    rate: 1000\n    headers: {X-Token: '${TOKEN}'}\n    roles: {admin: {X-Role: '${X}'}}\n"
    )
    run(work, "check", "--allow", "127.0.0.1:*", "--allow-env", "TOKEN", "--allow-env", "X")
    assert any(CANARY in text for text in api.seen)
    assert sum(map(len, (other.seen for other in others))) > 0
    assert not [text for other in others for text in other.seen if CANARY in text]


@pytest.mark.parametrize("lent", ["", "TOKEN", "TOKEN@api.example.com"])
def test_a_proof_sends_headers_to_its_upstream_only_after_batten_trust(
    lent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BATTEN_ALLOW", HOST)
    monkeypatch.setenv("BATTEN_ALLOW_ENV", lent)
    work = tmp_path / "work"
    work.mkdir()
    (work / "openapi.yaml").write_text("openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\n")
    document, _ = load(Workspace(work), "openapi.yaml")
    environment = Environment("staging", URL, headers={"A": "${TOKEN}"})
    inputs = Inputs(
        root=work, policy=Policy(environments=(environment,)), contract=document, contract_file=None
    )
    assert headers_of(inputs).headers == {}
    assert "not sent to the upstream; run `batten trust`" in capsys.readouterr().err
    trust(Root(work), [environment])
    assert headers_of(inputs).headers == {"A": "${TOKEN}"}


# Modules that read variables whose names are not written beside it, and whose names these are.
NAMED_ELSEWHERE = {
    "cell/fetch.py": "its own: proxies and certificates",
    "cli/push.py": "its own: commits of pipelines",
    "engine/trust.py": "its own: BATTEN_ALLOW and BATTEN_ALLOW_ENV",
    "files/state.py": "its own: XDG_STATE_HOME and XDG_CACHE_HOME",
    "live/runner.py": "those of an environment that the user has vouched for, with what is sent to it",
}


def test_one_module_fills_in_variables_that_files_name() -> None:
    folder = Path(batten.__file__).parent
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            key: ast.expr | None = None
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                key = node.slice
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.environ.get", "os.getenv"):
                key = node.args[0]
            if key is not None and not isinstance(key, ast.Constant) and not ast.unparse(key).isupper():
                found.add(path.relative_to(folder).as_posix())
    of_the_service = {
        name for name in found if name.startswith("watch/")
    }  # tests/watch hold what a team may name
    assert found - of_the_service == NAMED_ELSEWHERE.keys()
