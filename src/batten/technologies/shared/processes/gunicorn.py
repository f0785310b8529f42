"""What Gunicorn's settings say, in a file of its own or as words of the command that starts it."""

from __future__ import annotations

from batten.model import Switch
from batten.technologies.shared.python.rows import PythonSetting, is_on
from batten.technologies.shared.python.values import Plain

_LENIENT = "clients that send requests that HTTP forbids"


def _every(value: Plain) -> bool:
    return isinstance(value, str) and "*" in value.split(",")


def _root(value: Plain) -> bool:
    return value in ("root", "0") or (value == 0 and value is not False)


ROWS = (
    PythonSetting(name="reload", switch=Switch.RELOAD, bad=is_on, good="False", title="turn automatic reload off", what="gunicorn's reload"),
    PythonSetting(name="spew", switch=Switch.DEBUG, bad=is_on, good="False", title="turn the trace of executed lines off", what="gunicorn's trace of each executed line (`spew`)"),
    PythonSetting(name="forwarded_allow_ips", switch=Switch.INVALID_HEADERS, bad=_every, good='"127.0.0.1,::1"', title="trust the proxies on this host only",
        what="X-Forwarded-Proto is trusted from any address (`forwarded_allow_ips`)", breaks="proxies on other hosts, whose scheme is then ignored"),
    PythonSetting(name="proxy_allow_ips", switch=Switch.INVALID_HEADERS, bad=_every, good='"127.0.0.1,::1"', title="trust the proxies on this host only",
        what="the PROXY protocol is accepted from any address (`proxy_allow_ips`)", breaks="proxies on other hosts, whose connections are then refused"),
    PythonSetting(name="uwsgi_allow_ips", switch=Switch.INVALID_HEADERS, bad=_every, good='"127.0.0.1,::1"', title="trust the proxies on this host only",
        what="the uwsgi protocol is accepted from any address (`uwsgi_allow_ips`)", breaks="proxies on other hosts, whose requests are then refused"),
    PythonSetting(name="header_map", switch=Switch.INVALID_HEADERS, bad=lambda value: value == "dangerous", good='"drop"', title="drop headers with underscores",
        what="headers with underscores replace those with hyphens (`header_map`)", breaks="clients that send headers with underscores"),
    PythonSetting(name="permit_obsolete_folding", switch=Switch.INVALID_HEADERS, bad=is_on, good="False", title="reject folded headers",
        what="headers that continue on a second line are accepted (`permit_obsolete_folding`)", breaks=_LENIENT),
    PythonSetting(name="strip_header_spaces", switch=Switch.INVALID_HEADERS, bad=is_on, good="False", title="reject spaces after header names",
        what="spaces between a header's name and its colon are accepted (`strip_header_spaces`)", breaks=_LENIENT),
    PythonSetting(name="permit_unconventional_http_method", switch=Switch.INVALID_HEADERS, bad=is_on, good="False", title="reject unusual methods",
        what="methods with lower-case letters and signs are accepted (`permit_unconventional_http_method`)", breaks=_LENIENT),
    PythonSetting(name="permit_unconventional_http_version", switch=Switch.INVALID_HEADERS, bad=is_on, good="False", title="reject unknown versions of HTTP",
        what="unknown versions of HTTP are accepted (`permit_unconventional_http_version`)", breaks=_LENIENT),
    PythonSetting(name="casefold_http_method", switch=Switch.INVALID_HEADERS, bad=is_on, good="False", title="reject lower-case methods",
        what="methods are changed to upper case (`casefold_http_method`)", breaks=_LENIENT),
    PythonSetting(name="user", switch=Switch.ROOT_WORKER, bad=_root, what="gunicorn's workers run"),
)  # fmt: skip
