from __future__ import annotations

from pathlib import Path

import pytest

from batten.contract import load
from batten.contract.answered import of_media
from batten.contract.surface import paths
from batten.facts import Content
from batten.formats import Workspace

HEAD = "openapi: 3.1.0\ninfo: {title: Kinds, version: '1'}\npaths:\n"


@pytest.mark.parametrize(
    ("media", "content"),
    [
        ("text/html", Content.PAGE),
        ("application/xhtml+xml", Content.PAGE),
        ("text/javascript", Content.PAGE),
        ("application/x-javascript", Content.PAGE),
        ("image/svg+xml", Content.ASSET),
        ("image/*", Content.ASSET),
        ("text/css", Content.ASSET),
        ("text/csv", Content.ASSET),
        ("application/pdf", Content.ASSET),
        ("application/octet-stream", Content.ASSET),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Content.ASSET),
        ("application/json", Content.API),
        ("application/problem+json", Content.API),
        ("application/atom+xml", Content.API),
        ("text/plain", Content.API),
        ("text/event-stream", Content.API),
        ("application/vnd.shop.v1", Content.API),
        ("application/*", Content.API),
    ],
)
def test_a_media_type_is_of_one_kind(media: str, content: Content) -> None:
    assert of_media(media) is content


@pytest.mark.parametrize(
    ("operations", "content"),
    [
        (
            "get: {responses: {'200': {description: o, content: {Text/HTML; charset=utf-8: {}}}}}",
            Content.PAGE,
        ),
        (
            "get: {responses: {'200': {description: o, content: {text/html: {}}}}}\n"
            "    post: {responses: {'200': {description: o, content: {application/json: {}}}}}",
            Content.PAGE,
        ),
        (
            "get: {responses: {'200': {description: o, content: {image/png: {}}},"
            " default: {description: n, content: {application/problem+json: {}}}}}",
            Content.ASSET,
        ),
        ("get: {responses: {'404': {description: n, content: {text/html: {}}}}}", Content.PAGE),
        (
            "get: {responses: {'200': {description: o, headers: {content-disposition: {schema: {type: string}}},"
            " content: {application/json: {}}}}}",
            Content.ASSET,
        ),
        (
            "get: {responses: {'200': {description: o, headers: {Content-Disposition: {schema: {type: string}}},"
            " content: {text/html: {}}}}}",
            Content.PAGE,
        ),
        ("delete: {responses: {'204': {description: o}}}", Content.UNKNOWN),
        ("get: {responses: {'200': {description: o, content: {'*/*': {}, text/*: {}}}}}", Content.UNKNOWN),
        (
            "get: {responses: {'204': {description: o}, '413': {description: e, x-batten-edge: true, content: {text/html: {}}}}}",
            Content.UNKNOWN,
        ),
    ],
)
def test_a_path_is_what_its_answers_are(operations: str, content: Content) -> None:
    text = f"{HEAD}  /a:\n    {operations}\n"
    contract = load(Workspace(Path("/nowhere"), {"openapi.yaml": text}), "openapi.yaml")[0]
    assert [path.content for path in paths(contract, head=False)] == [content]
