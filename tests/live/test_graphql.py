"""GraphQL servers with and without limits of aliases, depth and batches; what is asked costs them nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from applications import script
from assessed import run
from node_servers import node

from batten.facts import Feature
from batten.live.exchange import Request, Response
from batten.live.nesting import deep_query
from batten.model import Switch
from batten.policy import Environment

STRAWBERRY = """
import sys
import strawberry
import uvicorn
from strawberry.asgi import GraphQL
from strawberry.extensions import MaxAliasesLimiter, QueryDepthLimiter
from strawberry.schema.config import StrawberryConfig
resolved = 0
@strawberry.type
class User:
    name: str
    @strawberry.field
    def friend(self) -> "User":
        open("resolved", "a").write("x")
        return User(name=self.name)
    @strawberry.field
    def friends(self) -> list["User"]:
        open("lists", "a").write("x")
        return [self, self]
@strawberry.type
class Query:
    @strawberry.field
    def me(self) -> User:
        return User(name="Ada")
extensions = [MaxAliasesLimiter(max_alias_count=15), QueryDepthLimiter(max_depth=8)] if LIMITED else []
config = StrawberryConfig() if LIMITED else StrawberryConfig(batching_config={"max_operations": 50})
app = GraphQL(strawberry.Schema(Query, extensions=extensions, config=config))
async def routed(scope, receive, send):
    if scope["type"] == "http" and scope["path"] != "/graphql":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    else:
        await app(scope, receive, send)
uvicorn.run(routed, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", lifespan="off", ws="none")
"""

YOGA = """
const { createServer } = require("http");
const { createSchema, createYoga } = require("graphql-yoga");
const depthLimit = require("graphql-depth-limit");
const user = { name: () => "Ada", friend: () => user };
const schema = createSchema({
  typeDefs: "type User { name: String friend: User } type Query { me: User }", resolvers: { Query: { me: () => user } } });
const limits = { onValidate: ({ addValidationRule }) => addValidationRule(depthLimit(8)) };
const yoga = createYoga({ schema, logging: false, batching: !LIMITED, plugins: LIMITED ? [limits] : [] });
createServer(yoga).listen(Number(process.argv[2]), "127.0.0.1");
"""

LIMITS = {Switch.GRAPHQL_ALIASES, Switch.GRAPHQL_BATCHING, Switch.GRAPHQL_DEPTH}


def _unlimited(port: int) -> set[Switch]:
    assessment = run(Environment("test", f"http://127.0.0.1:{port}", rate=5000))
    assert assessment.not_assessed == []
    return {f.name for f in assessment.facts if isinstance(f, Feature)} & LIMITS


@pytest.mark.parametrize(("limited", "found"), [(False, LIMITS), (True, set())])
def test_strawberry(tmp_path: Path, limited: bool, found: set[Switch]) -> None:
    with script(tmp_path, STRAWBERRY, LIMITED=limited) as port:
        assert _unlimited(port) == found
    assert not (tmp_path / "lists").exists()
    resolved = (tmp_path / "resolved").read_text() if (tmp_path / "resolved").exists() else ""
    assert len(resolved) <= 15


@pytest.mark.parametrize(("limited", "found"), [("false", LIMITS), ("true", {Switch.GRAPHQL_ALIASES})])
def test_yoga(tmp_path: Path, limited: str, found: set[Switch]) -> None:
    with node(tmp_path, YOGA, LIMITED=limited) as port:
        assert _unlimited(port) == found


def _field(name: str, kind: str, to: str = "User", needs: bool = False) -> dict[str, Any]:
    inner = {"kind": "OBJECT", "name": to}
    wrapped = {"kind": kind, "name": None, "ofType": inner} if kind != "OBJECT" else inner | {"ofType": None}
    return {"name": name, "args": [{"type": {"kind": "NON_NULL"}}] if needs else [], "type": wrapped}


@pytest.mark.parametrize(
    ("user", "query"),
    [
        ([_field("friend", "OBJECT")], "{me{friend{friend{__typename}}}}"),
        ([_field("friend", "NON_NULL")], "{me{friend{friend{__typename}}}}"),
        ([_field("friends", "LIST")], ""),
        ([_field("friend", "OBJECT", needs=True)], ""),
        ([_field("deleteAll", "OBJECT")], ""),
        ([_field("home", "OBJECT", "House"), _field("friend", "OBJECT")], "{me{friend{home{__typename}}}}"),
        ([], ""),
    ],
)
def test_a_deep_query_leads_from_one_thing_to_the_next(user: list[dict[str, Any]], query: str) -> None:
    types = [
        {"name": "Query", "kind": "OBJECT", "fields": [_field("me", "OBJECT")]},
        {"name": "User", "kind": "OBJECT", "fields": user},
        {"name": "House", "kind": "OBJECT", "fields": []},
        {"name": "String", "kind": "SCALAR", "fields": None},
    ]
    document = {"data": {"__schema": {"queryType": {"name": "Query"}, "types": types}}}
    response = Response(
        200, (), json.dumps(document).encode(), Request("POST", "https://api.example.com/graphql")
    )
    assert deep_query(response, 4) == query


@pytest.mark.parametrize(
    "body", ["", "[]", '{"data": null}', '{"data": {"__schema": {"types": 1}}}', "[" * 9999]
)
def test_what_is_no_schema_makes_no_query(body: str) -> None:
    response = Response(200, (), body.encode(), Request("POST", "https://api.example.com/graphql"))
    assert deep_query(response, 4) == ""
