"""/products/{id}/reviews, which may be a little old, and /reviews, where their authors change them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.catalog.routes import PUBLIC, ProductId
from app.platform.identity import SignedIn
from app.platform.preconditions import Precondition
from app.platform.problems import documented
from app.reviews.schemas import NewReview, ProductReviews, Review, ReviewPage
from app.reviews.service import Reviews

router = APIRouter(tags=["reviews"])

Cursor = Annotated[str | None, Query(max_length=200, description="The `next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=100, description="Reviews a page")]


def reviews(request: Request) -> Reviews:
    """Return the application's reviews."""
    found: Reviews = request.app.state.reviews
    return found


@router.get("/products/{product_id}/reviews", responses=documented(422, 503))
async def list_reviews(
    request: Request, response: Response, product_id: ProductId, cursor: Cursor = None, limit: Limit = 20
) -> ProductReviews:
    """List the reviews of a product, the newest first."""
    response.headers["cache-control"] = PUBLIC
    return await reviews(request).of_product(product_id, cursor, limit)


@router.put(
    "/reviews/{product_id}",
    responses=documented(401, 404, 412, 422, 503) | {201: {"model": Review, "description": "The first one"}},
)
async def write_review(
    request: Request, response: Response, product_id: ProductId, who: SignedIn, new: NewReview
) -> Review:
    """Write one's review of a product, or replace it. `If-Match` and `If-None-Match: *` are obeyed."""
    precondition = Precondition.of(request)
    review, is_first = await reviews(request).write(product_id, who.subject, new, precondition)
    response.status_code = 201 if is_first else 200
    response.headers["etag"] = f'"{review.version}"'
    response.headers["cache-control"] = "no-store"
    return review


@router.delete("/reviews/{product_id}", status_code=204, responses=documented(401, 404, 422, 503))
async def delete_own_review(request: Request, product_id: ProductId, who: SignedIn) -> None:
    """Delete one's review of a product."""
    await reviews(request).delete(product_id, who.subject)


@router.delete(
    "/reviews/{product_id}/{author_id}", status_code=204, responses=documented(401, 403, 404, 422, 503)
)
async def delete_review(request: Request, product_id: ProductId, author_id: UUID, who: SignedIn) -> None:
    """Delete somebody's review of a product: for support and administrators."""
    who.require("support", "admin")
    await reviews(request).delete(product_id, author_id)


@router.get("/reviews", responses=documented(401, 422, 503))
async def list_own_reviews(
    request: Request, response: Response, who: SignedIn, cursor: Cursor = None, limit: Limit = 20
) -> ReviewPage:
    """List one's reviews, the newest first."""
    response.headers["cache-control"] = "no-store"
    return await reviews(request).of_author(who.subject, cursor, limit)
