from __future__ import annotations

from fastapi import APIRouter

from app import cache
from app.models import Health

router = APIRouter()


@router.get("/v1/health")
def health() -> Health:
    alive = cache.alive()
    return Health(status="ok" if alive else "degraded", cache="ok" if alive else "down")
