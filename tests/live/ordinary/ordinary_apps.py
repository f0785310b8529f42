"""Small applications, each set up as the documentation of its framework says for production: a health check, an item that
needs a token, a log-in, and nothing else. Each is a module `app` that the framework's usual server loads."""

from __future__ import annotations

FASTAPI = """
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer
app = FastAPI(title="Shop", docs_url=None, redoc_url=None, openapi_url=None)
bearer = HTTPBearer()
@app.get("/healthz")
def healthz():
    return {"status": "ok"}
@app.get("/v1/items/{id}")
def item(id: int, token=Depends(bearer)):
    raise HTTPException(403)
"""

FLASK = """
from flask import Flask, abort, jsonify, request
app = Flask(__name__)
app.config.update(SECRET_KEY="x" * 40, SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")
@app.get("/")
def index():
    return "<!doctype html><html><head><meta charset=utf-8><title>Shop</title></head><body><h1>Shop</h1></body></html>"
@app.get("/v1/items/<int:id>")
def item(id):
    abort(401)
@app.get("/healthz")
def healthz():
    return jsonify(status="ok")
"""

DJANGO = """
import os
from django.conf import settings
settings.configure(
    DEBUG=False, SECRET_KEY="x" * 50, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    INSTALLED_APPS=["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
        "django.contrib.sessions", "django.contrib.messages", "rest_framework"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
        "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages"]}}],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.abspath("db.sqlite3")}},
    REST_FRAMEWORK={"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
    SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True, STATIC_URL="static/", DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
import django
django.setup()
from django.contrib import admin
from django.core.management import call_command
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView
class Items(APIView):
    def get(self, request, id):
        return Response({"id": id})
urlpatterns = [path("admin/", admin.site.urls), path("v1/items/<int:id>", Items.as_view())]
call_command("migrate", verbosity=0)
from django.core.wsgi import get_wsgi_application
app = get_wsgi_application()
"""

LITESTAR = """
from litestar import Litestar, get
from litestar.exceptions import NotAuthorizedException
@get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
@get("/v1/items/{id:int}")
async def item(id: int) -> dict[str, int]:
    raise NotAuthorizedException()
app = Litestar([healthz, item], openapi_config=None)
"""

STARLETTE = """
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route
async def healthz(request):
    return JSONResponse({"status": "ok"})
async def item(request):
    raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
app = Starlette(routes=[Route("/healthz", healthz), Route("/v1/items/{id:int}", item)])
"""

QUART = """
from quart import Quart, abort
app = Quart(__name__)
@app.get("/healthz")
async def healthz():
    return {"status": "ok"}
@app.get("/v1/items/<int:id>")
async def item(id):
    abort(401)
"""

TORNADO = """
import asyncio, sys
import tornado.web
class Health(tornado.web.RequestHandler):
    def get(self):
        self.write({"status": "ok"})
class Item(tornado.web.RequestHandler):
    def get(self, id):
        raise tornado.web.HTTPError(401)
async def main():
    tornado.web.Application([("/healthz", Health), (r"/v1/items/(\\d+)", Item)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()
asyncio.run(main())
"""

# Named as the security page of Express's documentation says: no X-Powered-By, and an error handler of its own.
EXPRESS = """
const express = require("express");
const app = express();
app.disable("x-powered-by");
app.get("/healthz", (request, response) => response.json({ status: "ok" }));
app.get("/v1/items/:id", (request, response) => response.status(401).json({ error: "unauthorized" }));
app.listen(Number(process.argv[2]), "127.0.0.1");
"""

NODE = """
const http = require("http");
http.createServer((request, response) => {
  const found = request.url === "/healthz";
  response.writeHead(found ? 200 : 404, { "Content-Type": "application/json" });
  response.end(JSON.stringify(found ? { status: "ok" } : { error: "not found" }));
}).listen(Number(process.argv[2]), "127.0.0.1");
"""

PHP = """<?php
header('Content-Type: application/json');
if ($_SERVER['REQUEST_URI'] === '/healthz') { echo '{"status": "ok"}'; exit; }
session_start(['cookie_secure' => true, 'cookie_httponly' => true, 'cookie_samesite' => 'Lax']);
http_response_code(404);
echo '{"error": "not found"}';
"""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="stylesheet" href="/style.css"></head>
<body><h1>Shop</h1><p>Opens at nine.</p><script src="/app.js"></script></body></html>
"""
