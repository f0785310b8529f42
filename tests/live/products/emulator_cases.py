"""Emulators of clouds, by the programs that their vendors ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node_programs import served, starts
from product_cases import Case

from servers import free_port

_DYNALITE = ("dynalite", "dynalite", "--host", "127.0.0.1")


@contextmanager
def _admin(folder: Path, port: int) -> Iterator[None]:
    at = free_port()
    (folder / "tables").mkdir()
    endpoint = ("--dynamo-endpoint", f"http://127.0.0.1:{at}")
    keys = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    with (
        served(folder / "tables", at, *_DYNALITE, "--port", at),
        served(folder, port, "dynamodb-admin", "dynamodb-admin", "--port", port, *endpoint, **keys),
    ):
        yield


CASES = (
    Case(product="DynamoDB emulator", opened=starts(*_DYNALITE, "--port", "{port}"), ci=True),
    Case(product="Kinesis emulator", opened=starts("kinesalite", "kinesalite", "--port", "{port}")),
    Case(
        product="S3rver",
        opened=starts("s3rver", "s3rver", "-d", "{folder}", "-p", "{port}", "--configure-bucket", "photos"),
    ),
    Case(product="DynamoDB Admin", opened=_admin),
)
