"""What a WebSocket's handshake looks like (RFC 6455, 4.1), for every engine: what is not one of these is upgraded to nothing.

A GET of HTTP/1.1 without a body. Another version than 13 is no handshake either: the answer to it would be 426, and a server in
front that takes it for 101 lets whatever follows through.
"""

from __future__ import annotations

VERSION = "13"
PROTOCOL = "websocket"
# Connection, as a whole value: it names nothing that the application needs.
NAMED = r"(?:keep-alive[ \t]*,[ \t]*)?upgrade(?:[ \t]*,[ \t]*keep-alive)?"
BODIES = ("Content-Length", "Transfer-Encoding")  # which it has not
