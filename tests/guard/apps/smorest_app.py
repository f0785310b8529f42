"""Flask with flask-smorest."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.views import MethodView
from flask_smorest import Api, Blueprint, abort
from marshmallow import Schema, fields, validate

app = Flask(__name__)
app.config.update(API_TITLE="Pets", API_VERSION="1", OPENAPI_VERSION="3.0.3", OPENAPI_URL_PREFIX="/")
api = Api(app)
blueprint = Blueprint("pets", "pets", url_prefix="/pets")
PETS: dict[int, dict[str, Any]] = {1: {"id": 1, "name": "Rex", "kind": "dog"}}


class Pet(Schema):
    id = fields.Int(dump_only=True)
    name = fields.Str(required=True, validate=validate.Length(max=20))
    kind = fields.Str(load_default="cat", validate=validate.OneOf(["cat", "dog"]))
    born = fields.Date(allow_none=True)


class Wanted(Schema):
    kind = fields.Str()


@blueprint.route("/")
class Pets(MethodView):
    @blueprint.arguments(Wanted, location="query")
    @blueprint.response(200, Pet(many=True))
    def get(self, wanted: dict[str, str]) -> list[dict[str, Any]]:
        return [pet for pet in PETS.values() if wanted.get("kind") in (None, pet["kind"])]

    @blueprint.arguments(Pet)
    @blueprint.response(201, Pet)
    def post(self, new: dict[str, Any]) -> dict[str, Any]:
        number = max(PETS) + 1
        PETS[number] = {**new, "id": number}
        return PETS[number]


@blueprint.route("/<int:number>")
class One(MethodView):
    @blueprint.response(200, Pet)
    def get(self, number: int) -> dict[str, Any]:
        if number not in PETS:
            abort(404, message="No such pet.")
        return PETS[number]

    @blueprint.response(204)
    def delete(self, number: int) -> None:
        if PETS.pop(number, None) is None:
            abort(404)


api.register_blueprint(blueprint)
