"""A rendered edge, run on loopback for as long as it takes to look at it."""

from __future__ import annotations

import grp
import os
import pwd
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import field, replace
from enum import Enum
from ipaddress import ip_address
from pathlib import Path

from batten.cell import COPY, MIB, ROOM, Bounds, NotAsked, Order, trust
from batten.cell.keeper import Running, running
from batten.files.temporary import private_file
from batten.harden.acme import Acme
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import HardenProblem, Target
from batten.harden.trial_certificate import pair
from batten.harden.trial_challenges import Challenge, challenge, responder
from batten.model.record import record

START_SECONDS = 10.0
# It answers for as long as it is looked at; what it uses is bounded all the same.
BOUNDS = Bounds(processor=600, memory=1024 * MIB, file=256 * MIB, room=512 * MIB, files=4096)
PROXIED = b"PROXY UNKNOWN\r\n"  # a connection that is nobody's but the proxy's own
CERTIFICATE, KEY, ANSWERS = "edge.pem", "edge.key", "acme"
RESOLVING = tuple(
    map(Path, ("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf"))
)


class Lack(Enum):
    """What an engine cannot do, in the words of a proof. It is not held against what is rendered for it."""

    PROBLEMS = "problem documents for its own errors"
    KINDS = (
        "headers of data with its own errors, or a policy of the application's own, where pages and files are"
    )


@record(kw_only=True)
class Launch:
    """How an engine is started on what was rendered for it; each engine's is `edges/<engine>/launch.py`.

    Rendered files are in COPY, by their paths, and ROOM is the only folder that can be written to. `harmless` are arguments
    that make the program answer and end, such as those for its version.
    """

    arguments: tuple[str, ...]
    harmless: tuple[str, ...]
    itself: bool = False  # whether it is a client of ACME; a trial gives it a certificate all the same
    environment: Mapping[str, str] = field(default_factory=dict)
    joined: bool = False  # whether the certificate's file holds the key, too
    forks: bool = False
    reserves: bool = False  # whether it reserves far more address space than it uses
    lacks: frozenset[Lack] = frozenset()


@record
class Trial:
    """Where it answers ("" where it has no plain listener), the trust anchor of its certificate, and what is answered to an
    authority there."""

    url: str
    plain: str
    ca: Path
    challenge: Challenge | None = None


@contextmanager
def trial(launch: Launch, program: Path, intent: Intent, render: Callable[[Intent], Made]) -> Iterator[Trial]:
    """Run what `render` makes of the intent, with ports, a certificate and folders of the trial's own.

    Raises HardenProblem when the engine does not start.
    """
    names = tuple(dict.fromkeys((*intent.edge.names, "localhost")))
    certificate, key = pair(names)
    tls, plain = free_ports(2)
    placed = replace(
        intent,
        options=replace(
            intent.options,
            names=names,
            listen=f"127.0.0.1:{tls}",
            plain=f"127.0.0.1:{plain}" if intent.options.plain else "",
            certificate=f"{COPY}/{CERTIFICATE}",
            key=f"{COPY}/{KEY}",
            prefix=ROOM,
            settings=COPY,
            public=0,
            streams=False,
            journal=False,
            user=_self() if trust.is_given() else "",
        ),
        local_ca=False,
    )
    one = challenge()
    with ExitStack() as held:
        if intent.acme is not None:
            placed = replace(placed, acme=_asked(intent.acme, launch, held.enter_context(responder(one))))
        # What was rendered, and secrets of the trial's own.
        made = render(placed)
        files_files: dict[str, bytes] = {}
        for secret in made.secrets:
            files_files[secret.path] = secret.make(files_files)
        files = {
            **files_files | {path: text.encode() for path, text in made.files.items()},
            CERTIFICATE: certificate + key if launch.joined else certificate,
            KEY: key,
            f"{ANSWERS}/webroot{one.target}": one.content,
        }
        anchor = held.enter_context(private_file(certificate))
        options = placed.options
        # What it reads of this machine: how names are resolved, and the authorities of its upstream.
        anchors = (Path(options.upstream_ca),) if options.target.secure and options.upstream_ca else ()
        edge = held.enter_context(
            running(
                Order(
                    program,
                    launch.arguments,
                    files,
                    visible=(*(RESOLVING if _is_name(options.target.host) else ()), *anchors),
                    environment=launch.environment,
                    bounds=BOUNDS,
                    forks=launch.forks,
                    reserves=launch.reserves,
                    network=True,
                ),
                launch.harmless,
            )
        )
        if isinstance(edge, NotAsked):
            raise HardenProblem(f"the trial run failed: {edge}")
        redirect = plain if placed.options.plain else 0
        trusting = ssl.create_default_context(cafile=str(anchor))
        first = PROXIED if placed.options.proxy_protocol else b""
        _answering(edge, program.name, tls, first, trusting)
        if redirect:
            _answering(edge, program.name, redirect, first)
        here = f"http://localhost:{redirect}" if redirect else ""
        yield Trial(f"https://localhost:{tls}", here, anchor, one if placed.acme and redirect else None)


def _asked(acme: Acme, launch: Launch, port: int) -> Acme | None:
    """Challenges are answered by the trial; who would ask an authority itself gets the trial's certificate."""
    if launch.itself:
        return None
    return replace(acme, folder=f"{COPY}/{ANSWERS}", responder=Target(False, "127.0.0.1", port))


def _is_name(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False


def _self() -> str:
    """Outside of a cell a server that root starts would take a user who may not enter the trial's folder."""
    if os.geteuid() != 0:
        return ""
    user = pwd.getpwuid(0)
    return f"{user.pw_name} {grp.getgrgid(user.pw_gid).gr_name}"


def free_ports(count: int) -> list[int]:
    """Ports of loopback at which nobody listens. All are held until all are known, so no two are one."""
    with ExitStack() as held:
        links = [held.enter_context(socket.socket()) for _ in range(count)]
        for link in links:
            link.bind(("127.0.0.1", 0))
        return [int(link.getsockname()[1]) for link in links]


def _answering(
    edge: Running, name: str, port: int, first: bytes, trusting: ssl.SSLContext | None = None
) -> None:
    """Wait until it answers, with its own certificate. Raises HardenProblem with the program's last words when it does not."""
    end = time.monotonic() + START_SECONDS
    if not answers(port, trusting, first, lambda: edge.ended() or time.monotonic() > end):
        last = edge.said().strip().splitlines()[-1:]
        raise HardenProblem(f"{name} did not start: {last[0] if last else 'it printed no error'}")


def answers(port: int, trusting: ssl.SSLContext | None, first: bytes, over: Callable[[], bool]) -> bool:
    """Whether something answers at a port of loopback, with a certificate that is trusted, before it is `over`. `first` is sent
    ahead of the handshake. Some engines
    listen before they have read which certificate is theirs."""
    while not over():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
                link.sendall(first)
                if trusting is not None:
                    trusting.wrap_socket(link, server_hostname="localhost").close()
            return True
        except OSError:
            time.sleep(0.02)
    return False
