from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import OAuth2PasswordBearer

from .config import settings

app = FastAPI(title="Parcels API", version="1.4.0")

app.add_middleware(
    CORSMiddleware,
    allow_origins=settings.BACKEND_CORS_ORIGINS.split(","),
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)

oauth2 = OAuth2PasswordBearer(tokenUrl="/v1/login")


def current_user(token: Annotated[str, Depends(oauth2)]) -> str:
    try:
        claims = jwt.decode(token, settings.SECRET_KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "invalid token") from error
    return str(claims["sub"])


User = Annotated[str, Depends(current_user)]


@app.get("/v1/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/v1/parcels")
def parcels(user: User, limit: int = 50, offset: int = 0) -> list[dict[str, str]]:
    return []


@app.get("/v1/parcels/{number}")
def parcel(number: str, user: User) -> dict[str, str]:
    return {"number": number}


@app.post("/v1/parcels", status_code=201)
def announce(body: dict[str, str], user: User) -> dict[str, str]:
    return body


@app.get("/v1/track/{number}")
def track(number: str) -> dict[str, str]:
    """Public: the recipient has only the number of the parcel."""
    return {"number": number, "state": "in transit"}
