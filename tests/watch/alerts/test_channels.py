"""Each kind of channel against what receives it: real Alertmanager, real SMTP, and doubles of the documented protocols elsewhere."""

from __future__ import annotations

import base64
import email
import hmac
import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from batten.live.addresses import Addresses, networks
from batten.model import Severity
from batten.watch.alerts.addresses import Undelivered
from batten.watch.alerts.notices import Notice, Topic
from batten.watch.alerts.sending import ChannelProblem, check, deliver, kind_of
from batten.watch.model import Channel, ChannelKind, Owned
from needs import program
from servers import free_port, listener
from waiting import until

LOOPBACK = Addresses(public=True, allowed=networks(["127.0.0.0/8"]))
ALONE = Owned(alone=True)
NOW = 1_800_000_000_000
NEW = Notice(
    topic=Topic.NEW, subject="finding:c:1", environment="orders/prod", number=1, severity="critical", cause="c",
    sentence="`cache` accepts <unauthenticated> *commands* & <!channel> more", control="store-authenticated", place="compose.yaml", life=7,
    since=NOW - 60_000,
)  # fmt: skip
FIXED = Notice(
    topic=Topic.FIXED,
    subject="finding:c:1",
    environment="orders/prod",
    number=1,
    severity="critical",
    sentence="x",
    cause="c",
)
KEY = "whsec_" + base64.b64encode(b"k" * 32).decode()
SECRETS = {"ALERT_KEY": KEY, "ALERT_ROUTE": "R" * 32, "ALERT_PASSWORD": "s3cret-pass", "ALERT_HOOK": ""}


class Double(BaseHTTPRequestHandler):
    """Takes what is posted, and answers 202."""

    got: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def double() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    got: list[tuple[str, dict[str, str], bytes]] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Of", (Double,), {"got": got})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", got
        server.shutdown()


def send(
    kind: ChannelKind, settings: dict[str, str], *notices: Notice, key: str = "msg_1", **secrets: str
) -> None:
    one = Channel(name="a", kind=kind, settings=settings, severity=Severity.LOW)
    check(one, ALONE)
    deliver(one, key, list(notices), "https://watch.example", (SECRETS | secrets).get, LOOPBACK, NOW, ALONE)


def test_a_webhook_is_signed_over_its_id_its_time_and_its_body(double: Any) -> None:
    url, got = double
    send(ChannelKind.WEBHOOK, {"url": f"{url}/in", "secret": "${ALERT_KEY}"}, NEW, key="msg_9")
    path, headers, body = got[0]
    signed = f"msg_9.{NOW // 1000}.".encode() + body
    wanted = base64.b64encode(hmac.digest(b"k" * 32, signed, "sha256")).decode()
    assert (
        path == "/in" and headers["webhook-signature"] == f"v1,{wanted}" and headers["webhook-id"] == "msg_9"
    )
    (alert,) = json.loads(body)["alerts"]
    assert alert["link"] == "https://watch.example/findings/7" and alert["topic"] == "new finding"


@pytest.mark.parametrize("secret", ["whsec_!!", "whsec_YWJj", ""])
def test_a_weak_secret_signs_nothing(secret: str, double: Any) -> None:
    url, got = double
    with pytest.raises(Undelivered):
        send(ChannelKind.WEBHOOK, {"url": url, "secret": "${ALERT_KEY}"}, NEW, ALERT_KEY=secret)
    assert got == []


def test_slack_formats_nothing_that_a_finding_says(double: Any) -> None:
    url, got = double
    send(ChannelKind.SLACK, {"url": "${ALERT_HOOK}"}, NEW, ALERT_HOOK=url)
    body = json.loads(got[0][2])
    section, context = body["blocks"]
    assert section["text"]["type"] == "plain_text" and "<!channel>" in section["text"]["text"]
    assert context["elements"][0]["text"] == "<https://watch.example/findings/7|store-authenticated>"
    assert body["text"].startswith("CRITICAL · new finding · orders/prod")


