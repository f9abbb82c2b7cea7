"""/products/best-sellers: what sells best over HTTP, cacheable by the CDN for some seconds."""

from fastapi import APIRouter, Request, Response

from app.best_sellers.schemas import BestSellers, Window
from app.catalog.routes import answer
from app.platform.problems import documented

router = APIRouter(prefix="/products/best-sellers", tags=["catalog"])


@router.get("", response_model=BestSellers, responses=documented(422, 503))
async def list_best_sellers(request: Request, window: Window = "today") -> Response:
    """List the products that were bought most often."""
    return answer(request, await request.app.state.best_sellers.top(window))
