"""/products: the catalog over HTTP, cacheable by the CDN for some seconds."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.catalog.schemas import Categories, ListQuery, Product, ProductPage
from app.catalog.service import Catalog
from app.platform.cache import Cached
from app.platform.problems import documented

router = APIRouter(prefix="/products", tags=["catalog"])

# The CDN may serve an answer for 5 s, and for 30 s more while it fetches a newer one or gets none.
PUBLIC = "public, max-age=5, stale-while-revalidate=30, stale-if-error=30"
# Cache-Status (RFC 9211) says which level answered.
CACHE_STATUS = {
    "memory": "shop-memory; hit",
    "redis": "shop-redis; hit",
    "origin": "shop-redis; fwd=uri-miss",
}

ProductId = Annotated[int, Path(ge=1, lt=2**63)]


def catalog(request: Request) -> Catalog:
    """Return the application's catalog. A plain call: a dependency takes longer than the read."""
    found: Catalog = request.app.state.catalog
    return found


@router.get("", responses=documented(422, 503))
async def list_products(
    request: Request, wanted: Annotated[ListQuery, Query()], response: Response
) -> ProductPage:
    """List products page by page: all, those of a category, or those that match words, the best first."""
    response.headers["cache-control"] = PUBLIC
    return await catalog(request).page(wanted)


@router.get("/categories", response_model=Categories, responses=documented(503))
async def list_categories(request: Request) -> Response:
    """List the categories."""
    return _answer(await catalog(request).categories())


@router.get("/{product_id}", response_model=Product, responses=documented(404, 422, 503))
async def read_product(request: Request, product_id: ProductId) -> Response:
    """Show one product."""
    return _answer(await catalog(request).product(product_id))


def _answer(cached: Cached) -> Response:
    headers = {"cache-control": PUBLIC, "cache-status": CACHE_STATUS[cached.source]}
    return Response(cached.body, headers=headers, media_type="application/json")
