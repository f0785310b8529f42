"""Text, octets, and sequences of JSON values."""

from __future__ import annotations

from cases.bodies_case import bad, taken, unfit

_TEXT = (
    taken("text", "text", b"mug", "text/plain"),
    taken("text, UTF-8", "text", "é".encode(), "text/plain; charset=UTF-8"),
    taken("text, ASCII", "text", b"mug", "text/plain; charset=us-ascii"),
    taken("text of eight characters, more octets", "text", "éééééééé".encode(), "text/plain"),
    bad("text, too long", "text", b"mugmugmug", "text/plain"),
    bad("text, pattern", "text", b"Mug!", "text/plain"),
    bad("text, not UTF-8", "text", b"\xe9", "text/plain"),
    bad("text, not ASCII", "text", "é".encode(), "text/plain; charset=us-ascii"),
    bad("text, a NUL", "text", b"a\x00", "text/plain"),
    unfit("text, Latin-1", "text", b"\xe9", "Content-Type: text/plain; charset=iso-8859-1"),
    unfit("text, UTF-16", "text", "mug".encode("utf-16"), "Content-Type: text/plain; charset=utf-16"),
    unfit("text, UTF-7", "text", b"+AGE-", "Content-Type: text/plain; charset=utf-7"),
    unfit("HTML for text", "text", b"mug", "Content-Type: text/html"),
    taken("a number as text", "number", b"42", "text/plain"),
    bad("a number as text, too small", "number", b"2", "text/plain"),
    bad("a number as text, none", "number", b"two", "text/plain"),
    bad("a number as text, in hex", "number", b"0x2a", "text/plain"),
    bad("a number as text, a blank behind", "number", b"42 ", "text/plain"),
)
_OCTETS = (
    taken("octets", "octets", b"\x00\xff", "application/octet-stream"),
    taken("as many octets as may be", "octets", b"\xff" * 4, "application/octet-stream"),
    bad("too many octets", "octets", b"\xff" * 5, "application/octet-stream"),
    bad("too few octets", "octets", b"\xff", "application/octet-stream"),
    taken("base64", "octets", b"AAEC", "image/png"),
    bad("base64, none", "octets", b"A!EC", "image/png"),
    bad("base64, padding missing", "octets", b"AAE", "image/png"),
    bad("base64, too long", "octets", b"AAECAAECAAEC", "image/png"),
    unfit("octets of a type that has a schema of an object", "octets", b"\x08\x01", "Content-Type: application/x-protobuf"),
    unfit("octets without a Content-Type", "octets", b"\x00\xff"),
)  # fmt: skip
_LINE = b'{"name":"mug"}\n'
_SEQUENCES = (
    taken("JSON lines", "lines", _LINE * 3, "application/jsonl"),
    taken("JSON lines without the last end", "lines", _LINE + _LINE[:-1], "application/jsonl"),
    taken("ndjson", "lines", _LINE * 3, "application/x-ndjson"),
    bad("JSON lines, one wrong", "lines", _LINE + b'{"name":7}\n' + _LINE, "application/jsonl"),
    bad("ndjson, one wrong", "lines", _LINE + b"{}\n", "application/x-ndjson"),
    bad("JSON lines, an empty line", "lines", _LINE + b"\n" + _LINE, "application/jsonl"),
    bad("JSON lines, half", "lines", _LINE + _LINE[:-3], "application/jsonl"),
    bad("JSON lines, two in one", "lines", _LINE[:-1] + _LINE, "application/jsonl"),
    bad("JSON lines, a key twice", "lines", b'{"name":"a","name":"b"}', "application/jsonl"),
    unfit("JSON lines, UTF-16", "lines", _LINE.decode().encode("utf-16"), "Content-Type: application/jsonl; charset=utf-16"),
    taken("JSON text sequence", "lines", b"\x1e" + _LINE + b"\x1e" + _LINE, "application/json-seq"),
    bad("JSON text sequence, too many", "lines", (b"\x1e" + _LINE) * 3, "application/json-seq"),
    bad("JSON text sequence, no separator", "lines", _LINE, "application/json-seq"),
    bad("JSON text sequence, truncated", "lines", b"\x1e" + _LINE[:-1], "application/json-seq"),
    taken("events", "lines", b"data: mug\n\n: x\nretry: 10\ndata: a\ndata: b\n\n", "text/event-stream"),
    bad("events, one too long", "lines", b"data: mug\n\ndata: mugmug\n\n", "text/event-stream"),
    bad("events, one without data", "lines", b"event: a\n\n", "text/event-stream"),
)  # fmt: skip
CASES = _TEXT + _OCTETS + _SEQUENCES
