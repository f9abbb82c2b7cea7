"""/products: the catalog over HTTP, cacheable by the CDN for some seconds."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.catalog.schemas import Categories, ListQuery, Product, ProductPage
from app.catalog.service import Catalog
from app.platform import consistency
from app.platform.finished import FinishedResponse
from app.platform.memory import Cached
from app.platform.problems import documented

router = APIRouter(prefix="/products", tags=["catalog"])

# The CDN may serve an answer for 5 s, and for 30 s more while it fetches a newer one or gets none.
PUBLIC = "public, max-age=5, stale-while-revalidate=30, stale-if-error=30"
PRIVATE = "no-store"
CACHE_CONTROL, CACHE_STATUS = b"cache-control", b"cache-status"
# How long an answer may be kept, and which level it is from (RFC 9211), as headers have it.
KEPT = {
    source: ((CACHE_CONTROL, PUBLIC.encode()), (CACHE_STATUS, status))
    for source, status in (
        ("memory", b"shop-memory; hit"),
        ("redis", b"shop-redis; hit"),
        ("origin", b"shop-redis; fwd=uri-miss"),
        ("origin without redis", b"shop-redis; fwd=bypass"),
    )
}
# Where the client wants more than a cache may have.
EXACT = ((CACHE_CONTROL, PRIVATE.encode()), (CACHE_STATUS, b"shop-memory; fwd=request"))

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
    return answer(request, await catalog(request).categories())


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
    return answer(request, found, is_exact=asked != "eventual")


def answer(request: Request, found: Cached, *, is_exact: bool = False) -> Response:
    """Return a body that a cache may keep, or by its tag only that the client has it already.

    `is_exact`: the client wants more than a cache may have, and nobody is to keep it.
    """
    headers = (*(EXACT if is_exact else KEPT[found.source]), (b"etag", found.etag))
    if _has(request, found.etag):
        return Response(status_code=304, headers={name.decode(): value.decode() for name, value in headers})
    return FinishedResponse(found.body or b"", headers)


def _has(request: Request, etag: bytes) -> bool:
    """Tell whether the client says that it has the body of this tag (RFC 9110, section 13.1.2)."""
    for name, value in request.scope["headers"]:
        if name == b"if-none-match":
            return bool(value == b"*" or etag in value)
    return False
