"""/docs: the API's description for people, from /openapi.json, without anything from another host."""

import base64
import hashlib
import re
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

PAGE = Path(__file__).with_name("docs.html").read_text(encoding="utf-8")


def _own(element: str) -> str:
    """What the page itself says within `element`, as a Content-Security-Policy names it: by its hash."""
    texts = re.findall(rf"<{element}[^>]*>(.*?)</{element}>", PAGE, flags=re.DOTALL)
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{hash_}'" for hash_ in hashes)


# The edge tells browsers that answers are no documents; this one is, and runs what is in it and nothing else.
POLICY = (
    f"default-src 'none'; script-src {_own('script')}; style-src {_own('style')}; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/docs")
async def docs() -> HTMLResponse:
    """Return the page; it loads the description itself."""
    headers = {"cache-control": "public, max-age=300", "content-security-policy": POLICY}
    return HTMLResponse(PAGE, headers=headers)
