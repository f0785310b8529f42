"""Settings of uvicorn and Hypercorn with a value that is wrong, in any way that they are given.

Sources: https://www.uvicorn.org/settings/ (`forwarded_allow_ips` is 127.0.0.1 unless FORWARDED_ALLOW_IPS says otherwise), https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html.
"""

from __future__ import annotations

from batten.model import Switch
from batten.model.networks import everybody
from batten.technologies.shared.python.rows import PythonSetting, is_on
from batten.technologies.shared.python.values import Plain

FORWARDED = "X-Forwarded-For and X-Forwarded-Proto are trusted from any address"
BEHIND = "proxies on other hosts, whose headers are then ignored"


def every_address(value: Plain) -> bool:
    """Whether a list of proxies holds all."""
    listed = value.split(",") if isinstance(value, str) else value if isinstance(value, tuple) else ()
    words = [str(one).strip() for one in listed]
    return "*" in words or bool(everybody(words))


UVICORN = (
    PythonSetting(name="reload", switch=Switch.RELOAD, bad=is_on, good="False", title="turn automatic reload off", what="uvicorn's reload"),
    PythonSetting(name="forwarded_allow_ips", switch=Switch.INVALID_HEADERS, bad=every_address, good='"127.0.0.1"', title="trust the proxies on this host only",
        what=f"{FORWARDED} (`forwarded_allow_ips`)", breaks=BEHIND),
)  # fmt: skip
HYPERCORN = (
    PythonSetting(name="use_reloader", switch=Switch.RELOAD, bad=is_on, good="False", title="turn automatic reload off", what="Hypercorn's reload"),
)  # fmt: skip
