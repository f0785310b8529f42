"""What scripts decide in files that were read: who may enter, what is answered, which headers are sent.

Sources: https://nginx.org/en/docs/http/ngx_http_js_module.html, https://github.com/openresty/lua-nginx-module#directives,
https://nginx.org/en/docs/http/ngx_http_perl_module.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import Unreadable, Workspace

# Directives by which nginx runs a script for a request; those that load and prepare one are not among them.
_NGINX = re.compile(
    r"^[ \t]*(?P<name>js_(?:access|body_filter|content|filter|header_filter|preread|set)"
    r"|(?:access|balancer|body_filter|content|header_filter|preread|rewrite|server_rewrite|set|ssl_certificate|ssl_client_hello)"
    r"_by_lua(?:_block|_file)?|perl|perl_set)[ \t]+(?P<rest>[^;{}\n]{0,200})",
    re.MULTILINE,
)


def scripts(technology: str, path: str, workspace: Workspace) -> Iterator[tuple[str, str]]:
    """(what it is, how the file names it) of each script that a file runs."""
    if technology != "nginx":
        return
    try:
        text = workspace.text(path).text
    except Unreadable:
        return  # the reader said so
    if "js_" in text or "_by_lua" in text or "perl" in text:
        for found in _NGINX.finditer(text):
            yield "script in nginx", f"{found['name']} {found['rest']}".strip()
