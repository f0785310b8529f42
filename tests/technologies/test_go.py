"""What is read of a program of Go is what it does, before the fixes and after them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from batten.engine.review import Review, review
from batten.facts import AppRoute, Limits, Listener
from batten.formats import Workspace, apply
from batten.policy.load import parse_policy
from needs import needs, where
from proofs import PROOF
from servers import free_port, listener
from waiting import BOUND

PACKAGES = Path("/usr/share/gocode/src/github.com")  # of Debian's golang-*-dev
POLICY = parse_policy("batten.yaml", "origins: [https://shop.example.com]\n")
SLOW = pytest.mark.skipif(not PROOF, reason="compiles programs: make proof")
STANDARD = """\
package main

import (
	"fmt"
	"net/http"
	_ "net/http/pprof"
	"runtime/debug"
)

func login(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "opaque"})
}

func fails(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if failed := recover(); failed != nil {
			w.WriteHeader(500)
			fmt.Fprintf(w, "%v %s", failed, debug.Stack())
		}
	}()
	panic("an error of the test")
}

func main() {
	http.HandleFunc("POST /login", login)
	http.HandleFunc("GET /fails", fails)
	http.ListenAndServe(":8080", nil)
}
"""
LIBRARIES = """\
package main

import (
	"net/http"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
)

func main() {
	router := gin.New()
	router.Use(cors.Default())
	router.POST("/login", func(c *gin.Context) {
		c.SetCookie("session", "opaque", 60, "/", "", false, false)
		c.String(http.StatusOK, c.ClientIP())
	})
	router.Run(":8080")
}
"""
GORILLA = """\
package main

import (
	"net/http"

	"github.com/gorilla/csrf"
	"github.com/gorilla/handlers"
	"github.com/gorilla/mux"
)

