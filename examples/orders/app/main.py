from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from app import admin, gifts, health, orders, problems, products
from app.database import prepare


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    prepare()
    yield


app = FastAPI(
    title="Orders",
    version="1.0.0",
    debug=True,
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    lifespan=lifespan,
)

app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_credentials=True,
    allow_methods=["GET", "POST", "DELETE"],
    allow_headers=["Authorization", "Content-Type"],
    max_age=600,
)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1", "shop.example.com"])

app.add_exception_handler(HTTPException, problems.http_error)
app.add_exception_handler(RequestValidationError, problems.invalid_request)
app.add_exception_handler(Exception, problems.unexpected_error)

app.include_router(health.router)
app.include_router(products.router)
app.include_router(orders.router)
app.include_router(gifts.router)
app.include_router(admin.router)
