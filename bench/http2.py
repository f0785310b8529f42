"""What HTTP/2 for clients would cost in `batten guard run`: processor time of reading a request and writing its answer.

`python bench/http2.py`: the protocol alone, without sockets and without the guard's verdicts, for h2 (hyper-h2, which is
Python) and for what the guard uses for HTTP/1.1. Requests vary in path and in one header; answers have 300 bytes.
"""

from __future__ import annotations

import time

import h2.config
import h2.connection
import h2.events

from batten.guard.proxy import wire
from batten.guard.proxy.lines import Lines
from batten.guard.proxy.wire import Reader

REQUESTS = 5_000
AT_ONCE = 50
BODY = b"x" * 300
HEADERS = (
    ("accept", "application/json"),
    ("user-agent", "bench/1.0"),
    ("accept-encoding", "gzip"),
    ("authorization", "Bearer " + "a" * 40),
)
ANSWER = (("content-type", "application/json"), ("content-length", "300"), ("cache-control", "no-store"),
          ("x-content-type-options", "nosniff"), ("strict-transport-security", "max-age=31536000; includeSubDomains"))  # fmt: skip


def http1() -> float:
    """Seconds of processor time."""
    reader = Reader(Lines())
    lines = "".join(f"{name}: {value}\r\n" for name, value in HEADERS)
    heads = [
        f"GET /v1/things/{n} HTTP/1.1\r\nhost: api.example.com\r\nx-request-id: {n}\r\n{lines}\r\n".encode()
        for n in range(REQUESTS)
    ]
    fields = wire.written(tuple((name.encode(), value.encode()) for name, value in ANSWER))
    start = time.process_time()
    for head in heads:
        reader.request(head, False)
        b"".join((wire.STATUS_LINES[200], fields, b"\r\n", BODY))
    return time.process_time() - start


def http2() -> float:
    """Seconds of processor time, of the server alone."""
    client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    client.initiate_connection()
    server.initiate_connection()
    server.receive_data(client.data_to_send())
    client.receive_data(server.data_to_send())
    spent = 0.0
    for first in range(0, REQUESTS, AT_ONCE):
        for n in range(first, first + AT_ONCE):
            pseudo = (
                (":method", "GET"),
                (":path", f"/v1/things/{n}"),
                (":scheme", "https"),
                (":authority", "api.example.com"),
            )
            client.send_headers(
                client.get_next_available_stream_id(),
                (*pseudo, ("x-request-id", str(n)), *HEADERS),
                end_stream=True,
            )
        sent = client.data_to_send()
        start = time.process_time()
        for event in server.receive_data(sent):
            if isinstance(event, h2.events.RequestReceived):
                assert event.stream_id is not None
                server.send_headers(event.stream_id, ((":status", "200"), *ANSWER))
                server.send_data(event.stream_id, BODY, end_stream=True)
        said = server.data_to_send()
        spent += time.process_time() - start
        client.receive_data(said)
        client.increment_flow_control_window(AT_ONCE * len(BODY))
        server.receive_data(client.data_to_send())
    return spent


def main() -> None:
    first, second = (min(measure() for _ in range(3)) / REQUESTS * 1e6 for measure in (http1, http2))
    print(f"HTTP/1.1 {first:.1f} µs a request, HTTP/2 {second:.1f} µs: {second / first:.0f} times as much")


if __name__ == "__main__":
    main()
