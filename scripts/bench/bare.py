"""The least that FastAPI can do with a product: a handler that returns bytes which it has already."""

import os
from pathlib import Path

from fastapi import FastAPI, Response

BODY = Path(os.environ["BODY"]).read_bytes()

app = FastAPI()


@app.get("/products/{product_id}")
async def read_product(product_id: int) -> Response:  # noqa: ARG001 - parsed, as the shop has to
    """Return the bytes."""
    return Response(BODY, media_type="application/json")
