"""uvicorn started from Python: what `uvicorn.run(…)` and `uvicorn.Config(…)` are given.

A program that turns the access log off there may keep one of its own, as batten's service does: nothing is said of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batten.facts import Fact, Feature, Listener
from batten.model import UNKNOWN, Edit, Fix, Location, Remedy, Setting, Switch
from batten.model import remedy as want
from batten.technologies.shared.processes.rows import UVICORN
from batten.technologies.shared.python.edits import risky
from batten.technologies.shared.python.module import Module, argument
from batten.technologies.shared.python.values import evaluate
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS

_CALLS = ("uvicorn.run", "uvicorn.Config", "uvicorn.config.Config")
_VERSIONS = {
    "ssl.PROTOCOL_SSLv3": ("SSLv3",),
    "ssl.PROTOCOL_TLSv1": ("TLSv1",),
    "ssl.PROTOCOL_TLSv1_1": ("TLSv1.1",),
}


def servers(module: Module) -> Iterator[Fact]:
    """The servers that a module starts."""
    # `if __name__ == "__main__":` is how people start it by hand.
    guarded = {
        id(n)
        for block in module.nodes
        if isinstance(block, ast.If) and "__name__" in ast.unparse(block.test)
        for n in ast.walk(block)
    }
    for call in module.calls():
        if module.qualified(call.func) in _CALLS:
            yield from _rows(module, call, by_hand=id(call) in guarded)
            # A server with a certificate, where the call says more of TLS.
            pointer = ast.unparse(call.func)
            certificate, ciphers = argument(call, "ssl_certfile"), argument(call, "ssl_ciphers")
            version = argument(call, "ssl_version")
            if certificate is not None and not (ciphers is None and version is None):
                encrypted_at = module.block(call, pointer)
                protocols = _VERSIONS.get(module.qualified(version)) if version is not None else None
                words = evaluate(module, ciphers).plain if ciphers is not None else UNKNOWN
                yield Listener(
                    encrypted_at,
                    address=Setting(UNKNOWN, encrypted_at),
                    port=Setting(UNKNOWN, encrypted_at),
                    tls=Setting(True, encrypted_at),
                    ciphers=Setting(words, module.value(ciphers, f"{pointer}/ssl_ciphers"))
                    if ciphers is not None and isinstance(words, str)
                    else None,
                    protocols=Setting(protocols, module.value(version, f"{pointer}/ssl_version"))
                    if version is not None and protocols is not None
                    else None,
                )
            given = argument(call, "ssl_keyfile_password")
            value = evaluate(module, given).plain if given is not None else UNKNOWN
            if given is not None and isinstance(value, str):
                held = credentials.found("SSL_KEYFILE_PASSWORD", value)
                at = module.value(given, f"{ast.unparse(call.func)}/ssl_keyfile_password")
                if held is not None and isinstance(given, ast.Constant):
                    yield credentials.secret(at, "ssl_keyfile_password", held, "code")


def _rows(module: Module, call: ast.Call, *, by_hand: bool) -> Iterator[Feature]:
    headers = argument(call, "proxy_headers")
    ignored = headers is not None and evaluate(module, headers).plain is False
    for row in UVICORN:
        given = argument(call, row.name)
        if (
            given is None
            or (by_hand and row.switch is Switch.RELOAD)
            or (ignored and row.name == "forwarded_allow_ips")
        ):
            continue
        value = evaluate(module, given)
        if value.plain is not UNKNOWN and row.bad(value.plain) and not value.overridable:
            at = module.value(given, f"{ast.unparse(call.func)}/{row.name}")
            yield Feature(at, row.switch, Setting(True, at), row.what)


def fix_of_call(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    """The argument with another value, where it is written in the call."""
    name = at.pointer.rpartition("/")[2]
    if at.span is None or at.pointer.rpartition("/")[0].rpartition(".")[2] not in ("run", "Config"):
        return None
    match remedy:
        case want.TurnOff(switch) if (
            row := next(
                (
                    r
                    for r in UVICORN
                    if r.name == name and r.switch is switch and r.switch is not Switch.RELOAD
                ),
                None,
            )
        ) is not None:
            return risky(
                row.title, [Edit(module.path, at.span, row.good)], row.breaks or "people who rely on it"
            )
        case want.MinimumTls() if name == "ssl_version":
            edits = [Edit(module.path, at.span, "ssl.PROTOCOL_TLS_SERVER")]
            # Whether the module knows `ssl` by that name.
            assert at.span is not None
            return (
                risky("negotiate TLS 1.2 or newer", edits, OLD_VERSIONS)
                if module.source.text[at.span.start : at.span.end].startswith("ssl.")
                else None
            )
        case want.UseSuites(suites) if name == "ssl_ciphers":
            text = f'"{":".join(suites)}"'
            return risky(
                "offer forward-secret AEAD suites only", [Edit(module.path, at.span, text)], OLD_SUITES
            )
        case _:
            return None
