"""The methods of gRPC services: listed, or read from a .proto file or a compiled descriptor set."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.guard.extproc.protobuf import Malformed, fields
from batten.guard.options import GuardProblem

_METHOD = re.compile(r"/?((?:[A-Za-z_][A-Za-z0-9_]*\.)*[A-Za-z_][A-Za-z0-9_]*/[A-Za-z_][A-Za-z0-9_]*)")
_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[A-Za-z_][A-Za-z0-9_.]*|[^\s]', re.DOTALL
)
_FILE, _PACKAGE, _SERVICE, _SERVICE_NAME, _SERVICE_METHOD, _METHOD_NAME = 1, 2, 6, 1, 2, 1


def methods(name: str, data: bytes) -> tuple[str, ...]:
    """`package.Service/Method` of each, sorted; the name tells what the file is: `.proto`, `.pb` and `.binpb` (`protoc
    --descriptor_set_out`), and else a list. Raises GuardProblem."""
    if name.endswith((".pb", ".binpb")):
        found = _of_set(name, data)
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise GuardProblem(f"{name}: it is not UTF-8; name a descriptor set .pb") from None
        found = _of_source(text) if name.endswith(".proto") else _listed(name, text)
    made = tuple(sorted(set(found)))
    if not made:
        raise GuardProblem(f"{name}: no method was found; write package.Service/Method, one in a line")
    return made


def _listed(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        written = line.partition("#")[0].strip()
        if not written:
            continue
        read = _METHOD.fullmatch(written)
        if read is None:
            raise GuardProblem(
                f"{name}:{number}: '{written}' is not a gRPC method; write package.Service/Method"
            )
        yield read[1]


def _of_source(text: str) -> Iterator[str]:
    """Of a .proto file: https://protobuf.dev/reference/protobuf/proto3-spec/."""
    tokens = [t for t in _TOKEN.findall(text) if not t.startswith(("//", "/*"))]
    package, service, depth = "", "", 0
    for at, token in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else ""
        if token in "{}":
            depth += 1 if token == "{" else -1
            service = service if depth else ""
        elif token == "package" and depth == 0 and after:
            package = f"{after}."
        elif token == "service" and depth == 0:
            service = after
        elif token == "rpc" and depth == 1 and service:
            yield f"{package}{service}/{after}"


def _of_set(name: str, data: bytes) -> Iterator[str]:
    """Of a FileDescriptorSet (google/protobuf/descriptor.proto)."""
    try:
        for file in _parts(data, _FILE):
            package = b"".join(_parts(file, _PACKAGE)).decode()
            for service in _parts(file, _SERVICE):
                called = b"".join(_parts(service, _SERVICE_NAME)).decode()
                for method in _parts(service, _SERVICE_METHOD):
                    own = b"".join(_parts(method, _METHOD_NAME)).decode()
                    read = _METHOD.fullmatch(f"{package}.{called}/{own}" if package else f"{called}/{own}")
                    if read is not None:
                        yield read[1]
    except (Malformed, UnicodeDecodeError) as error:
        raise GuardProblem(
            f"{name}: it is not a descriptor set: {error}; make it with protoc --descriptor_set_out"
        ) from error


def _parts(message: bytes, wanted: int) -> Iterator[bytes]:
    """Raises Malformed."""
    for number, value in fields(message):
        if number == wanted and isinstance(value, bytes):
            yield value
