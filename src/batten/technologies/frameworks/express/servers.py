"""What servers of Node offer over TLS, where their options say so.

Sources: https://nodejs.org/api/tls.html#tlscreatesecurecontextoptions (`minVersion` is TLSv1.2 by default, `ciphers` a list of OpenSSL's
suites), https://nodejs.org/api/tls.html#modifying-the-default-tls-cipher-suite, https://docs.openssl.org/master/man3/SSL_CTX_new/ (methods).
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Listener
from batten.model import UNKNOWN, Setting
from batten.technologies.frameworks.express.module import Module, arguments
from batten.technologies.shared.choices import chosen
from batten.technologies.shared.transport.tls import between

_MAKERS = ("https.createServer", "tls.createServer", "http2.createSecureServer", "spdy.createServer")
_HIGHEST = "TLSv1.3"
_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", _HIGHEST)


def tls_servers(module: Module) -> Iterator[Listener]:
    """A listener for each server whose options name versions or suites."""
    for call in module.calls:
        name = module.called(call).removeprefix("node:")
        given = arguments(call)[0] if name in _MAKERS and arguments(call) else None
        options = module.options(given)
        lowest, method, suites = (options.get(k) for k in ("minVersion", "secureProtocol", "ciphers"))
        if lowest is None and method is None and suites is None:
            continue
        unknown = module.block(call, name)
        yield Listener(
            unknown,
            address=Setting(UNKNOWN, unknown),
            port=Setting(UNKNOWN, unknown),
            tls=Setting(True, unknown),
            protocols=_versions(module, lowest, options.get("maxVersion"), method),
            ciphers=_words(module, suites),
        )


def _versions(
    module: Module, lowest: Node | None, highest: Node | None, method: Node | None
) -> Setting[tuple[str, ...]] | None:
    if lowest is not None:
        word, most = module.plain(lowest), module.plain(highest) if highest is not None else _HIGHEST
        known = word in _VERSIONS and most in _VERSIONS and not chosen(module.script, lowest)
        at = module.value(lowest, "minVersion")
        return Setting(between(str(word), str(most)) if known else UNKNOWN, at)
    if method is not None:
        # `TLSv1_method`, `TLSv1_1_server_method`: that version alone. `TLS_method` is all that Node allows.
        version = module.string(method).removesuffix("_method").removesuffix("_server").replace("_", ".")
        return Setting(
            (version,) if version in _VERSIONS else UNKNOWN, module.value(method, "secureProtocol")
        )
    return None


def _words(module: Module, suites: Node | None) -> Setting[str] | None:
    if suites is None:
        return None
    return Setting(module.string(suites) or UNKNOWN, module.value(suites, "ciphers"))
