"""What the controls say of lighttpd, shown on a real one, before and after what batten writes."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.facts import Listener, ResponseHeaders
from batten.formats import Workspace, apply
from batten.model import Fix, Safety
from batten.policy import Policy
from batten.technologies import Unit
from batten.technologies.edges.lighttpd import versions
from batten.technologies.edges.lighttpd.adapter import read
from batten.technologies.edges.lighttpd.validator import lighttpd
from batten.technologies.shared.transport.x509 import self_signed
from needs import needs
from servers import free_port, listener
from waiting import BOUND

pytestmark = needs("lighttpd", lighttpd())
HERE = "127.0.0.1"
PLAIN = 'server.document-root = "FILES"\nserver.bind = "127.0.0.1"\nserver.port = PORT\n'
SECURE = (
    'server.modules = ( "mod_openssl" )\n'
    + PLAIN
    + 'ssl.engine = "enable"\nssl.pemfile = "FILES/../pair.pem"\n'
)
NAMES = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


@contextmanager
def running(text: str, folder: Path, *more: str) -> Iterator[int]:
    """The port of a server with this configuration. `more` are names that stand for further ports."""
    files = folder / "files"
    (files / "download").mkdir(parents=True, exist_ok=True)
    (files / ".git").mkdir(exist_ok=True)
    for name in ("page.txt", ".env", ".git/config", "download/a.txt", "dump.sql"):
        (files / name).write_text(name)
    (folder / "pair.pem").write_bytes(b"".join(self_signed()))
    port = free_port()
    file = folder / "lighttpd.conf"
    file.write_text(text.replace("FILES", str(files)).replace("PORT", str(port)))
    with listener([lighttpd(), "-D", "-f", str(file)], port, folder / "server.log"):
        yield port


def ask(port: int, path: str, secure: bool = False, **sent: str) -> tuple[int, Mapping[str, str], str]:
    if secure:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            HERE, port, timeout=BOUND, context=context
        )
    else:
        connection = http.client.HTTPConnection(HERE, port, timeout=BOUND)
    connection.request("GET", path, headers=sent)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


def public(text: str) -> str:
    """The configuration as it is on a server that others reach."""
    return text.replace('server.bind = "127.0.0.1"\n', "")


def fixes(text: str, *controls: str) -> list[Fix]:
    found = review(Workspace("/nonexistent", {"lighttpd.conf": public(text)}), Policy()).findings
    made = [f.fix for f in found if f.control in controls and f.fix is not None]
    assert made and len(made) == len([f for f in found if f.control in controls])
    return made


def mended(text: str, *controls: str) -> str:
    """What batten writes, with the address of the tests put back."""
    made = apply(
        public(text), [e for f in fixes(text, *controls) for e in f.edits if f.safety is not Safety.VALUE]
    )
    return made.replace("server.port = PORT\n", 'server.bind = "127.0.0.1"\nserver.port = PORT\n')


def test_headers_are_sent_as_they_are_read(tmp_path: Path) -> None:
    text = (
        'server.modules = ( "mod_setenv" )\n'
        + PLAIN
        + (
            'setenv.add-response-header = ( "X-Frame-Options" => "DENY", "Referrer-Policy" => "no-referrer" )\n'
            'setenv.set-response-header = ( "Referrer-Policy" => "same-origin" )\n'
            '$HTTP["url"] =^ "/download/" {\n    setenv.add-response-header = ( "X-Area" => "download" )\n}\n'
            '$HTTP["url"] =^ "/none" {\n    setenv.add-response-header += ( "X-Area" => "none" )\n}\n'
        )
    )
    here = Workspace(tmp_path, {"lighttpd.conf": public(text)})
    read_of = [f for f in read(Unit("lighttpd", ("lighttpd.conf",)), here) if isinstance(f, ResponseHeaders)]
    names = ("x-frame-options", "referrer-policy", "x-area")
    told = [{n: a[n].value for n in names if n in a.sent} for a in read_of]
    with running(text, tmp_path) as port:
        for path, says in zip(("/page.txt", "/download/a.txt", "/none"), told, strict=True):
            status, got, _ = ask(port, path)
            assert {n: got[n] for n in names if n in got} == says
            assert status == (404 if path == "/none" else 200)


def test_what_a_block_loses_comes_back(tmp_path: Path) -> None:
    text = (
        'server.modules = ( "mod_setenv" )\n'
        + PLAIN
        + (
            'setenv.add-response-header = ( "X-Content-Type-Options" => "nosniff" )\n'
            '$HTTP["url"] =^ "/download/" {\n    setenv.add-response-header = ( "X-Area" => "download" )\n}\n'
        )
    )
    with running(text, tmp_path) as port:
        assert "x-content-type-options" not in ask(port, "/download/a.txt")[1]
    with running(mended(text, "headers-inherited"), tmp_path) as port:
        got = ask(port, "/download/a.txt")[1]
        assert got["x-content-type-options"] == "nosniff" and got["x-area"] == "download"


def test_headers_and_banner_after_the_fix(tmp_path: Path) -> None:
    with running(PLAIN, tmp_path) as port:
        assert re.match(r"lighttpd/\d+\.\d+", ask(port, "/page.txt")[1]["server"])
    with running(mended(PLAIN, "banner-hidden", "nosniff-sent", "framing-denied"), tmp_path) as port:
        for path in ("/page.txt", "/no-such-page"):
            got = ask(port, path)[1]
            assert "server" not in got
            assert got["x-content-type-options"] == "nosniff" and got["x-frame-options"] == "SAMEORIGIN"


def test_hidden_files_and_listings(tmp_path: Path) -> None:
    text = PLAIN + 'server.dir-listing = "enable"\n'
    hidden = ("/.env", "/.git/config", "/%2egit/config", "/download/..%2f.env", "/download/../.git/config")
    with running(text, tmp_path) as port:
        assert {ask(port, path)[0] for path in hidden} == {200}
        assert "a.txt" in ask(port, "/download/")[2]
    with running(mended(text, "file-not-served", "listing-off"), tmp_path) as port:
        assert {ask(port, path)[0] for path in hidden} == {403}
        status, _, body = ask(port, "/download/")
        assert status in (403, 404) and "a.txt" not in body
        assert ask(port, "/page.txt")[0] == ask(port, "/download/a.txt")[0] == 200


def test_a_rule_of_a_module_that_is_not_loaded(tmp_path: Path) -> None:
    text = PLAIN + '$HTTP["url"] =^ "/download/" {\n    url.access-deny = ( "" )\n}\n'
    with running(text, tmp_path) as port:
        assert ask(port, "/download/a.txt")[0] == 200
    with running(mended(text, "access-rule-effective"), tmp_path) as port:
        assert ask(port, "/download/a.txt")[0] == 403


def test_a_rule_that_a_later_block_replaces(tmp_path: Path) -> None:
    text = (
        'server.modules = ( "mod_access" )\n'
        + PLAIN
        + '$HTTP["url"] =~ "/\\.git" {\n    url.access-deny = ( "" )\n}\n'
        + '$HTTP["url"] =^ "/.g" {\n    url.access-deny = ( ".sql" )\n}\n'
    )
    with running(text, tmp_path) as port:
        assert ask(port, "/.git/config")[0] == 200
    with running(mended(text, "access-rule-effective"), tmp_path) as port:
        assert ask(port, "/.git/config")[0] == 403


def test_bodies_are_bounded(tmp_path: Path) -> None:
    def posted(port: int) -> int:
        connection = http.client.HTTPConnection(HERE, port, timeout=BOUND)
        connection.request("POST", "/page.txt", body=b"x" * (2 << 20))
        status = connection.getresponse().status
        connection.close()
        return status

    with running(PLAIN, tmp_path) as port:
        assert posted(port) != 413
    with running(mended(PLAIN, "http-limits-set"), tmp_path) as port:
        assert posted(port) == 413


def test_requests_are_logged(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    made = mended(PLAIN, "access-logged").replace("/var/log/lighttpd/access.log", str(log))
    with running(made, tmp_path) as port:
        ask(port, "/page.txt")
    assert "GET /page.txt" in log.read_text()


def test_pages_about_the_server(tmp_path: Path) -> None:
    text = 'server.modules = ( "mod_status" )\n' + PLAIN + 'status.status-url = "/server-status"\n'
    made = mended(text, "console-not-exposed")
    nowhere = made.replace("127\\.0\\.0\\.1", "192\\.0\\.2\\.1")
    assert nowhere != made
    for configuration, status in ((text, 200), (made, 200), (nowhere, 404)):
        with running(configuration, tmp_path) as port:
            assert ask(port, "/server-status")[0] == status


def test_plain_requests_are_redirected(tmp_path: Path) -> None:
    other = free_port()
    text = SECURE + f'$SERVER["socket"] == "{HERE}:{other}" {{\n    ssl.engine = "disable"\n}}\n'
    with running(text, tmp_path):
        assert ask(other, "/page.txt?a=1")[0] == 200
    seen = text.replace(HERE + f":{other}", f":{other}")
    made = mended(seen, "tls-required").replace(f":{other}", f"{HERE}:{other}", 1)
    with running(made.replace("%1:PORT", "%1:4433"), tmp_path) as port:
        status, got, _ = ask(other, "/page.txt?a=1", Host=f"api.example.com:{other}")
        assert status in (301, 308)
        assert re.fullmatch(r"https://api\.example\.com(:\d+)?/page\.txt\?a=1", got["location"])
        assert ask(port, "/page.txt", secure=True)[0] == 200


def accepted(port: int) -> set[str]:
    """The versions with which a handshake is completed."""
    found = set()
    for name, version in NAMES.items():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        try:
            with socket.create_connection((HERE, port), BOUND) as plain, context.wrap_socket(plain):
                found.add(name)
        except (ssl.SSLError, OSError):
            continue
    return found


@pytest.mark.parametrize(
    "command",
    [
        '"MinProtocol" => "TLSv1"',
        '"MinProtocol" => "None", "Protocol" => "-ALL, TLSv1.1, TLSv1.2"',
        '"MinProtocol" => "TLSv1.2"',
    ],
)
def test_versions_are_those_that_are_read(command: str, tmp_path: Path) -> None:
    weak = ', "CipherString" => "ALL:@SECLEVEL=0"'
    text = SECURE + f"ssl.openssl.ssl-conf-cmd = ( {command}{weak} )\n"
    here = Workspace(tmp_path, {"lighttpd.conf": public(text)})
    (seen,) = (f for f in read(Unit("lighttpd", ("lighttpd.conf",)), here) if isinstance(f, Listener))
    assert seen.protocols is not None and isinstance(seen.protocols.value, tuple)
    with running(text, tmp_path) as port:
        assert accepted(port) == set(seen.protocols.value)
    if "TLSv1.1" in seen.protocols.value:
        with running(mended(text, "tls-version"), tmp_path) as port:
            assert accepted(port) <= {"TLSv1.2", "TLSv1.3"}


def test_the_default_is_that_of_its_version(tmp_path: Path) -> None:
    with running(SECURE, tmp_path) as port:
        banner = ask(port, "/page.txt", secure=True)[1]["server"]
        assert accepted(port) == set(versions.protocols(banner.partition("/")[2]) or ())


def test_one_origin_is_let_in(tmp_path: Path) -> None:
    text = (
        'server.modules = ( "mod_setenv" )\n'
        + PLAIN
        + 'setenv.add-response-header = ( "Access-Control-Allow-Origin" => "*" )\n'
    )
    policy = Policy(origins=("https://a.example", "https://b.example"))
    found = review(Workspace("/nonexistent", {"lighttpd.conf": public(text)}), policy).findings
    (finding,) = [f for f in found if f.control == "cors-origin-listed"]
    assert finding.fix is not None
    made = apply(public(text), finding.fix.edits).replace(
        "server.port", 'server.bind = "127.0.0.1"\nserver.port', 1
    )
    with running(made, tmp_path) as port:
        for origin, answer in {"https://a.example": "https://a.example", "https://c.example": None}.items():
            got = ask(port, "/page.txt", Origin=origin)[1]
            assert got.get("access-control-allow-origin") == answer
