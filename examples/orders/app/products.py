from __future__ import annotations

from fastapi import APIRouter, HTTPException, Response
from sqlalchemy import select

from app import cache, contract
from app.database import Database, ProductRow
from app.models import Product, ProductList

router = APIRouter(prefix="/v1/products")


def _product(row: ProductRow) -> Product:
    image = f"{contract.image_base()}/{row.image}"
    return Product(id=row.id, name=row.name, price=row.price, image=image)


@router.get("", response_model=ProductList)
def list_products(database: Database) -> Response:
    body = cache.kept("products")
    if body is None:
        rows = database.scalars(select(ProductRow).order_by(ProductRow.id).limit(100))
        body = ProductList(items=[_product(row) for row in rows]).model_dump_json().encode()
        cache.keep("products", body)
    return Response(body, media_type="application/json")


@router.api_route("/{product_id}", methods=["GET", "PUT"])
def get_product(product_id: int, database: Database) -> Product:
    row = database.get(ProductRow, product_id)
    if row is None:
        raise HTTPException(404)
    return _product(row)
