"""Services of a network, by what Debian ships."""

from __future__ import annotations

import json

from product_cases import PASSWORD, Case, Start, started


def _kea(**options: object) -> Start:
    config = {"Control-agent": {"http-host": "127.0.0.1", "http-port": 4242, **options}}
    text = json.dumps(config).replace("4242", "{port}")
    variables = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": "{folder}"}
    return started(
        "kea-ctrl-agent", "-c", "{folder}/kea.json", files={"kea.json": text}, environment=variables
    )


_LOGIN = {"type": "basic", "clients": [{"user": "operator", "password": PASSWORD}]}

_ZOOKEEPER = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
_ZOO = """tickTime=2000
dataDir={folder}/data
clientPort={free}
clientPortAddress=127.0.0.1
admin.serverPort={port}
admin.serverAddress=127.0.0.1
"""

CASES = (
    Case(product="Kea control agent", opened=_kea(), locked=_kea(authentication=_LOGIN)),
    Case(
        product="uWSGI statistics",
        opened=started(
            "uwsgi",
            "--http-socket=127.0.0.1:{free}",
            "--stats=127.0.0.1:{port}",
            "--stats-http",
            "--die-on-term",
        ),
    ),
    Case(
        product="ZooKeeper administration",
        opened=started(
            "java",
            "-Xmx128m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            "/usr/share/java/zookeeper.jar:/usr/share/java/*",
            _ZOOKEEPER,
            "{folder}/zoo.cfg",
            files={"zoo.cfg": _ZOO},
            ready="/commands",
        ),
    ),
)
