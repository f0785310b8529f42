"""`batten probe` of many hosts: lists, ranges, what is open first, interrupted runs, and what is never dialled."""

from __future__ import annotations

import asyncio
import json
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fleet_servers import filtered, listening
from live_servers import raw

from batten.cli.probe import command
from waiting import BOUND, come, until

BATTEN = str(Path(sys.executable).with_name("batten"))


class Web:
    """Answers every request with a page, and counts them."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.asked.append(head.partition(" HTTP/")[0])
            found = head.startswith(("GET / ", "HEAD / "))
            body = b"" if head.startswith("HEAD") else b"hi"
            status = "200 OK" if found else "404 Not Found"
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n".encode() + body
            )
            await writer.drain()


async def _redis(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A store that lets everybody in, as far as it is asked (https://redis.io/docs/latest/develop/reference/protocol-spec/)."""
    said = b""
    while line := await reader.readline():
        said = line.strip()
        if b"PING" in said.upper():
            writer.write(b"+PONG\r\n")
        elif b"INFO" in said.upper():
            text = b"# Server\r\nredis_version:7.4.1\r\n"
            writer.write(b"$%d\r\n%s\r\n" % (len(text), text))
        elif b"EXISTS" in said.upper():
            writer.write(b":0\r\n")
        elif b"HTTP/" in said:
            writer.write(b"-ERR unknown command\r\n")
        await writer.drain()


def _run(folder: Path, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    call = [BATTEN, "probe", *arguments, "--rate", "5000", "--connect-rate", "5000"]
    return subprocess.run(
        call,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
        stdin=subprocess.DEVNULL,
        **more,
    )


def _json(folder: Path, *arguments: str) -> dict[str, Any]:
    done = _run(folder, *arguments, "--format", "json")
    assert done.stdout, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_a_block_is_searched_and_what_listens_is_assessed(tmp_path: Path) -> None:
    web = Web()

    async def ran() -> tuple[dict[str, Any], int, int]:
        async with raw(web, "127.0.0.6") as page, raw(_redis, "127.0.0.5") as store:
            ports = ("--ports", f"{page},{store}")
            return await asyncio.to_thread(_json, tmp_path, "127.0.0.4/30", *ports), page, store

    report, page, store = asyncio.run(ran())
    names = {environment["name"] for environment in report["environments"]}
    assert names == {f"http://127.0.0.6:{page}", f"redis://127.0.0.5:{store}"}
    fleet = report["fleet"]
    assert (fleet["addresses"], fleet["open"]) == (4, 2)
    assert fleet["connections"] >= 8
    first, second = fleet["hosts"]
    assert (first["host"], first["services"][0]["worst"]) == ("127.0.0.5", "critical")
    assert first["services"][0]["kind"] == "redis"
    assert second["services"][0]["environment"] == f"http://127.0.0.6:{page}"
    assert report["findings"][0]["severity"] == "critical"
    assert web.asked


def test_a_list_names_hosts_urls_and_ports(tmp_path: Path) -> None:
    web = Web()

    async def ran() -> tuple[subprocess.CompletedProcess[str], int]:
        async with raw(web, "127.0.0.6") as page, raw(_redis, "127.0.0.5") as store:
            (tmp_path / "servers.txt").write_text(
                "# ours\n\n"
                f"http://127.0.0.6:{page}   # the page\n"
                f"127.0.0.6:{page}\n"
                f"127.0.0.5:{store}\n127.0.0.5:{store}\n"
                "127.0.0.5:1\n"
                "nobody.invalid:80\n"
            )
            return await asyncio.to_thread(_run, tmp_path, "servers.txt", "--format", "json"), store

    done, store = asyncio.run(ran())
    report = json.loads(done.stdout)
    assert len(report["environments"]) == 2
    assert report["environments"][1]["name"] == f"redis://127.0.0.5:{store}"
    told = {problem["source"]: problem["message"] for problem in report["problems"]}
    assert "127.0.0.5:1 takes no connection" in told["127.0.0.5:1"]
    assert "nobody.invalid does not resolve" in told["nobody.invalid"]


def test_every_wrong_line_is_told_with_its_number_and_nothing_is_sent(tmp_path: Path) -> None:
    with listening("127.0.0.5") as port:
        (tmp_path / "list").write_text(f"127.0.0.5:{port}\nwhat is this\n10.0.0.0/8\nfoo://x\n")
        done = _run(tmp_path, "list")
    assert done.returncode == 2
    assert [line.split(": ")[0] for line in done.stderr.replace("batten: ", "").splitlines()] == [
        "list:2",
        "list:3",
        "list:4",
    ]
    assert done.stdout == ""


@pytest.mark.parametrize("option", [("--ports", "1"), ("--stores",)])
def test_a_file_named_like_a_host_takes_no_hosts_place(option: tuple[str, ...], tmp_path: Path) -> None:
    with listening("127.0.0.5") as port:
        (tmp_path / "localhost").write_text(f"127.0.0.5:{port}\n")
        done = _run(tmp_path, "localhost", *option)
        listed = _json(tmp_path, "./localhost", "--ports", "1")
    assert done.returncode == 2
    assert "'localhost' is a file and may be a host: write ./localhost" in done.stderr
    assert listed["fleet"]["open"] == 1


@pytest.mark.parametrize(
    ("targets", "why"),
    [
        (["127.0.0.0/22"], "the targets are 1,024 addresses, "),
        (["8.8.8.0/30"], "public addresses (8.8.8.0/30)"),
        (["127.0.0.0/24", "8.8.8.8-8.8.8.9", "--ports", "80"], "258 addresses, 258 connections, and public"),
    ],
)
def test_what_people_may_not_mean_needs_their_word(targets: list[str], why: str, tmp_path: Path) -> None:
    done = _run(tmp_path, *targets)
    assert done.returncode == 2
    assert why in done.stderr
    assert "add --yes if you may connect to all of them" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["127.0.0.1", "--ports", "x"], "'x' are not ports"),
        (["127.0.0.1", "--exclude", "1.2.3"], "--exclude: '1.2.3' is not a host"),
        (
            ["127.0.0.1", "--exclude", "127.0.0.0/8", "--ports", "80"],
            "--exclude: '127.0.0.0/8' has 16,777,216",
        ),
        (["127.0.0.1", "--exclude", "127.0.0.0/24", "--ports", "80"], "--exclude leaves no target"),
        (["somehost"], "to look for open ports, add --ports common"),
        (["127.0.0.0/30", "--stores"], "--stores is for URLs and host names"),
        (["--clean-up", "x"], "--clean-up takes no targets"),
        ([], "name at least one target"),
    ],
)
def test_options_that_do_not_fit_are_told(arguments: list[str], why: str, tmp_path: Path) -> None:
    done = _run(tmp_path, *arguments)
    assert done.returncode == 2, done.stdout
    assert why in done.stderr


