"""Programs that fetch and synchronise files, by what Debian ships."""

from __future__ import annotations

from product_cases import BCRYPT, PASSWORD, Case, Start, started

_BITTORRENT = (
    "[LegalNotice]\nAccepted=true\n[Preferences]\nWebUI\\Address=127.0.0.1\nWebUI\\LocalHostAuth={}\n"
)
_SYNCTHING = """<configuration version="37"><gui enabled="true"><address>127.0.0.1:{{port}}</address>{}</gui><options>
<listenAddress>tcp://127.0.0.1:{{free}}</listenAddress><globalAnnounceEnabled>false</globalAnnounceEnabled>
<localAnnounceEnabled>false</localAnnounceEnabled><relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled>
<urAccepted>-1</urAccepted><startBrowser>false</startBrowser><crashReportingEnabled>false</crashReportingEnabled>
</options></configuration>"""


def _transmission(*options: str) -> Start:
    places = ("-f", "-g", "{folder}/t", "--port", "{port}", "-r", "127.0.0.1", "-P", "{free}", "--no-portmap")
    return started("transmission-daemon", *places, "--no-dht", "--no-lpd", *options)


def _aria(*options: str) -> Start:
    return started(
        "aria2c", "--enable-rpc", "--rpc-listen-port={port}", "--dir={folder}", "--no-conf", *options
    )


def _bittorrent(login: str) -> Start:
    files = {"qBittorrent/config/qBittorrent.conf": _BITTORRENT.format(login)}
    return started("qbittorrent-nox", "--profile={folder}", "--webui-port={port}", files=files)


def _syncthing(login: str) -> Start:
    return started(
        "syncthing",
        "serve",
        "--no-browser",
        "--home={folder}",
        files={"config.xml": _SYNCTHING.format(login)},
    )


def _rclone(*options: str) -> Start:
    return started("rclone", "rcd", "--rc-addr=127.0.0.1:{port}", *options)


CASES = (
    Case(
        product="Transmission",
        opened=_transmission("--no-auth"),
        locked=_transmission("--auth", "-u", "operator", "-v", PASSWORD),
        ci=True,
    ),
    Case(product="aria2", opened=_aria(), locked=_aria(f"--rpc-secret={PASSWORD}"), ci=True),
    Case(product="qBittorrent", opened=_bittorrent("false"), locked=_bittorrent("true"), host="$proxy_host"),
    Case(
        product="Syncthing",
        opened=_syncthing(""),
        locked=_syncthing(f"<user>operator</user><password>{BCRYPT}</password>"),
    ),
    Case(
        product="rclone remote control",
        opened=_rclone("--rc-no-auth"),
        locked=_rclone("--rc-user=operator", f"--rc-pass={PASSWORD}"),
    ),
)
