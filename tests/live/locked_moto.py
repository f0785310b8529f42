"""A program: moto's server, which lets in nobody whose signature it does not know.

It checks signatures after as many requests as INITIAL_NO_AUTH_ACTION_COUNT says, and falls over requests that have none:
those are given here what a stranger has, a key that nobody issued.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

STRANGER = (
    "AWS4-HMAC-SHA256 Credential=NOBODY/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
)


def main(port: int) -> None:
    inside = DomainDispatcherApplication(create_backend_app)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ.setdefault("HTTP_AUTHORIZATION", STRANGER)
        answer: Iterable[bytes] = inside(environ, start_response)
        return answer

    run_simple("127.0.0.1", port, app, threaded=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