def test_what_is_excluded_is_never_dialled(tmp_path: Path) -> None:
    dialled: list[str] = []

    async def noted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialled.append(str(writer.get_extra_info("sockname")))
        writer.close()

    async def ran() -> None:
        async with raw(noted, "127.0.0.5") as port:
            call = (f"127.0.0.5:{port}", f"http://127.0.0.5:{port}", "127.0.0.6", "--ports", str(port))
            await asyncio.to_thread(_run, tmp_path, *call, "--exclude", "127.0.0.5")

    asyncio.run(ran())
    assert not dialled


def test_a_port_behind_a_firewall_and_one_that_speaks_nothing_known(tmp_path: Path) -> None:
    with filtered("127.0.0.5") as dropped, listening("127.0.0.5") as silent:
        report = _json(tmp_path, "127.0.0.5", "--ports", f"{dropped},{silent}")
        text = _run(tmp_path, "127.0.0.5", "--ports", f"{dropped},{silent}").stdout
    (host,) = report["fleet"]["hosts"]
    assert (host["silent"], [s["kind"] for s in host["services"]]) == (1, ["unknown"])
    assert not report["environments"]
    assert report["summary"]["exit_code"] == 3
    (problem,) = report["problems"]
    assert problem["message"] == f"not assessed: what listens at port {silent} was not recognised"
    assert f"port {silent} (unknown)  open; batten does not assess it" in text.replace(
        " open;", "  open;"
    ).replace("   ", "  ")


def test_hosts_that_never_answer_are_not_clean(tmp_path: Path) -> None:
    with filtered("127.0.0.5") as dropped:
        report = _json(tmp_path, "127.0.0.5", "--ports", str(dropped))
    assert report["summary"]["verdict"] == "nothing was assessed"
    assert report["summary"]["exit_code"] == 3


def test_hosts_without_an_open_port_are_clean(tmp_path: Path) -> None:
    report = _json(tmp_path, "127.0.0.5", "--ports", "1-20")
    assert (report["summary"]["exit_code"], report["fleet"]["closed"]) == (0, 20)


def test_a_dry_run_of_a_block_connects_to_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a dry run touched the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.chdir(tmp_path)
    made = CliRunner().invoke(command, ["10.0.0.0/22", "--ports", "80,443", "--dry-run", "--format", "json"])
    assert made.exit_code == 0, made.output
    discovery = json.loads(made.stdout)["discovery"]
    assert (len(discovery["addresses"]), discovery["ports"]) == (1024, [80, 443])
    assert (discovery["connections"], discovery["most_connections"]) == (2048, 4096)


def test_people_read_hosts_in_html_too(tmp_path: Path) -> None:
    async def ran() -> None:
        async with raw(_redis, "127.0.0.5") as store:
            await asyncio.to_thread(
                _run, tmp_path, f"127.0.0.5:{store}", "--format", "html", "--output", "r.html"
            )

    asyncio.run(ran())
    page = (tmp_path / "r.html").read_text()
    assert 'id="hosts"' in page
    assert "1 host with open ports, of 1 address" in page


