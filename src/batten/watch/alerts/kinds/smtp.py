"""Mail, with STARTTLS or TLS from the first byte; unencrypted to loopback only."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from ipaddress import ip_address

from batten.watch.alerts.addresses import Undelivered, checked
from batten.watch.alerts.kinds import Field, Kind, Order
from batten.watch.alerts.kinds.texts import MOST, grouped, headline, left, title

FIELDS = {
    "host": Field("mail server"),
    "port": Field("its port: 587 (STARTTLS), 465 (TLS)", required=False),
    "from": Field("sender's address"),
    "to": Field("addresses of the recipients, with commas between"),
    "user": Field("user name, where one is required", required=False),
    "password": Field("its password", required=False, secret=True),
}
_SECONDS = 20.0
_TLS = 465


def send(order: Order) -> None:
    groups = grouped(order.notices)
    message = EmailMessage()
    message["Subject"] = _line(f"[batten] {title(order.notices)}")[:200]
    message["From"] = _line(order.settings["from"])
    message["To"] = _line(order.settings["to"])
    message["Date"] = formatdate(order.sent / 1_000)
    message["Message-ID"] = f"<{order.key}@batten>"
    message["Auto-Submitted"] = "auto-generated"
    parts = [f"{headline(g)}\n{g[0].sentence}\n{order.link(g[0])}".rstrip() for g in groups[:MOST]]
    message.set_content("\n\n".join((*parts, left(groups))).rstrip() + "\n")
    try:
        with _connected(order) as server:
            if order.settings.get("user"):
                server.login(order.settings["user"], order.settings.get("password", ""))
            server.send_message(message)
    except smtplib.SMTPResponseException as error:
        raise Undelivered(
            f"the mail server answered with {error.smtp_code}", final=error.smtp_code >= 500
        ) from None
    except smtplib.SMTPRecipientsRefused:
        raise Undelivered("the mail server refused the recipients", final=True) from None
    except (smtplib.SMTPException, OSError) as error:
        raise Undelivered(f"the mail server cannot be used: {type(error).__name__}") from None


def _connected(order: Order) -> smtplib.SMTP:
    """A session that is encrypted, or ends on this machine."""
    host = order.settings["host"]
    port = int(order.settings.get("port") or 587)
    address = checked(host, port, order.allowed)[0]
    link = socket.create_connection((address, port), _SECONDS)
    context = ssl.create_default_context()
    if port == _TLS:
        return _session(context.wrap_socket(link, server_hostname=host), host)
    server = _session(link, host)
    server.ehlo()
    if server.has_extn("starttls"):
        server._host = host  # type: ignore[attr-defined]  # what its certificate is held against
        server.starttls(context=context)
    elif not ip_address(address).is_loopback:
        server.close()
        raise Undelivered(f"{host} offers no STARTTLS; mail is not sent unencrypted", final=True)
    return server


class _Given(smtplib.SMTP):
    """A session over a socket that is connected already."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        super().__init__(timeout=_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._link


def _session(link: socket.socket, host: str) -> smtplib.SMTP:
    made = _Given(link)
    code, _ = made.connect(host, link.getpeername()[1])
    if code != 220:
        made.close()
        raise Undelivered(f"the mail server answered with {code}")
    return made


def _line(text: str) -> str:
    return " ".join(text.split())


KIND = Kind(FIELDS, send)
