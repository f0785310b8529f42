from fastapi import FastAPI

app = FastAPI(title="hotels", docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/hotels")
def hotels(city: str, limit: int = 20):
    return []


@app.get("/hotels/{number}")
def hotel(number: int):
    return {"id": number}
