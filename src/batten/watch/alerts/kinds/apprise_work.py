"""The child that sends with Apprise: its plug-ins make connections of their own, and follow redirects, so the interpreter judges each
of them (`live/addresses.py`). It reads what to send on its standard input, and says on standard error why it was not sent."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

import msgspec

from batten.cell.child import confine
from batten.live.addresses import Addresses, enforce, networks

FAILED = 2  # trying again may help
NEVER = 3  # it does not


class Message(msgspec.Struct, frozen=True):
    """One message, and what may be connected to."""

    url: str
    title: str
    body: str
    allowed: list[str]
    barred: list[str]


def main() -> None:
    """Send one message, within the limits that the arguments name."""
    confine(sys.argv[1:])
    message = msgspec.json.decode(sys.stdin.buffer.read(), type=Message)
    try:
        apprise = import_module("apprise")
    except ModuleNotFoundError:
        _fail("apprise is not installed; pip install 'batten[alerts]'", NEVER)
    within = Addresses(allowed=networks(message.allowed), barred=networks(message.barred), public=True)
    enforce(within)
    sender = apprise.Apprise()
    if not sender.add(message.url):
        _fail("its address is not a URL that Apprise knows", NEVER)
    if not sender.notify(body=message.body, title=message.title, body_format="text"):
        _fail("Apprise could not deliver it", FAILED)


def _fail(sentence: str, code: int) -> NoReturn:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
