from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment decides; nothing here has a secret as its default."""

    database_url: str
    cache_url: str
    cache_password: str
    token: str
    contract: Path


def from_environment() -> Settings:
    return Settings(
        database_url=os.environ.get("DATABASE_URL", "sqlite:///orders.db"),
        cache_url=os.environ.get("CACHE_URL", "redis://127.0.0.1:6379/0"),
        cache_password=os.environ.get("CACHE_PASSWORD", ""),
        token=os.environ["ORDERS_TOKEN"],
        contract=Path(os.environ.get("CONTRACT", HERE / "openapi.yaml")),
    )


settings = from_environment()
