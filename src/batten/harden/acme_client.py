"""The client of ACME beside an edge that has none built in: certbot, which keeps what it has until a third of its life is left.

https://eff-certbot.readthedocs.io/en/stable/using.html
"""

from __future__ import annotations

from batten.harden.acme import CHAIN, KEY, Acme
from batten.harden.authority import placeholder
from batten.harden.made import Secret
from batten.harden.units import REMARK

HOOK = "deploy.sh"
PLACEHOLDER = "secrets/edge"  # what an edge starts with: nobody trusts it


def command(acme: Acme, names: tuple[str, ...], reads_files: bool, hook: str) -> tuple[str, ...]:
    """The arguments of certbot: for the first certificate and for all that follow. `hook` is a command of a shell."""
    folder = acme.state
    files = ("--webroot", "--webroot-path", acme.webroot)
    port = (
        "--standalone",
        "--http-01-address",
        acme.responder.host,
        "--http-01-port",
        str(acme.responder.port),
    )
    mail = ("--email", acme.email, "--no-eff-email") if acme.email else ("--register-unsafely-without-email",)
    return (
        "certonly",
        "--non-interactive",
        "--agree-tos",
        *mail,
        "--server", acme.directory,
        *(files if reads_files else port),
        "--cert-name", "edge",
        *(word for name in names for word in ("--domain", name)),
        "--keep-until-expiring",
        "--renew-with-new-domains",
        "--key-type", "ecdsa",
        "--elliptic-curve", "secp256r1",
        "--config-dir", f"{folder}/state",
        "--work-dir", f"{folder}/work",
        "--logs-dir", f"{folder}/logs",
        "--deploy-hook", hook,
    )  # fmt: skip


def hook(folder: str) -> str:
    """A script that puts a new certificate where the edge reads it, each file in one step, the certificate last."""
    lines = (
        "#!/bin/sh",
        REMARK,
        "# certbot starts it after each new certificate, with the folder of that.",
        "set -eu",
        f"served='{folder}'",
        "put() {",
        '    install -m 0640 "$RENEWED_LINEAGE/$1" "$served/.$2"',
        '    mv "$served/.$2" "$served/$2"',
        "}",
        f"put privkey.pem {KEY}",
        f"put fullchain.pem {CHAIN}",
    )
    return "\n".join(lines) + "\n"


def first(names: tuple[str, ...], owner: int | None = None) -> tuple[Secret, ...]:
    """What the edge starts with before it has its certificate."""
    return placeholder(PLACEHOLDER, names, owner)