func main() {
	r := mux.NewRouter()
	v1 := r.PathPrefix("/v1").Subrouter()
	v1.HandleFunc("/orders/{id:[0-9]+}", func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(csrf.Token(r)))
	}).Methods("GET")
	protect := csrf.Protect([]byte("01234567890123456789012345678901"), csrf.Secure(false))
	open := handlers.CORS(handlers.AllowedMethods([]string{"GET"}))
	http.ListenAndServe(":8080", open(protect(r)))
}
"""


def reviewed(text: str, root: Path) -> Review:
    found = review(Workspace(root, {"main.go": text}), POLICY)
    assert found.problems == []
    return found


def repaired(text: str, root: Path) -> tuple[set[str], str]:
    """The controls that find something, and the text with every fix."""
    found, controls = reviewed(text, root), set()
    for _ in range(3):
        controls |= {f.control for f in found.findings if f.at.source == "main.go"}
        edits = [e for f in found.findings if f.fix is not None for e in f.fix.edits]
        text = apply(text, edits)
        found = reviewed(text, root)
    assert [f.message for f in found.findings if f.at.source == "main.go"] == []
    return controls, text


def started(folder: Path, text: str, *, packages: bool = False) -> Iterator[int]:
    """A program that listens on this host only."""
    folder.mkdir()
    port = free_port()
    (folder / "main.go").write_text(text.replace('":8080"', f'"127.0.0.1:{port}"'))
    (folder / "go.mod").write_text("module x\n\ngo 1.22\n")
    modules = (
        {"GO111MODULE": "off", "GOPATH": str(PACKAGES.parents[1])} if packages else {"GOFLAGS": "-mod=mod"}
    )
    built = [where("go"), "build", "-o", "program", "main.go"]
    done = subprocess.run(
        built, cwd=folder, env={**os.environ, **modules}, capture_output=True, timeout=BOUND * 4, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    with listener([str(folder / "program")], port, folder / "log", env={"GIN_MODE": "release"}):
        yield port


def answer(port: int, method: str, path: str, **headers: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=BOUND)
    try:
        connection.request(
            method, path, headers={key.replace("_", "-"): value for key, value in headers.items()}
        )
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


@SLOW
@needs("go", where("go"), "install golang-go")
def test_the_standard_library(tmp_path: Path) -> None:
    controls, text = repaired(STANDARD, tmp_path)
    assert controls == {"console-not-exposed", "cookie-flags", "cors-origin-listed", "error-free-of-traces", "http-limits-set"}  # fmt: skip
    for port in started(tmp_path / "bad", STANDARD):
        login, _ = answer(port, "POST", "/login")
        assert login.getheader("Set-Cookie") == "session=opaque"
        assert login.getheader("Access-Control-Allow-Origin") == "*"
        assert "goroutine" in answer(port, "GET", "/fails")[1]
        assert answer(port, "GET", "/debug/pprof/cmdline")[0].status == 200
    for port in started(tmp_path / "fixed", text):
        login, _ = answer(port, "POST", "/login")
        assert login.getheader("Set-Cookie") == "session=opaque; HttpOnly; Secure; SameSite=Lax"
        assert login.getheader("Access-Control-Allow-Origin") == "https://shop.example.com"
        response, body = answer(port, "GET", "/fails")
        assert (response.status, body) == (500, "an error of the test internal error")
        assert answer(port, "GET", "/debug/pprof/cmdline")[0].status == 404
        with socket.create_connection(("127.0.0.1", port), timeout=BOUND) as slow:
            slow.sendall(b"GET /login HTTP/1.1\r\nHost: a\r\n")  # and no more: the server ends it
            assert slow.recv(1) == b""


@SLOW
@needs("go", where("go"), "install golang-go")
@needs("gin", (PACKAGES / "gin-contrib/cors").is_dir(), "install golang-github-gin-contrib-cors-dev")
def test_gin(tmp_path: Path) -> None:
    controls, text = repaired(LIBRARIES, tmp_path)
    assert controls == {"cookie-flags", "cors-origin-listed", "http-limits-set", "smuggling-closed"}
    foreign, client = "https://evil.example", "192.0.2.7"
    for port in started(tmp_path / "bad", LIBRARIES, packages=True):
        login, body = answer(port, "POST", "/login", Origin=foreign, X_Forwarded_For=client)
        assert (login.getheader("Access-Control-Allow-Origin"), body) == ("*", client)
        assert "Secure" not in login.getheader("Set-Cookie", "")
    for port in started(tmp_path / "fixed", text, packages=True):
        login, body = answer(
            port, "POST", "/login", Origin="https://shop.example.com", X_Forwarded_For=client
        )
        assert (login.getheader("Access-Control-Allow-Origin"), body) == (
            "https://shop.example.com",
            "127.0.0.1",
        )
        assert login.getheader("Set-Cookie") == "session=opaque; Path=/; Max-Age=60; HttpOnly; Secure"
        assert answer(port, "POST", "/login", Origin=foreign)[0].status == 403


@SLOW
@needs("go", where("go"), "install golang-go")
@needs(
    "gorilla",
    (PACKAGES / "gorilla/handlers").is_dir(),
    "install golang-github-gorilla-{mux,handlers,csrf}-dev",
)
def test_gorilla(tmp_path: Path) -> None:
    controls, text = repaired(GORILLA, tmp_path)
    assert controls == {"cookie-flags", "cors-origin-listed", "http-limits-set"}
    foreign, known = "https://evil.example", "https://shop.example.com"
    for port in started(tmp_path / "bad", GORILLA, packages=True):
        shown, _ = answer(port, "GET", "/v1/orders/1", Origin=foreign)
        assert (shown.status, shown.getheader("Access-Control-Allow-Origin")) == (200, "*")
        assert "Secure" not in shown.getheader("Set-Cookie", "Secure")
        assert answer(port, "DELETE", "/v1/orders/1")[0].status in (403, 405)
    for port in started(tmp_path / "fixed", text, packages=True):
        shown, _ = answer(port, "GET", "/v1/orders/1", Origin=foreign)
        assert shown.getheader("Access-Control-Allow-Origin") is None
        shown, _ = answer(port, "GET", "/v1/orders/1", Origin=known)
        assert shown.getheader("Access-Control-Allow-Origin") == known
        assert "Secure" in shown.getheader("Set-Cookie", "")


def test_routes_of_gorilla_and_fiber(tmp_path: Path) -> None:
    """Verbs are those of `Methods`; without it, or with one that is not known, nothing is said."""
    text = """\
package main

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
	"github.com/gorilla/mux"
)

