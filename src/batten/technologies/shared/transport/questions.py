"""Questions of fixes that need a person's word."""

from __future__ import annotations

from batten.model import Fix, Safety


def ask_origins(title: str) -> Fix:
    return Fix(
        title, (), safety=Safety.VALUE, question="which origins may read answers? (`origins:` in batten.yaml)"
    )


def ask_hosts(title: str) -> Fix:
    question = "which host names do clients use for this server? (`hosts:` in batten.yaml)"
    return Fix(title, (), safety=Safety.VALUE, question=question)


def ask_certificate(title: str, where: str = "") -> Fix:
    question = f"a listener with TLS{where}: which certificate and key does this server use?"
    return Fix(title, (), safety=Safety.VALUE, question=question)
