"""gRPC by an allow-list of methods: where they are read from, and what Envoy then forwards."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from guard_exports import envoy_program

from batten.guard import GuardProblem
from batten.guard.export import envoy, envoy_grpc, nginx_grpc
from batten.guard.grpc_methods import methods
from batten.harden.options import Options
from needs import where, without
from servers import free_port, listener
from waiting import BOUND

PROTO = """\
syntax = "proto3";
// service Old { rpc Gone(A) returns (B); }
package shop.v1;
import "google/api/annotations.proto"; /* rpc Not (A) */
message Item { message rpc_inner { string service = 1; } }
service Orders {
  rpc Get (GetRequest) returns (Item) { option (google.api.http) = { get: "/v1/{name=orders/*}" }; }
  rpc Watch(WatchRequest) returns (stream Item);
}
service Admin { rpc Drop (A) returns (B) {} }
"""
# What only an edge may say of who asks, and for what.
FORGED = (
    "x-forwarded-user",
    "x-auth-request-email",
    "x-real-ip",
    "x-http-method-override",
    "x-ssl-client-verify",
)
FOUND = ("shop.v1.Admin/Drop", "shop.v1.Orders/Get", "shop.v1.Orders/Watch")


def test_methods_are_read() -> None:
    listed = "# of the shop\n/shop.v1.Orders/Get\nshop.v1.Orders/Watch  # a stream\n\nshop.v1.Admin/Drop\n"
    made = FileDescriptorSet()
    file = made.file.add(name="shop.proto", package="shop.v1")
    for service, names in (("Orders", ("Get", "Watch")), ("Admin", ("Drop",))):
        one = file.service.add(name=service)
        for name in names:
            one.method.add(name=name, input_type=".A", output_type=".B")
    assert methods("list.txt", listed.encode()) == FOUND
    assert methods("shop.proto", PROTO.encode()) == FOUND
    assert methods("shop.pb", made.SerializeToString()) == FOUND


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("list", b"shop.v1.Orders/*\n", "list:1: .* is not a gRPC method"),
        ("list", b"\n", "no method was found"),
        ("list", b"\xff", "is not UTF-8"),
        ("a.proto", b"package a; message B {}", "no method was found"),
        ("a.pb", b"\x0a\xff", "is not a descriptor set"),
    ],
)
def test_files_that_hold_none(name: str, data: bytes, said: str) -> None:
    with pytest.raises(GuardProblem, match=said):
        methods(name, data)


class _Answers(grpc.GenericRpcHandler):
    def __init__(self) -> None:
        self.seen: list[str] = []
        self.told: set[str] = set()  # names of metadata

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        self.seen.append(call.method)
        self.told.update(name for name, _ in call.invocation_metadata)
        return grpc.unary_unary_rpc_method_handler(lambda request, context: request)


@contextmanager
def _served() -> Iterator[tuple[int, _Answers]]:
    answers = _Answers()
    server = grpc.server(ThreadPoolExecutor(2), handlers=(answers,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port, answers
    finally:
        server.stop(None).wait()


def _envoy(folder: Path, options: Options) -> list[str]:
    made = envoy_grpc.export(("shop.v1.Orders/Get",), options, secure=False)
    conf = folder / envoy.CONFIGURATION
    conf.write_text(made.files[envoy.CONFIGURATION], encoding="utf-8")
    return [envoy_program(), "-c", str(conf), "--use-dynamic-base-id", "--concurrency", "1", "-l", "warn"]


def _nginx(folder: Path, options: Options) -> list[str]:
    made = nginx_grpc.export(("shop.v1.Orders/Get",), options, secure=False)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = made.files[nginx_grpc.CONFIGURATION].replace("http {", f"http {{ access_log off; {paths}", 1)
    conf = folder / nginx_grpc.CONFIGURATION
    conf.write_text(text, encoding="utf-8")
    return [
        where("nginx"),
        "-p",
        str(folder),
        "-c",
        str(conf),
        "-g",
        f"daemon off; pid {folder}/pid; error_log stderr;",
    ]


@pytest.mark.parametrize("command", [_envoy, _nginx])
def test_what_is_listed_passes(command: Callable[[Path, Options], list[str]], tmp_path: Path) -> None:
    if not (envoy_program() if command is _envoy else where("nginx")):
        without(command.__name__[1:])
    with _served() as (behind, answers):
        port = free_port()
        options = Options(upstream=f"http://127.0.0.1:{behind}", listen=f"127.0.0.1:{port}")
        with listener(command(tmp_path, options), port, tmp_path / "output.log"):
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                forged = [(name, "1") for name in (*FORGED, "x-own")]
                get = channel.unary_unary("/shop.v1.Orders/Get")
                assert get(b"hello", timeout=BOUND, metadata=forged) == b"hello"
                for path in ("/shop.v1.Orders/Drop", "/shop.v1.Orders/Get/", "/shop.v1.orders/Get",
                             "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"):  # fmt: skip
                    with pytest.raises(grpc.RpcError) as refused:
                        channel.unary_unary(path)(b"hello", timeout=BOUND)
                    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
            post = ("-X", "POST", "-H")
            assert _curl(port) == "405"
            assert _curl(port, *post, "content-type: application/grpcx") == "415"
            before = len(answers.seen)
            for path in ("/shop.v1.Orders/Get?a", "/shop.v1.Orders/%47et", "/shop.v1.Orders//Get"):
                _curl(
                    port, *post, "content-type: application/grpc", path=path
                )  # Envoy's 200 has a gRPC status
            assert len(answers.seen) == before
        assert set(answers.seen) == {"/shop.v1.Orders/Get"}
        assert "x-own" in answers.told and answers.told.isdisjoint(FORGED)


def test_over_tls(tmp_path: Path) -> None:
    options = Options(upstream="https://grpc.example.com:443", listen="443")
    made = json.loads(envoy_grpc.export(FOUND, options).files[envoy.CONFIGURATION])
    (chain,) = made["static_resources"]["listeners"][0]["filter_chains"]
    assert chain["transport_socket"]["typed_config"]["common_tls_context"]["alpn_protocols"] == ["h2"]
    text = nginx_grpc.export(FOUND, options).files[nginx_grpc.CONFIGURATION]
    assert (
        "grpc_ssl_verify on;" in text
        and "listen 443 ssl;" in text
        and text.count("grpc_pass grpcs://api;") == 3
    )


def _curl(port: int, *more: str, path: str = "/shop.v1.Orders/Get") -> str:
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--http2-prior-knowledge", *more]
    return subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"],
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=True,
    ).stdout
