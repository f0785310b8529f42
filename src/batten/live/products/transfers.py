"""Programs that fetch and synchronise files, by the interfaces that command them."""

from __future__ import annotations

from batten.live.products.product import (
    Product,
    Read,
    answered,
    both,
    either,
    headed,
    keys,
    page,
    titled,
    without,
)

_JSON = (("Content-Type", "application/json"),)

PRODUCTS = (
    Product(
        name="Transmission",
        sign=either(headed("server", r"Transmission\b"), titled(r"Transmission Web Interface")),
        reads=(Read("/transmission/rpc", answered(409, r"X-Transmission-Session-Id"), anywhere=True),),  # a missing login is refused before
        gains="add downloads, read and write files where it may, and set a program that runs after each download",
        close="Set `rpc_authentication_required` with `rpc_username` and `rpc_password`, and `rpc_bind_address` to loopback (with hyphens before 4.1: `rpc-authentication-required`).",
        source="https://github.com/transmission/transmission/blob/main/docs/Editing-Configuration-Files.md",
    ),
    Product(
        name="aria2",
        sign=both(headed("content-type", "application/json-rpc"), answered(400, r'"code":-32600')),
        at=("/jsonrpc",),
        reads=(Read("/jsonrpc?method=aria2.getGlobalOption&id=batten", keys("result.dir", "result.max-concurrent-downloads")),),
        gains="download any file into any folder that its user may write to",
        close="Set `--rpc-secret`, and leave `--rpc-listen-all` off.",
        source="https://aria2.github.io/manual/en/html/aria2c.html#rpc-options",
        version=r'"version":\s*"(\d[\d.]*)',
        tells="/jsonrpc?method=aria2.getVersion&id=batten",
    ),
    Product(
        name="qBittorrent",
        sign=page(r"(?i)<title>qBittorrent"),
        reads=(Read("/api/v2/app/preferences", keys("save_path", "web_ui_port", "autorun_enabled")),),
        gains="add downloads, change where files are written, and run a program after each download",
        close="Turn `WebUI\\LocalHostAuth` on and `WebUI\\AuthSubnetWhitelistEnabled` off, and set a password.",
        source="https://github.com/qbittorrent/qBittorrent/wiki/WebUI-API-(qBittorrent-5.0)",
        version=r"(?m)^v(\d[\d.]*)\s*\Z",
        tells="/api/v2/app/version",
    ),
    Product(
        name="Syncthing",
        sign=either(headed("x-syncthing-id"), page(r"(?i)<title[^>]*>\s*Syncthing|Syncthing Authors")),
        reads=(Read("/meta.js", both(answered(200, r'"deviceID":\s*"'), without(r'"authenticated":\s*false'))),),
        gains="share any folder of its user with a device of their own, and read and write the files in it",
        close="Set a GUI user and password, and bind the GUI to loopback.",
        source="https://docs.syncthing.net/users/config.html#gui-element",
        version=r"(?im)^x-syncthing-version: v(\d[\d.]*)",
    ),
    Product(
        name="rclone remote control",
        sign=either(headed("access-control-request-method", "POST, OPTIONS, GET, HEAD"), both(headed("server", r"rclone/v"), either(answered(404, r"\ANot Found\s*\Z"), titled("List of all rclone remotes")))),
        reads=(Read("/config/listremotes", keys("remotes"), "POST", _JSON, b"{}"),),
        gains="read and write all files of all remotes, read their passwords, and run commands of rclone",
        close="Set `--rc-user` and `--rc-pass`, and remove `--rc-no-auth`.",
        source="https://rclone.org/rc/",
        version=r"(?im)^server: rclone/v(\d[\d.]*)",
    ),
)  # fmt: skip
