"""Starlette with the documents of its own schema generator."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.schemas import SchemaGenerator

schemas = SchemaGenerator({"openapi": "3.0.0", "info": {"title": "Notes", "version": "1"}})
NOTES: dict[int, str] = {1: "milk"}


async def notes(request: Request) -> Response:
    """
    responses:
      200:
        description: all notes
        content: {application/json: {schema: {type: object, additionalProperties: {type: string}}}}
    """
    return JSONResponse({str(n): text for n, text in NOTES.items()})


async def note(request: Request) -> Response:
    """
    parameters: [{name: number, in: path, required: true, schema: {type: integer}}]
    responses:
      200: {description: one, content: {text/plain: {}}}
    """
    number = request.path_params["number"]
    if number not in NOTES:
        raise HTTPException(404)
    return PlainTextResponse(NOTES[number])


async def put(request: Request) -> Response:
    """
    parameters: [{name: number, in: path, required: true, schema: {type: integer}}]
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [text], properties: {text: {type: string}}}}}}
    responses:
      204: {description: kept}
    """
    NOTES[request.path_params["number"]] = (await request.json())["text"]
    return Response(status_code=204)


async def remove(request: Request) -> Response:
    """
    parameters: [{name: number, in: path, required: true, schema: {type: integer}}]
    responses:
      204: {description: gone}
    """
    NOTES.pop(request.path_params["number"], None)
    return Response(status_code=204)


def schema(request: Request) -> Response:
    return JSONResponse(schemas.get_schema(routes=app.routes))


app = Starlette(
    routes=[
        Route("/notes/", notes),
        Route("/notes/{number:int}", note),
        Route("/notes/{number:int}", put, methods=["PUT"]),
        Route("/notes/{number:int}", remove, methods=["DELETE"]),
        Route("/openapi.json", schema, include_in_schema=False),
    ]
)