func main() {
	r := mux.NewRouter().StrictSlash(true)
	s := mux.NewRouter()
	v1 := s.PathPrefix("/v1").Subrouter()
	v1.HandleFunc("/orders/{id:[0-9]+}", show).Methods(http.MethodGet, "HEAD").Name("show")
	v1.Handle("/orders", create).Methods("POST")
	v1.HandleFunc("/any", show)
	v1.HandleFunc("/late", show).Methods(verb)
	http.ListenAndServe(":8080", logged(s))
	app := fiber.New()
	api := app.Group("/api")
	api.Route("/orders", func(orders fiber.Router) { orders.Get("/:id", show) })
	api.Put("/orders/:id?", show)
	inner, last := fiber.New(), fiber.New()
	inner.Use("/last", last)
	api.Mount("/inner", inner)
	inner.Delete("/orders/:id", show)
	last.Post("/orders", show)
}
"""
    found = {(f.methods, f.path) for f in facts(text, tmp_path, AppRoute) if isinstance(f, AppRoute)}
    assert found == {
        (("GET", "HEAD"), "/v1/orders/{id}"),
        (("POST",), "/v1/orders"),
        (("GET",), "/api/orders/{id}"),
        (("DELETE",), "/api/inner/orders/{id}"),
        (("POST",), "/api/inner/last/orders"),
    }


def facts(text: str, root: Path, kind: type) -> list[object]:
    return [f for f in reviewed(text, root).facts if isinstance(f, kind)]


def test_names_have_the_value_of_their_function(tmp_path: Path) -> None:
    """A parameter, another function's name, and a field that a condition sets are not known."""
    text = """\
package main

import (
	"net/http"
	"time"
)

const wait = 5 * time.Second

func one(wait time.Duration) { use(&http.Server{Addr: "a", ReadTimeout: wait}) }
func two()                   { srv := http.Server{Addr: "b", ReadTimeout: wait}; srv.ListenAndServe() }
func three() {
	srv := &http.Server{Addr: "c"}
	if slow() {
		srv.ReadTimeout = time.Minute
	}
	srv.ListenAndServe()
}
"""
    found = {f.at.pointer: f.body_timeout for f in facts(text, tmp_path, Limits) if isinstance(f, Limits)}
    told = {re.sub(r".*\[|\]", "", name): s.known("unknown") for name, s in found.items() if s is not None}
    assert told == {"a": "unknown", "b": 5.0, "c": "unknown"}


def test_routes_are_under_their_groups(tmp_path: Path) -> None:
    text = """\
package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"
)

func main() {
	e := echo.New()
	api := e.Group("/v1")
	api.Group("/shops/:shop").GET("/orders/:id", show)
	r := chi.NewRouter()
	inner := chi.NewRouter()
	inner.Get("/{id:[0-9]+}", show)
	r.Mount("/orders", inner)
	r.Group(func(r chi.Router) { r.With(paged).Post("/orders", create) })
	http.ListenAndServe(":8080", logged(r))
	other := chi.NewRouter()
	other.Get("/unknown", show)
	http.HandleFunc("DELETE /files/{path...}", remove)
}
"""
    found = {(f.methods[0], f.path) for f in facts(text, tmp_path, AppRoute) if isinstance(f, AppRoute)}
    assert found == {
        ("GET", "/v1/shops/{shop}/orders/{id}"),
        ("GET", "/orders/{id}"),
        ("POST", "/orders"),
        ("DELETE", "/files/{path}"),
    }


def test_a_configuration_of_tls_is_a_servers_or_a_clients(tmp_path: Path) -> None:
    text = """\
package main

import (
	"crypto/tls"
	"net/http"
)

func main() {
	shared := &tls.Config{MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS12}
	srv := &http.Server{Addr: ":8443", TLSConfig: shared}
	client := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10}
	bare := &tls.Config{MinVersion: tls.VersionTLS10}
}
"""
    (one,) = facts(text, tmp_path, Listener)
    assert isinstance(one, Listener) and one.protocols is not None
    assert one.protocols.known(()) == ("TLSv1.1", "TLSv1.2")


def test_text_that_is_no_program_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    for text in (
        'package main\nimport "net/http"\nvar s = http.Server{',
        'import "net/http"\n)))\nhttp.Server{Addr:}',
        'import ("net/http"\nfunc {',
    ):
        reviewed(text, tmp_path)
    deep = 'package main\nimport "net/http"\nvar s = http.Server{' + "(" * 500
    assert [p.message for p in review(Workspace(tmp_path, {"main.go": deep}), POLICY).problems] != []
