"""A list of products written directly on asyncpg and pydantic-core: the least that it takes."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Request, Response
from pydantic_core import to_json

LIST = """
    SELECT id, name, category, price_minor, currency, image_path, stock
    FROM products WHERE id > $1
    ORDER BY id LIMIT $2
"""


@asynccontextmanager
async def connected(application: FastAPI) -> AsyncIterator[None]:
    """Hold a pool of connections."""
    async with asyncpg.create_pool(os.environ["DIRECT_URL"], max_size=10, reset=_nothing) as pool:
        application.state.pool = pool
        yield


async def _nothing(_: object) -> None:
    """Reset nothing on return, as the shop does."""


app = FastAPI(lifespan=connected)


@app.get("/products")
async def list_products(request: Request, limit: int = 20) -> Response:
    """List products; the cursor is the last id, with a word before it so that the bytes are about as many."""
    rows = await request.app.state.pool.fetch(LIST, 0, limit + 1)
    items = [dict(row) for row in rows[:limit]]
    return Response(
        to_json({"items": items, "next": f"cursor-{items[-1]['id']}"}), media_type="application/json"
    )
