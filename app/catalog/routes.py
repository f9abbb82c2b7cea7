"""/products: the catalog over HTTP, cacheable by the CDN for some seconds."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.catalog.schemas import Categories, ListQuery, Product, ProductPage
from app.catalog.service import Catalog
from app.platform import consistency
from app.platform.memory import Cached
from app.platform.problems import documented

router = APIRouter(prefix="/products", tags=["catalog"])

# The CDN may serve an answer for 5 s, and for 30 s more while it fetches a newer one or gets none.
PUBLIC = "public, max-age=5, stale-while-revalidate=30, stale-if-error=30"
PRIVATE = "no-store"
# Cache-Status (RFC 9211) says which level answered.
CACHE_STATUS = {
    "memory": "shop-memory; hit",
    "redis": "shop-redis; hit",
    "origin": "shop-redis; fwd=uri-miss",
}
NOT_ASKED = "shop-memory; fwd=request"  # the client wants more than a cache may have

ProductId = Annotated[int, Path(ge=1, lt=2**63)]


def catalog(request: Request) -> Catalog:
    """Return the application's catalog. A plain call: a dependency takes longer than the read."""
    found: Catalog = request.app.state.catalog
    return found


@router.get(
    "",
    response_model=ProductPage,
    responses=documented(422, 503),
    openapi_extra=consistency.PARAMETERS,
)
async def list_products(request: Request, wanted: Annotated[ListQuery, Query()]) -> Response:
    """List products page by page: all, those of a category, or those that match words, the best first."""
    asked = consistency.asked(request, "eventual")
    headers = {"cache-control": PUBLIC if asked == "eventual" else PRIVATE}
    return Response(
        await catalog(request).page(wanted, asked), headers=headers, media_type="application/json"
    )


@router.get("/categories", response_model=Categories, responses=documented(503))
async def list_categories(request: Request) -> Response:
    """List the categories."""
    return _answer(request, await catalog(request).categories())


@router.get(
    "/{product_id}",
    response_model=Product,
    responses=documented(404, 422, 503) | {304: {"description": "The client has it: its ETag was sent"}},
    openapi_extra=consistency.PARAMETERS,
)
async def read_product(request: Request, product_id: ProductId) -> Response:
    """Show one product."""
    asked = consistency.asked(request, "eventual")
    found = await catalog(request).product(product_id, asked)
    return _answer(request, found, is_exact=asked != "eventual")


def _answer(request: Request, found: Cached, *, is_exact: bool = False) -> Response:
    if is_exact:
        headers = {"cache-control": PRIVATE, "cache-status": NOT_ASKED, "etag": found.etag}
    else:
        status = CACHE_STATUS[found.source]
        headers = {"cache-control": PUBLIC, "cache-status": status, "etag": found.etag}
    if _has(request, found.etag):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers=headers, media_type="application/json")


def _has(request: Request, etag: str) -> bool:
    """Tell whether the client says that it has the body of this tag (RFC 9110, section 13.1.2)."""
    for name, value in request.scope["headers"]:
        if name == b"if-none-match":
            return bool(value == b"*" or etag.encode() in value)
    return False
