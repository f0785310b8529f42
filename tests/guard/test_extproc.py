"""The external processor behind a real Envoy: the shared cases, and what happens when something fails."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from cases import answer_bodies, answer_headers, bodies_of, shapes
from cases.case import GOOD_LIST, JSON, TOKEN, asked, posted
from click.testing import CliRunner
from guard_certificates import pair
from guard_clients import Answer, Client
from guard_envoys import OBSERVING, enveloped, held, processing
from guard_exports import SUITE, difference, envoy_program
from guard_proxies import settings
from guard_upstream import Upstream, upstream

from batten.cli.guard_run import command
from batten.guard.extproc import configuration
from batten.guard.extproc.server import SERVICE, Processor
from batten.guard.options import Limits, Options, Rule
from batten.guard.proxy.settings import Address
from batten.policy.guarding import UndeclaredQuery
from batten.technologies.edges.envoy.validator import envoy
from needs import needs
from servers import free_port
from waiting import BOUND, until

pytestmark = needs("Envoy", envoy_program())
NAMES = (
    "other case", "trailing slash", "root", "overlapping, fixed first", "overlapping, template", "escaped UTF-8",
    "query passes as it is", "target /v1/%2e%2e/things", "target /v1/things/a%2Fb", "target /v1//things",
    "target /v1/..;/things", "target /v1/things/%00", "DELETE /v1/things", "PATCH /v1/things/7", "HEAD /v1/things",
    "TRACE /v1/things/7", "listed origin", "no origin", "preflight", "preflight grants declared headers", "preflight for cookies",
    "preflight of an undocumented path", "preflight of 'https://evil.example'", "what the application grants is replaced",
    "OPTIONS without asking", "body", "body: wrong type", "body: a key twice", "body: NaN", "no body", "large",
    "body that is not judged streams", "too large", "too large in chunks", "too large in chunks, streamed",
    "answer: good", "answer: cookies", "answer: banners", "answer: better headers", "answer: gzip", "answer: 304", "answer: problem",
    "answer: 204", "answer: events", "answer: events in chunks", "answer: 206", "padded", "no coding where the size tells",
    "no store where credentials are asked for", "replaced: wrong type", "replaced: twice", "replaced: page", "replaced: trace",
    "replaced: undeclared status", "replaced: redirect", "replaced: large", "replaced: gzip bomb", "replaced: debug page",
    "replaced: not http", "replaced: cut", "replaced: half body",
)  # fmt: skip
# Envoy has read these bodies, and keeps the connection where the guard closes it.
BODIES = {
    case.name: replace(case, closes=False)
    for case in bodies_of.CASES[::25] + answer_headers.CASES[::6] + answer_bodies.CASES[::5] + shapes.CASES
    if case.statuses not in ((413,), (405,))
}
CASES = {case.name: case for case in SUITE} | BODIES
PROBLEM = b"content-type: application/problem+json\r\n"


def test_the_names_are_those_of_cases() -> None:
    assert set(NAMES) <= set(CASES)


@pytest.fixture(scope="module")
def behind() -> Iterator[Upstream]:
    with upstream() as made:
        yield made


@pytest.fixture(scope="module")
def enforcing(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Processor]]:
    with held(tmp_path_factory.mktemp("enforcing"), behind.port) as made:
        yield made


@pytest.fixture(scope="module")
def observing(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Processor]]:
    with held(tmp_path_factory.mktemp("observing"), behind.port, OBSERVING) as made:
        yield made


@pytest.mark.parametrize("name", (*NAMES, *BODIES))
def test_verdicts(name: str, enforcing: tuple[int, Processor], behind: Upstream) -> None:
    assert difference(enforcing[0], behind, CASES[name], expected=False) == ""


def _said(port: int, sent: bytes) -> Answer:
    client = Client(port)
    try:
        client.send(sent)
        return client.answer()
    finally:
        client.close()


def test_refusals_are_the_guards_own(enforcing: tuple[int, Processor]) -> None:
    missing = _said(enforcing[0], asked("GET /v1/nothing"))
    assert (missing.status, len(missing.body)) == (404, 512) and b'"title":"Not Found"' in missing.body
    assert PROBLEM in missing.head and b"x-content-type-options: nosniff\r\n" in missing.head
    verb = _said(enforcing[0], asked("DELETE /v1/things"))
    assert verb.status == 405 and b"allow: get, post\r\n" in verb.head
    credentials = _said(enforcing[0], asked("GET /v1/things/mine"))
    assert credentials.status == 401 and credentials.head.count(b"www-authenticate:") == 2
    for answer in (missing, verb, credentials):
        assert b"server:" not in answer.head and b"envoy" not in answer.head


@pytest.mark.parametrize("play", ["nothing", "reset", "not http"])
def test_envoys_own_words_are_replaced(play: str, enforcing: tuple[int, Processor]) -> None:
    answer = _said(enforcing[0], asked("GET /v1/things", play=play))
    assert answer.status in (502, 503) and PROBLEM in answer.head and len(answer.body) == 512
    assert b"upstream" not in answer.body
    assert enforcing[1].tally.total(Rule.ANSWER_ERROR) > 0


@pytest.mark.parametrize("play", ["cut", "cut chunks", "reset in the body"])
def test_answers_that_break_off_say_nothing_of_the_upstream(
    play: str, enforcing: tuple[int, Processor]
) -> None:
    answer = _said(enforcing[0], asked("GET /v1/things", play=play))
    assert answer.status >= 502 and PROBLEM in answer.head
    assert b"upstream" not in answer.body and b"mug" not in answer.body


def test_undeclared_query_parameters_are_stripped(behind: Upstream, tmp_path: Path) -> None:
    with held(tmp_path, behind.port, Options(undeclared=UndeclaredQuery.STRIP)) as (port, processor):
        behind.forget()
        assert _said(port, asked("GET /v1/things?page=1")).status == 200
        assert _said(port, asked("GET /v1/things/mine?api_key=1&page=1")).status == 204
        assert [target for _, target, _ in behind.seen] == [b"/v1/things", b"/v1/things/mine?api_key=1"]
        assert processor.tally.total(Rule.UNDECLARED) == 2


def test_observed_traffic_passes_and_is_counted(observing: tuple[int, Processor], behind: Upstream) -> None:
    port, processor = observing
    behind.forget()
    assert _said(port, asked("GET /v1/nothing")).status == 200
    assert _said(port, asked("GET /v1/things/mine")).status == 204
    assert _said(port, posted("POST /v1/things", b'{"name":7}', TOKEN, JSON)).status == 201
    wrong = _said(port, asked("GET /v1/things", play="wrong type"))
    assert wrong.status == 200 and PROBLEM not in wrong.head
    assert b"x-content-type-options" not in wrong.head
    counted = {count.rule for count in processor.tally.counts() if not count.enforced}
    assert {Rule.PATH, Rule.CREDENTIALS, Rule.REQUEST_BODY, Rule.ANSWER_BODY} <= counted
    assert len(behind.seen) == 4


def test_observed_bodies_that_are_too_large_pass_whole(
    observing: tuple[int, Processor], behind: Upstream
) -> None:
    port, processor = observing
    behind.forget()
    large = _said(port, asked("GET /v1/things", play="large"))
    assert large.status == 200 and len(large.body) > 1_500_000 and large.whole
    sent = b" " * 1_200_000 + b'{"name":"mug"}'
    assert _said(port, posted("POST /v1/things", sent, TOKEN, JSON)).status == 201
    assert [len(body) for _, _, body in behind.seen] == [0, len(sent)]
    assert processor.tally.total(Rule.ANSWER_BODY) and processor.tally.total(Rule.SIZE)


@pytest.mark.parametrize(("options", "status"), [(Options(), 500), (OBSERVING, 200)])
def test_without_a_processor(options: Options, status: int, behind: Upstream, tmp_path: Path) -> None:
    """Fails closed where it enforces, and open where it only looks on."""
    chosen = settings(tmp_path, behind.port, options=options)
    behind.forget()
    with enveloped(tmp_path, chosen, free_port()) as port:
        answer = _said(port, asked("GET /v1/things"))
    assert answer.status == status and len(behind.seen) == (status == 200)
    assert (
        (answer.body == GOOD_LIST) if status == 200 else (PROBLEM in answer.head and len(answer.body) == 512)
    )


@pytest.mark.parametrize(("options", "status"), [(Options(), 504), (OBSERVING, 200)])
def test_with_a_processor_that_hangs(options: Options, status: int, behind: Upstream, tmp_path: Path) -> None:
    chosen = settings(tmp_path, behind.port, options=options)
    with (
        socket.create_server(("127.0.0.1", 0)) as deaf,
        enveloped(tmp_path, chosen, deaf.getsockname()[1]) as port,
    ):
        answer = _said(port, asked("GET /v1/things"))
    assert answer.status == status and (PROBLEM in answer.head) is (status == 504)


def test_messages_are_encrypted_where_a_certificate_is_given(behind: Upstream, tmp_path: Path) -> None:
    certificate, key = pair(tmp_path)
    plain = settings(tmp_path, behind.port, certificate=certificate, key=key)
    chosen = replace(plain, listen=Address("localhost", 0))
    with processing(chosen) as (processor, _), enveloped(tmp_path, chosen, processor) as port:
        assert _said(port, asked("GET /v1/nothing")).status == 404
        assert _said(port, asked("GET /v1/things")).body == GOOD_LIST


def test_larger_limits_are_envoys_too(behind: Upstream, tmp_path: Path) -> None:
    options = Options(limits=Limits(request_body=3_000_000, answer_body=3_000_000))
    with held(tmp_path, behind.port, options) as (port, _):
        large = _said(port, asked("GET /v1/things", play="large"))
        assert large.status == 200 and len(large.body) > 1_500_000
        sent = posted("POST /v1/things", b" " * 2_000_000 + b'{"name":"mug"}', TOKEN, JSON)
        assert _said(port, sent).status == 201


def test_a_changed_contract_is_taken_over(
    behind: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chosen = settings(tmp_path, behind.port, watch_seconds=0.05)
    with processing(chosen) as (processor, _), enveloped(tmp_path, chosen, processor) as port:
        contract = tmp_path / "openapi.yaml"
        text = contract.read_text(encoding="utf-8")
        contract.write_text("openapi: [", encoding="utf-8")
        until(lambda: "the old one stays in force" in caplog.text, "the contract that is none is told")
        assert _said(port, asked("GET /v1/things")).status == 200
        contract.write_text(text.replace("  /things:\n", "  /goods:\n"), encoding="utf-8")
        until(lambda: _said(port, asked("GET /v1/things")).status == 404, "the new contract is in force")


@pytest.mark.parametrize("sent", [b"\xff", b"\x22\x00", b""])
def test_what_is_no_message_breaks_the_stream_off(sent: bytes, tmp_path: Path) -> None:
    """A stream that ended in order would let the rest of the exchange pass."""
    with (
        processing(settings(tmp_path, 1)) as (port, _),
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        call = channel.stream_stream(f"/{SERVICE}/Process")(iter([sent]))
        with pytest.raises(grpc.RpcError) as caught:
            list(call)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


# The command


def _printed(*more: str) -> str:
    done = CliRunner().invoke(command, ["--ext-proc", "--print-envoy", *more])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("more", [(), ("--mode", "enforce"), ("--upstream", "https://api.example.com"),
                                  ("--listen", "[::1]:9002"), ("--max-answer", "5000000")])  # fmt: skip
def test_envoy_takes_what_is_printed(more: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "envoy.json").write_text(_printed(*more), encoding="utf-8")
    done = subprocess.run(
        [envoy(), "--mode", "validate", "-c", str(tmp_path / "envoy.json"), "-l", "error"],
        capture_output=True, text=True, timeout=BOUND,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_it_observes_unless_it_is_told_to_enforce() -> None:
    assert '"failure_mode_allow": true' in _printed()
    assert '"failure_mode_allow": false' in _printed("--mode", "enforce")


def test_the_process_serves_and_ends(behind: Upstream, tmp_path: Path) -> None:
    chosen = settings(tmp_path, behind.port)
    port = free_port()
    arguments = [
        "guard",
        "run",
        "--ext-proc",
        "--mode",
        "enforce",
        "--contract",
        str(chosen.contract),
        "--listen",
        f"127.0.0.1:{port}",
    ]
    program = [str(Path(sys.executable).with_name("batten")), *arguments]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert any(f"ext_proc on 127.0.0.1:{port}" in line for line in process.stderr)
            with enveloped(tmp_path, chosen, port) as front:
                assert _said(front, asked("GET /v1/nothing")).status == 404
                assert _said(front, asked("GET /v1/things")).body == GOOD_LIST
            process.send_signal(signal.SIGTERM)
            assert process.wait(BOUND) == 0
        finally:
            process.kill()


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batten.cli.guard_run.find_spec", lambda name: name != "grpc" or None)
    done = CliRunner().invoke(command, ["--ext-proc"])
    assert done.exit_code != 0 and "pip install 'batten[extproc]'" in done.output
    assert "--admin" in CliRunner().invoke(command, ["--ext-proc", "--admin", "127.0.0.1:9000"]).output
    assert "--upstream" in CliRunner().invoke(command, []).output
    assert "--ext-proc" in CliRunner().invoke(command, ["--print-envoy"]).output


def test_a_whole_configuration_is_made_of_settings(tmp_path: Path) -> None:
    text = configuration.bootstrap(settings(tmp_path, 8000))
    assert '"response_header_mode": "SEND"' in text and '"port_value": 8000' in text