@contextmanager
def _several(count: int) -> Iterator[list[tuple[str, int, Web]]]:
    """Web servers at addresses of their own, in a loop of their own."""
    import threading

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    stack: list[Any] = []
    made: list[tuple[str, int, Web]] = []
    try:
        for number in range(count):
            web, address = Web(), f"127.0.0.{20 + number}"
            server = raw(web, address)
            port = asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(BOUND)
            stack.append(server)
            made.append((address, port, web))
        yield made
    finally:
        for server in stack:
            asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(BOUND)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(BOUND)
        loop.close()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_goes_on_with_what_is_left(end: signal.Signals, tmp_path: Path) -> None:
    """The targets share one descriptor limit that admits one at a time, so that some are done when it ends."""
    with _several(4) as servers:
        (tmp_path / "list").write_text("".join(f"{address}:{port}\n" for address, port, _ in servers))
        call = [BATTEN, "probe", "list", "--rate", "400", "--format", "json"]

        def one_at_a_time() -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

        process = subprocess.Popen(
            call,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=one_at_a_time,
        )
        until(lambda: sum(len(web.asked) > 12 for *_, web in servers) > 2, "the third target is assessed")
        process.send_signal(end)
        _, told = process.communicate(timeout=BOUND)
        assert ("`--resume` with the same targets goes on from here" in told) is (end is signal.SIGINT)
        for *_, web in servers:
            web.asked.clear()
        other = _json(tmp_path, "list", "--resume")
        untouched = [address for address, _, web in servers if not web.asked]
        again = _run(tmp_path, "list", "--resume")
    carried = {e["name"]: e["carried"] for e in other["environments"] if e["carried"]}
    assert {re.sub(r"http://(.*):\d+", r"\1", name) for name in carried} == set(untouched)
    assert len(carried) >= 1
    assert len(other["environments"]) == 4
    assert all(e["reached"] for e in other["environments"])
    assert "there is no interrupted run with these targets" in again.stderr


def test_an_interrupted_search_says_so_and_assesses_nothing(tmp_path: Path) -> None:
    web = Web()
    tried: list[int] = []

    async def noted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tried.append(1)
        writer.close()

    async def ran() -> tuple[dict[str, Any], str]:
        async with raw(noted, "127.0.0.5") as port, raw(web, "127.0.0.6") as page:
            call = [BATTEN, "probe", "127.0.0.5", f"http://127.0.0.6:{page}", "--ports", f"{port},1-2000"]
            process = await asyncio.create_subprocess_exec(
                *call, "--format", "json", cwd=tmp_path, stdout=-1, stderr=-1
            )
            await come(lambda: tried, "the search is on its way")
            process.send_signal(signal.SIGINT)
            out, told = await process.communicate()
            return json.loads(out), told.decode()

    report, told = asyncio.run(ran())
    assert "discovery was interrupted" in report["problems"][0]["message"]
    assert report["summary"]["exit_code"] == 3
    assert not web.asked
    assert "`--resume` with the same targets goes on from here" in told


def test_other_targets_do_not_go_on(tmp_path: Path) -> None:
    with _several(2) as servers:
        lines = [f"{address}:{port}\n" for address, port, _ in servers]
        (tmp_path / "list").write_text("".join(lines))
        process = subprocess.Popen(
            [BATTEN, "probe", "list", "--rate", "100"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        until(lambda: any(len(web.asked) > 12 for *_, web in servers), "a target is assessed")
        process.kill()
        process.communicate(timeout=BOUND)
        (tmp_path / "list").write_text(lines[0])
        done = _run(tmp_path, "list", "--resume")
    assert "there is no interrupted run with these targets" in done.stderr


def test_a_thousand_addresses_take_little_memory(tmp_path: Path) -> None:
    """127.0.0.0/22 at a hundred ports, of which a few are open: bounded memory, and every open port found."""
    code = (
        "import sys; from batten.__main__ import run\n"
        "try: run()\n"
        "finally: print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0], file=sys.stderr)"
    )
    with ExitStack() as stack:
        addresses = [f"127.0.{n % 4}.{7 * n + 1}" for n in range(12)]
        port = stack.enter_context(listening(addresses[0]))
        for address in addresses[1:]:
            stack.enter_context(listening(address, port))
        ports = f"{port},{','.join(str(p) for p in range(2, 22))}"
        call = [
            sys.executable,
            "-c",
            code,
            "probe",
            "127.0.0.0/22",
            "--ports",
            ports,
            "--yes",
            "--format",
            "json",
        ]
        call += ["--connect-rate", "8000", "--rate", "0"]
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, timeout=BOUND, check=False)
    report = json.loads(done.stdout)
    assert {host["host"] for host in report["fleet"]["hosts"]} >= set(addresses)
    assert report["fleet"]["addresses"] == 1024
    assert int(done.stderr.split()[-1]) < 300_000  # kilobytes
