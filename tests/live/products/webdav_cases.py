"""WebDAV, by the module that Debian ships for lighttpd."""

from __future__ import annotations

from product_cases import BCRYPT, Case, Start, started

_CONFIG = """server.document-root = "{folder}/files"
server.port = {port}
server.bind = "127.0.0.1"
server.modules = ("mod_auth", "mod_authn_file", "mod_webdav")
webdav.activate = "enable"
"""
_LOGIN = """auth.backend = "htpasswd"
auth.backend.htpasswd.userfile = "{folder}/users"
auth.require = ("" => ("method" => "basic", "realm" => "files", "require" => "valid-user"))
"""


def _lighttpd(more: str) -> Start:
    files = {"l.conf": _CONFIG + more, "users": f"operator:{BCRYPT}\n", "files/report.txt": "one\n"}
    return started("lighttpd", "-D", "-f", "{folder}/l.conf", files=files)


CASES = (Case(product="WebDAV", opened=_lighttpd(""), locked=_lighttpd(_LOGIN)),)