def test_teams_gets_an_adaptive_card(double: Any) -> None:
    url, got = double
    many = [NEW, *(Notice(topic=Topic.NEW, subject=f"s{i}", environment="a/b", number=1, severity="low", sentence=f"n{i}", cause=f"c{i}") for i in range(25))]  # fmt: skip
    send(ChannelKind.TEAMS, {"url": "${ALERT_HOOK}"}, *many, ALERT_HOOK=url)
    (attachment,) = json.loads(got[0][2])["attachments"]
    card = attachment["content"]
    assert (
        attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        and card["type"] == "AdaptiveCard"
    )
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert card["body"][-1]["inlines"][0]["text"] == "6 more; see the dashboard"


def test_pagerduty_resolves_what_it_triggered(double: Any) -> None:
    url, got = double
    settings = {"routing_key": "${ALERT_ROUTE}", "url": f"{url}/v2/enqueue"}
    send(ChannelKind.PAGERDUTY, settings, NEW)
    send(ChannelKind.PAGERDUTY, settings, FIXED)
    first, second = (json.loads(body) for _, _, body in got)
    assert (first["event_action"], second["event_action"]) == ("trigger", "resolve")
    assert first["dedup_key"] == second["dedup_key"] and "payload" not in second
    assert first["payload"]["severity"] == "critical" and first["payload"]["source"] == "orders/prod"


