"""A GraphQL endpoint on graphql-core. Open: it tells its schema and better names, takes lists of queries and mutations by
GET, and sends exceptions as they are."""

from __future__ import annotations

import json
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    NoSchemaIntrospectionCustomRule,
    execute_sync,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from shop_data import STRICT

PORT, OPEN = int(sys.argv[1]), sys.argv[2] == "open"
RULES = specified_rules if OPEN else (*specified_rules, NoSchemaIntrospectionCustomRule)
changed = 0


def change(*_: Any) -> str:
    global changed
    changed += 1
    return "changed"


schema = GraphQLSchema(
    GraphQLObjectType("Query", {"name": GraphQLField(GraphQLString, resolve=lambda *_: "shop")}),
    GraphQLObjectType("Mutation", {"change": GraphQLField(GraphQLString, resolve=change)}),
)


def answer(query: str, method: str) -> tuple[int, Any]:
    try:
        document = parse(query)
        errors = validate(schema, document, RULES)
        if errors:
            said = [{"message": e.message if OPEN else "The query cannot be used."} for e in errors]
            return 400, {"errors": said}
        operation = get_operation_ast(document)
        if not OPEN and operation is not None and len(operation.selection_set.selections) > 20:
            return 400, {"errors": [{"message": "The query asks for too much."}]}
        if not OPEN and method == "GET" and operation is not None and operation.operation.value != "query":
            return 405, {"errors": [{"message": "Queries only."}]}
        return 200, {"data": execute_sync(schema, document).data}
    except Exception as error:
        if not OPEN:
            return 400, {"errors": [{"message": "The query cannot be used."}]}
        trace = traceback.format_exc()
        return 400, {
            "errors": [
                {"message": str(error), "extensions": {"exception": {"stacktrace": trace.splitlines()}}}
            ]
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # head and body in one piece
    server_version, sys_version = "shop", ""

    def respond(self, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in () if OPEN else STRICT.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        there = urlsplit(self.path)
        if there.path == "/changed":
            self.respond(200, {"changed": changed})
        elif there.path != "/graphql":
            self.respond(404, {"title": "Not Found", "status": 404})
        else:
            self.respond(*answer(parse_qs(there.query).get("query", [""])[0], "GET"))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if urlsplit(self.path).path != "/graphql":
            self.respond(404, {"title": "Not Found", "status": 404})
        elif isinstance(asked, list):
            self.respond(
                *((200, [answer(a["query"], "POST")[1] for a in asked]) if OPEN else (400, {"errors": []}))
            )
        else:
            self.respond(*answer(asked.get("query", ""), "POST"))

    def log_message(self, format: str, *args: Any) -> None:
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
