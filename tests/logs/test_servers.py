"""Each server's access log as it writes it itself: recognised, and read as the calls that were made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from batten.logs.tally import Told, tell
from batten.logs.written import of_configuration, of_string
from needs import program
from servers import free_port, listener

CALLS = [
    ("GET", "/v1/orders/17?page=2"),
    ("POST", "/v1/orders"),
    ("GET", "/v1/users/me?access_token=abc"),
    ("GET", "/v1/orders/18"),
]
NGINX = 'log_format shop "$msec|$request_method|$uri|$args|$status|$http_user_agent|$remote_addr";\n'
APACHE = "\"%{%Y-%m-%dT%H:%M:%S%z}t %m '%U' '%q' %>s %D %a\""


def called(port: int) -> None:
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"User-Agent": 'a "quoted" agent'}
    ) as client:
        for method, target in CALLS:
            client.request(method, target)


def held(told: Told) -> None:
    """What was called, whatever it answered."""
    assert told.calls == len(CALLS) and all(f.understood == f.lines for f in told.files), told.files
    found = {(one.method, one.path): one.seen.times for one in told.used}
    assert found == {("GET", "/v1/orders/{}"): 2, ("POST", "/v1/orders"): 1, ("GET", "/v1/users/me"): 1}
    assert [(leak.path, leak.name) for leak in told.leaks] == [("/v1/users/me", "access_token")]
    assert told.first[:2] == "20" and len(told.last) == 16
    assert {client for one in told.used for client in one.seen.callers} <= {b"127.0.0.1", b"-"}


@contextmanager
def nginx(folder: Path) -> Iterator[tuple[int, list[tuple[Path, str]]]]:
    port = free_port()
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ {NGINX} access_log {folder}/combined.log; access_log {folder}/own.log shop;\n"
        f"client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;\n"
        f"scgi_temp_path {folder}/s; server {{ listen 127.0.0.1:{port}; return 200; }} }}\n"
    )
    with listener([program("nginx"), "-c", folder / "nginx.conf"], port, folder / "said"):
        yield port, [(folder / "combined.log", ""), (folder / "own.log", NGINX)]


@contextmanager
def apache(folder: Path) -> Iterator[tuple[int, list[tuple[Path, str]]]]:
    port = free_port()
    modules = "/usr/lib/apache2/modules"
    loaded = "".join(
        f"LoadModule {m}_module {modules}/mod_{m}.so\n" for m in ("mpm_event", "authz_core", "alias")
    )
    (folder / "apache.conf").write_text(
        f"ServerRoot {folder}\nServerName shop.example\nListen 127.0.0.1:{port}\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n{loaded}"
        f'LogFormat "%v:%p %h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" vhosts\nLogFormat {APACHE} own\n'
        f"CustomLog {folder}/vhosts.log vhosts\nCustomLog {folder}/own.log own\nRedirect 410 /\n"
    )
    with listener([program("apache2"), "-X", "-f", folder / "apache.conf"], port, folder / "said"):
        yield port, [(folder / "vhosts.log", ""), (folder / "own.log", f"LogFormat {APACHE} own\n")]


@contextmanager
def caddy(folder: Path) -> Iterator[tuple[int, list[tuple[Path, str]]]]:
    port = free_port()
    (folder / "Caddyfile").write_text(
        f"{{\n admin off\n auto_https off\n}}\nhttp://127.0.0.1:{port} {{\n log {{\n  output file {folder}/access.log\n }}\n respond 200\n}}\n"
    )
    command = [program("caddy"), "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]
    with listener(command, port, folder / "said", env={"HOME": str(folder), "XDG_DATA_HOME": str(folder)}):
        yield port, [(folder / "access.log", "")]


@contextmanager
def haproxy(folder: Path) -> Iterator[tuple[int, list[tuple[Path, str]]]]:
    port = free_port()
    (folder / "haproxy.cfg").write_text(
        "global\n log stdout format raw local0\ndefaults\n mode http\n log global\n option httplog\n timeout client 5s\n timeout server 5s\n"
        f" timeout connect 5s\nfrontend shop\n bind 127.0.0.1:{port}\n http-request return status 200\n"
    )
    with listener([program("haproxy"), "-f", folder / "haproxy.cfg"], port, folder / "access.log"):
        yield port, [(folder / "access.log", "")]


@pytest.mark.parametrize("server", [nginx, apache, caddy, haproxy])
def test_what_a_server_writes_is_read(
    server: Callable[[Path], Iterator[tuple[int, list[tuple[Path, str]]]]], tmp_path: Path
) -> None:
    with server(tmp_path) as (port, logs):  # type: ignore[attr-defined]
        called(port)
    for log, configuration in logs:
        lines = [line for line in log.read_bytes().split(b"\n") if b"/v1/" in line]
        log.write_bytes(b"\n".join(lines) + b"\n")  # without what a server says of its start
        held(tell([log], None, of_configuration(configuration) if configuration else ()))


DOCUMENTED = {
    "AWS load balancer": (
        'http 2026-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 '
        '366 "GET http://www.example.com:80/v1/orders/17?key=x HTTP/1.1" "curl/7.46.0" - - arn:aws:elasticloadbalancing:us-east-2:1:targetgroup/x '
        '"Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2026-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"'
    ),
    "W3C": (
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs-uri-query\n"
        "2026-12-04\t21:02:31\tLAX1\t392\t192.0.2.100\tGET\td111111abcdef8.cloudfront.net\t/v1/orders/17\t200\t-\tkey=x"
    ),
    "Envoy": (
        '[2026-04-15T20:17:00.310Z] "GET /v1/orders/17?key=x HTTP/2" 200 - 154 0 226 100 "10.0.35.28" "agent" "cc21d9b0" "locations" '
        '"tcp://10.0.2.1:80"'
    ),
    "Istio": (
        '[2026-11-25T21:26:18.409Z] "GET /v1/orders/17?key=x HTTP/1.1" 200 - via_upstream - "-" 0 135 3 1 "10.0.35.28" "curl/7.73" "84961386" '
        '"httpbin:8000" "127.0.0.1:80" inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound_.8000_._.httpbin default'
    ),
    "JSON": json.dumps(
        {"requestId": "c6af9ac6", "ip": "192.0.2.1", "requestTime": "09/Apr/2026:12:34:56 +0000", "httpMethod": "GET",
         "path": "/v1/orders/17", "status": "200", "protocol": "HTTP/1.1"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTED)
def test_what_a_vendor_documents_is_read(name: str, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(DOCUMENTED[name] + "\n")
    told = tell([log])
    assert [f.form for f in told.files] == [name]
    (one,) = told.used
    assert (one.method, one.path, one.status, one.seen.times) == ("GET", "/v1/orders/{}", "200", 1)
    assert told.first.startswith("2026-") and told.files[0].understood == told.files[0].lines
    assert one.seen.callers[0].count(b".") == 3


PREFIXED = {
    "docker compose": "edge-1  | {}",
    "Kubernetes": "2026-11-27T19:44:55.123456789Z stdout F {}",
    "syslog": "Nov 27 19:44:55 web01 nginx: {}",
}
COMBINED = '192.0.2.7 - ann [27/Nov/2026:19:44:55 +0000] "GET /v1/orders/17 HTTP/1.1" 200 12 "-" "curl/8.5"'


@pytest.mark.parametrize("name", PREFIXED)
def test_what_stands_before_the_lines_is_left_out(name: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text((PREFIXED[name].format(COMBINED) + "\n") * 3)
    told = tell([log])
    assert told.calls == 3 and told.used[0].path == "/v1/orders/{}" and told.first == "2026-11-27T19:44"


def test_docker_wraps_lines_in_json(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        json.dumps({"log": COMBINED + "\n", "stream": "stdout", "time": "2026-11-27T19:44:55Z"}) + "\n"
    )
    assert tell([log]).used[0].path == "/v1/orders/{}"


@pytest.mark.parametrize(
    "text",
    [
        '$remote_addr [$time_local] "$request" $status',
        '%h [%t] "%r" %>s',
        '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% [%START_TIME%] "%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" %RESPONSE_CODE%',
        "%ci [%Tl] %{+Q}r %ST",
    ],
)
def test_a_format_is_given_as_its_server_has_it(text: str) -> None:
    form = of_string(text)
    line = b'192.0.2.7 [27/Nov/2026:19:44:55 +0000] "GET /v1/x?y=1 HTTP/1.1" 200\n'
    assert form is not None
    if "%h" in text:
        line = line.replace(b"[", b"[[").replace(b"]", b"]]")  # Apache's %t has brackets of its own
    calls = form.calls(line)
    assert [column[0] for column in calls.columns] == [
        b"192.0.2.7",
        b"27/Nov/2026:19:44",
        b"GET",
        b"/v1/x",
        b"?y=1",
        b"200",
    ]


def test_a_string_without_a_call_is_no_format() -> None:
    assert of_string("$remote_addr $status") is None and of_string("") is None