def test_alertmanager_has_it_and_ends_it(tmp_path: Path) -> None:
    port, gossip = free_port(), free_port()
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    command = [
        program("prometheus-alertmanager"), f"--config.file={tmp_path}/alertmanager.yml", f"--storage.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    assert gossip
    now = _now()
    with listener(command, port, tmp_path / "log"):
        until(lambda: _alerts(url) is not None, "Alertmanager is ready")
        one = Channel(name="a", kind=ChannelKind.ALERTMANAGER, settings={"url": url})
        new = Notice(**{**{f: getattr(NEW, f) for f in NEW.__struct_fields__}, "since": now - 1_000})
        deliver(one, "k", [new], "https://watch.example", SECRETS.get, LOOPBACK, now, ALONE)
        (alert,) = until(lambda: _alerts(url), "it has the alert")
        assert alert["labels"]["alertname"] == "BattenFinding" and alert["labels"]["service"] == "orders"
        assert alert["annotations"]["summary"] == NEW.sentence and alert["generatorURL"].endswith(
            "/findings/7"
        )
        ended = Notice(**{**{f: getattr(new, f) for f in new.__struct_fields__}, "topic": Topic.FIXED})
        deliver(one, "k2", [ended], "", SECRETS.get, LOOPBACK, now, ALONE)
        until(lambda: _alerts(url) == [], "the alert has ended")


def _now() -> int:
    from batten.watch.store.database import now

    return now()


def _alerts(url: str) -> list[Any] | None:
    import httpx

    try:
        answer = httpx.get(f"{url}/api/v2/alerts?active=true", trust_env=False)
        return list(answer.json()) if answer.status_code == 200 else None
    except httpx.HTTPError:
        return None


class Box:
    """A mail server's handler that keeps what comes, and knows one password."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got.append((session.ssl is not None, session.authenticated, envelope))
        return "250 OK"


def _known(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(success=data.password == b"s3cret-pass")


class Encrypted(Controller):
    def factory(self) -> SMTP:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.pair)
        return SMTP(
            self.handler, tls_context=context, require_starttls=True, authenticator=_known, auth_required=True
        )

    pair: tuple[Path, Path]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    pem, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", pem], check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return pem, key


MAIL = {"host": "localhost", "from": "batten@example.com", "to": "ops@example.com, on-call@example.com"}


def test_mail_is_sent_encrypted_and_with_a_password(certificate: tuple[Path, Path]) -> None:
    box = Box()
    server = Encrypted(box, hostname="127.0.0.1", port=free_port())
    server.pair = certificate
    server.start()
    try:
        settings = {**MAIL, "port": str(server.port), "user": "batten", "password": "${ALERT_PASSWORD}"}
        send(ChannelKind.SMTP, settings, NEW)
        with pytest.raises(Undelivered, match=r"535|Disconnected"):
            send(ChannelKind.SMTP, settings, NEW, ALERT_PASSWORD="wrong-password")
    finally:
        server.stop()
    ((encrypted, authenticated, envelope),) = box.got
    message = email.message_from_bytes(envelope.content)
    assert encrypted and authenticated and envelope.rcpt_tos == ["ops@example.com", "on-call@example.com"]
    assert "orders/prod" in str(email.header.make_header(email.header.decode_header(message["Subject"])))
    assert "https://watch.example/findings/7" in message.get_payload(decode=True).decode()  # type: ignore[union-attr]


def test_a_wrong_certificate_gets_no_mail(
    tmp_path: Path, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Encrypted(Box(), hostname="127.0.0.1", port=free_port())
    server.pair = certificate
    monkeypatch.delenv("SSL_CERT_FILE")
    server.start()
    try:
        with pytest.raises(Undelivered, match="cannot be used"):
            send(ChannelKind.SMTP, {**MAIL, "port": str(server.port)}, NEW)
    finally:
        server.stop()


def test_mail_within_the_machine_needs_no_tls() -> None:
    box = Box()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        odd = Notice(
            **{
                **{f: getattr(NEW, f) for f in NEW.__struct_fields__},
                "environment": "a\r\nBcc: x@example.com",
            }
        )
        send(ChannelKind.SMTP, {**MAIL, "port": str(server.port)}, odd)
    finally:
        server.stop()
    ((_, _, envelope),) = box.got
    assert email.message_from_bytes(envelope.content)["Bcc"] is None and len(envelope.rcpt_tos) == 2


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # of Apprise's own imports
def test_apprise_sends_what_has_no_kind_of_its_own(double: Any) -> None:
    url, got = double
    send(
        ChannelKind.APPRISE,
        {"url": "${ALERT_HOOK}"},
        NEW,
        ALERT_HOOK=url.replace("http://", "json://") + "/in",
    )
    body = json.loads(got[0][2])
    assert body["title"].startswith("CRITICAL · new finding") and NEW.sentence in body["message"]


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("syslog://", "acts on this machine"),
        ("json://10.0.0.1/", "could not deliver"),
        ("mmost://10.0.0.3:80/abcdefghijklmno", "could not deliver"),
        ("gotify://10.0.0.2/abcdefghijklmno", "could not deliver"),
        ("nothing://a", "not a URL"),
    ],
)
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_apprise_is_held_to_the_same_addresses(hook: str, said: str) -> None:
    with pytest.raises(Undelivered, match=said):
        send(ChannelKind.APPRISE, {"url": "${ALERT_HOOK}"}, NEW, ALERT_HOOK=hook)


@pytest.mark.parametrize("kind", ChannelKind)
def test_every_kind_says_what_it_needs(kind: ChannelKind) -> None:
    fields = kind_of(kind).fields
    for name, field in fields.items():
        settings = {n: "${ALERT_A}" if f.secret else "a" for n, f in fields.items() if n != name}
        one = Channel(name="a", kind=kind, settings=settings)
        if field.required:
            with pytest.raises(ChannelProblem, match=f"`{name}` is missing"):
                check(one, ALONE)
        if field.secret:
            with pytest.raises(ChannelProblem, match=f"`{name}` is a secret"):
                check(Channel(name="a", kind=kind, settings={**settings, name: "hunter2"}), ALONE)
    with pytest.raises(ChannelProblem, match="no setting"):
        check(Channel(name="a", kind=kind, settings={"colour": "red"}), ALONE)


def test_a_secret_that_is_not_set_is_told_by_its_name() -> None:
    with pytest.raises(Undelivered, match="the secret ALERT_NONE is not set"):
        send(ChannelKind.SLACK, {"url": "${ALERT_NONE}"}, NEW)
