"""The pages that people see: the storefront and the API's description."""

import base64
import hashlib
import re
from pathlib import Path

import httpx
import pytest

from app.main import create_app
from tests.app.shop import client_of

STOREFRONT = Path(__file__).resolve().parents[2] / "app" / "storefront"
SCRIPT_BUDGET = 100_000  # bytes
NAMESPACE = "http://www.w3.org/2000/svg"


def outside(text: str) -> list[str]:
    """Return the addresses of other hosts in a text."""
    return [address for address in re.findall(r"https?://[^\s\"'`)]+", text) if address != NAMESPACE]


TEXTS = [path for path in sorted(STOREFRONT.rglob("*.*")) if path.suffix in (".html", ".css", ".js", ".svg")]
SCRIPTS = sorted((STOREFRONT / "assets").glob("*.js"))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_the_storefront_needs_no_other_host(path: Path) -> None:
    assert outside(path.read_text(encoding="utf-8")) == []


def test_all_scripts_of_the_storefront_together_stay_within_the_budget() -> None:
    assert sum(path.stat().st_size for path in SCRIPTS) < SCRIPT_BUDGET


def imported(name: str) -> set[str]:
    """Return a module and all that it cannot start without."""
    text = (STOREFRONT / "assets" / name).read_text(encoding="utf-8")
    return {name}.union(*(imported(other) for other in re.findall(r'from "\./([^"]+)"', text)))


def test_the_page_asks_at_once_for_every_module_that_it_starts_with_and_for_no_other() -> None:
    page = (STOREFRONT / "index.html").read_text(encoding="utf-8")

    preloaded = re.findall(r'rel="modulepreload" href="/assets/([^"]+)"', page)

    assert sorted(["main.js", *preloaded]) == sorted(imported("main.js"))


def test_every_element_that_the_scripts_look_for_is_on_the_page() -> None:
    page = (STOREFRONT / "index.html").read_text(encoding="utf-8")
    scripts = "".join(path.read_text(encoding="utf-8") for path in STOREFRONT.rglob("*.js"))
    wanted = set(re.findall(r'(?:find|querySelector)\("#([\w-]+)"\)', scripts))

    assert wanted
    assert wanted <= set(re.findall(r'id="([\w-]+)"', page))


@pytest.fixture
async def docs() -> httpx.Response:
    """The page of the API."""
    async with client_of(create_app()) as shop:
        return await shop.get("/docs")


def test_the_api_page_needs_no_other_host(docs: httpx.Response) -> None:
    assert docs.status_code == 200
    assert docs.headers["content-type"] == "text/html; charset=utf-8"
    assert outside(docs.text) == []
    assert "/openapi.json" in docs.text


def test_the_api_page_may_run_what_is_in_it_and_nothing_else(docs: httpx.Response) -> None:
    policy = dict(part.split(" ", 1) for part in docs.headers["content-security-policy"].split("; "))
    for element in ("script", "style"):
        (text,) = re.findall(rf"<{element}[^>]*>(.*?)</{element}>", docs.text, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert policy[f"{element}-src"] == f"'sha256-{digest}'"
    assert policy["default-src"] == "'none'"
    assert not re.search(r"\s(on\w+|style)=", docs.text), "a policy with hashes forbids such attributes"


def test_no_page_of_the_storefront_has_scripts_or_styles_in_it() -> None:
    """Its policy lets a page load those of its own host, and run none that stand in the page."""
    for page in STOREFRONT.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\s(on\w+|style)=", text), page.name


async def test_the_description_names_every_route() -> None:
    async with client_of(create_app()) as shop:
        description = (await shop.get("/openapi.json")).json()

    assert description["openapi"].startswith("3.1")
    assert set(description["paths"]) == {
        "/products",
        "/products/best-sellers",
        "/products/categories",
        "/products/{product_id}",
        "/products/{product_id}/reviews",
        "/admin/products",
        "/admin/products/{product_id}",
        "/reviews",
        "/reviews/{product_id}",
        "/reviews/{product_id}/{author_id}",
        "/cart",
        "/cart/lines",
        "/cart/lines/{product_id}",
        "/orders",
        "/orders/{order_id}",
        "/orders/{order_id}/cancellation",
        "/orders/{order_id}/events",
        "/orders/{order_id}/shipment",
        "/orders/{order_id}/delivery",
        "/orders/{order_id}/payment",
        "/orders/{order_id}/refund",
        "/orders/payment-events",
        "/chat/rooms",
        "/chat/rooms/{room}/messages",
        "/admin/reports/{day}",
        "/admin/media",
        "/admin/media/{media_id}",
        "/admin/media/{media_id}/complete",
        "/couriers/nearest",
        "/admin/media/{media_id}/parts",
        "/couriers/{courier_id}/positions",
        "/couriers/{courier_id}/positions/batch",
        "/couriers/{courier_id}/position",
        "/accounts",
        "/accounts/confirm",
        "/accounts/me",
        "/accounts/refresh",
        "/accounts/resend-code",
        "/accounts/sign-in",
        "/accounts/sign-out",
        "/accounts/sign-out-everywhere",
        "/live",
        "/ready",
    }
