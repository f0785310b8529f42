"""A FastAPI application with its Swagger UI, whose files are beside it; run as `api_docs.py PORT`."""

import sys
from pathlib import Path

import swagger_ui_bundle
import uvicorn
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

ITEMS = {1: "pen", 2: "ink"}
app = FastAPI(title="Items", docs_url=None)
app.openapi_version = "3.0.2"  # the newest that the Swagger UI of swagger_ui_bundle shows
FILES = max((Path(swagger_ui_bundle.__file__).parent / "vendor").iterdir())
app.mount("/assets", StaticFiles(directory=FILES))


@app.get("/docs", include_in_schema=False)
def docs() -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Items",
        swagger_js_url="/assets/swagger-ui-bundle.js",
        swagger_css_url="/assets/swagger-ui.css",
        swagger_favicon_url="/assets/favicon-32x32.png",
    )


@app.get("/items/{number}")
def item(number: int) -> dict[str, str]:
    return {"name": ITEMS[number]}


@app.post("/sharpen")
def sharpen() -> dict[str, str]:
    return {"sharp": "pencil"}


@app.put("/items/{number}")
def put(number: int, name: str) -> dict[str, str]:
    return {"was": ITEMS[number], "would be": name}


@app.delete("/items/{number}", status_code=204)
def delete(number: int) -> None:
    assert number in ITEMS


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
