"""/docs: the API's description for people, from /openapi.json, without anything from another host."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

PAGE = Path(__file__).with_name("docs.html").read_text(encoding="utf-8")


@router.get("/docs")
async def docs() -> HTMLResponse:
    """Return the page; it loads the description itself."""
    return HTMLResponse(PAGE, headers={"cache-control": "public, max-age=300"})
