"""Who may do what: every route of the shop, asked by everybody.

The table is the rule. A route that it does not name fails the tests, and so does one that is gone.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.main import create_app
from tests.app.pool import PHRASE, Pool
from tests.app.shop import Arrange, order

WHO = ("anonymous", "owner", "another", "courier", "support", "admin")
"""Nobody; two customers, the first of whom an order, a cart and a review belong to; and the roles."""

TABLE = """
                                               anonymous  owner  another  courier  support  admin
GET     /products                                    200    200      200      200      200    200
GET     /products/best-sellers                       200    200      200      200      200    200
GET     /products/categories                         200    200      200      200      200    200
GET     /products/{product_id}                       200    200      200      200      200    200
GET     /products/{product_id}/reviews               200    200      200      200      200    200
GET     /reviews                                     401    200      200      200      200    200
PUT     /reviews/{product_id}                        401    2xx      2xx      2xx      2xx    2xx
DELETE  /reviews/{product_id}                        401    204      204      204      204    204
DELETE  /reviews/{product_id}/{author_id}            401    403      403      403      204    204
POST    /admin/products                              401    403      403      403      403    201
GET     /admin/products/{product_id}                 401    403      403      403      403    200
PUT     /admin/products/{product_id}                 401    403      403      403      403    200
DELETE  /admin/products/{product_id}                 401    403      403      403      403    409
GET     /cart                                        401    200      200      200      200    200
DELETE  /cart                                        401    200      200      200      200    200
POST    /cart/lines                                  401    200      200      200      200    200
PUT     /cart/lines/{product_id}                     401    200      200      200      200    200
DELETE  /cart/lines/{product_id}                     401    200      200      200      200    200
GET     /orders                                      401    200      200      200      200    200
POST    /orders                                      401    201      201      201      201    201
GET     /orders/{order_id}                           401    200      404      404      200    200
GET     /orders/{order_id}/events                    401    200      404      404      200    200
POST    /orders/{order_id}/cancellation              401    200      404      404      200    200
POST    /orders/{order_id}/shipment                  401    403      403      403      409    409
POST    /orders/{order_id}/delivery                  401    403      403      403      409    409
POST    /orders/{order_id}/payment                   401    201      404      404      404    404
GET     /orders/{order_id}/payment                   401    200      404      404      200    200
POST    /orders/{order_id}/refund                    401    403      403      403      409    409
POST    /orders/payment-events                       503    503      503      503      503    503
POST    /couriers/{courier_id}/positions             401    403      403      202      403    202
POST    /couriers/{courier_id}/positions/batch       401    403      403      202      403    202
GET     /couriers/nearest                            401    403      403      403      200    200
GET     /couriers/{courier_id}/position              401    403      403      200      403    200
GET     /chat/rooms                                  401    403      403      403      200    200
GET     /chat/rooms/{room}/messages                  401    200      403      403      200    200
POST    /admin/media                                 401    403      403      403      403    201
GET     /admin/media/{media_id}                      401    403      403      403      403    200
DELETE  /admin/media/{media_id}                      401    403      403      403      403    204
GET     /admin/media/{media_id}/parts                401    403      403      403      403    409
POST    /admin/media/{media_id}/complete             401    403      403      403      403    409
GET     /admin/reports/{day}                         401    403      403      403      403    404
POST    /accounts                                    202    202      202      202      202    202
POST    /accounts/confirm                            422    422      422      422      422    422
POST    /accounts/resend-code                        202    202      202      202      202    202
POST    /accounts/sign-in                            200    200      200      200      200    200
POST    /accounts/refresh                            200    200      200      200      200    200
POST    /accounts/sign-out                           204    204      204      204      204    204
POST    /accounts/sign-out-everywhere                401    204      204      204      204    204
GET     /accounts/me                                 401    200      200      200      200    200
GET     /live                                        200    200      200      200      200    200
GET     /ready                                       200    200      200      200      200    200
"""
# 409 is for the state of things: the product is reserved, the order was not paid, and nothing was uploaded.
# 503: this shop knows no secret of a payment provider's, and takes no message for one.

RULES: dict[str, dict[str, str]] = {
    f"{method} {path}": dict(zip(WHO, statuses, strict=True))
    for method, path, *statuses in map(str.split, TABLE.strip().splitlines()[1:])
}


@dataclass
class Person:
    """Somebody with an account, and what their requests bring along."""

    subject: str
    headers: dict[str, str]
    refresh_token: str


@pytest.fixture(scope="module")
def pool(aws_variables: dict[str, str]) -> Pool:
    """The people's user pool."""
    return Pool(aws_variables)


@pytest.fixture(scope="module")
def people(pool: Pool) -> dict[str, Person]:
    """One of each kind, who has signed in."""
    roles = {"courier": ["courier"], "support": ["support"], "admin": ["admin"]}
    return {name: person(pool, f"{name}@example.com", *roles.get(name, [])) for name in WHO[1:]}


def person(pool: Pool, email: str, *groups: str) -> Person:
    """Make an account and sign in."""
    subject = pool.add(email, *groups)
    tokens = pool.sign_in(email)
    return Person(subject, {"authorization": f"Bearer {tokens['AccessToken']}"}, tokens["RefreshToken"])


@pytest.fixture
def variables(variables: dict[str, str], pool: Pool, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The shop's environment, which leads to that pool."""
    return variables | pool.used(monkeypatch)


class World:
    """What the requests are about."""

    def __init__(
        self, shop: httpx.AsyncClient, people: Mapping[str, Person], product: int, pool: Pool
    ) -> None:
        self.shop = shop
        self.people = people
        self.product = product
        self.pool = pool
        self.ids: dict[str, object] = {}

    async def renew(self, *who: str) -> None:
        """Let the owner order and review the product, and these review it, whatever happened before."""
        headers = self.people["owner"].headers
        key = {"idempotency-key": str(uuid.uuid4())}
        placed = await self.shop.post("/orders", json=order((self.product, 1)), headers=headers | key)
        assert placed.status_code == 201, placed.text
        for reviewer in {"owner", *who} & self.people.keys():
            headers = self.people[reviewer].headers
            review = await self.shop.put(f"/reviews/{self.product}", json=REVIEW, headers=headers)
            assert review.is_success, review.text
        admin = self.people["admin"].headers
        announced = await self.shop.post("/admin/media", json=MEDIA, headers=admin)
        assert announced.status_code == 201, announced.text
        self.ids = {
            "product_id": self.product,
            "media_id": announced.json()["id"],
            "order_id": placed.json()["id"],
            "author_id": self.people["owner"].subject,
            "courier_id": self.people["courier"].subject,
            "room": f"support-{self.people['owner'].subject}",
            "day": "2020-02-29",  # of which there is no report
        }

    async def ask(self, route: str, who: str) -> httpx.Response:
        """Make the route's request as somebody."""
        method, _, path = route.partition(" ")
        headers = self.people[who].headers if who in self.people else {}
        body = BODIES[route](self) if route in BODIES else None
        if route == "POST /orders":
            headers = headers | {"idempotency-key": str(uuid.uuid4())}
        if route == "GET /orders/{order_id}/payment":
            await self.ask("POST /orders/{order_id}/payment", "owner")
        if "/admin/" in route:
            headers = headers | {"if-match": '"1"'}
        if route == "GET /couriers/nearest":
            path += "?latitude=52.5&longitude=13.4"
        if route == "GET /orders/{order_id}/events":
            method = "HEAD"  # a stream goes on for as long as the order does
        return await self.shop.request(method, path.format(**self.ids), headers=headers, json=body)


def session(world: World) -> dict[str, str]:
    """A session of the owner's, which may be ended."""
    return {"refresh_token": world.pool.sign_in("owner@example.com")["RefreshToken"]}


REVIEW = {"author_name": "Ada", "rating": 5, "title": "Good", "text": "As it should be."}
CARD = {"card_number": "4242424242424242"}
PRODUCT = {
    "sku": "NEW-1",
    "name": "New",
    "description": "A thing to have",
    "category": "things",
    "price_minor": 100,
    "currency": "EUR",
    "image_path": "/media/products/NEW-1.svg",
}
MEDIA = {
    "kind": "image",
    "content_type": "image/png",
    "size": 3,
    "sha256": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}
BODIES: dict[str, Callable[[World], Any]] = {
    "PUT /reviews/{product_id}": lambda _: REVIEW,
    "POST /admin/products": lambda _: PRODUCT,
    "PUT /admin/products/{product_id}": lambda _: PRODUCT,
    "POST /cart/lines": lambda world: {"product_id": world.product, "quantity": 1},
    "PUT /cart/lines/{product_id}": lambda _: {"quantity": 2},
    "POST /orders": lambda world: order((world.product, 1)),
    "POST /orders/{order_id}/payment": lambda _: CARD,
    "POST /orders/payment-events": lambda _: {"type": "charge", "payment_id": str(uuid.uuid4())},
    "POST /couriers/{courier_id}/positions": lambda _: {"latitude": 52.5, "longitude": 13.4},
    "POST /couriers/{courier_id}/positions/batch": lambda _: {
        "positions": [{"latitude": 52.5, "longitude": 13.4}]
    },
    "POST /admin/media": lambda _: MEDIA,
    "POST /accounts": lambda _: {"email": f"{uuid.uuid4()}@example.com", "password": PHRASE},
    "POST /accounts/confirm": lambda _: {"email": "owner@example.com", "code": "000000"},
    "POST /accounts/resend-code": lambda _: {"email": "owner@example.com"},
    "POST /accounts/sign-in": lambda _: {"email": "owner@example.com", "password": PHRASE},
    "POST /accounts/refresh": session,
    "POST /accounts/sign-out": session,
}


@pytest.fixture
async def world(shop: httpx.AsyncClient, people: dict[str, Person], arrange: Arrange, pool: Pool) -> World:
    """A shop with a product, and a courier who has been somewhere."""
    product = await arrange.product(stock=1000)
    await arrange.connection.execute(
        "INSERT INTO courier_latest VALUES ($1, now(), 52.5, 13.4)", people["courier"].subject
    )
    return World(shop, people, product, pool)


def test_the_table_names_every_route_of_the_shop_and_no_other() -> None:
    paths = create_app().openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    assert routes == set(RULES)


@pytest.mark.parametrize("route", RULES)
async def test_everybody_may_do_what_the_table_says(world: World, route: str) -> None:
    answered = {}
    for who in WHO:
        await world.renew(who)
        answered[who] = (await world.ask(route, who)).status_code

    assert {who: matched(status, RULES[route][who]) for who, status in answered.items()} == RULES[route]


def matched(status: int, wanted: str) -> str:
    """Return what was wanted where the status is of that kind, such as `2xx`."""
    return wanted if wanted == f"{status // 100}xx" else str(status)


async def test_nobody_finds_a_strangers_things_among_their_own(world: World) -> None:
    await world.renew()
    owner = world.people["owner"]
    line = {"product_id": world.product, "quantity": 3}
    assert (await world.shop.post("/cart/lines", json=line, headers=owner.headers)).is_success

    for who in WHO[2:]:
        headers = world.people[who].headers
        await world.shop.delete("/cart", headers=headers)
        assert (await world.shop.get("/cart", headers=headers)).json()["lines"] == []
        assert owner.subject not in (await world.shop.get("/reviews", headers=headers)).text
    assert (await world.shop.get("/cart", headers=owner.headers)).json()["lines"] != []
    assert owner.subject in (await world.shop.get("/reviews", headers=owner.headers)).text


async def test_a_stranger_cannot_tell_an_order_of_others_from_none(world: World) -> None:
    await world.renew()
    headers = world.people["another"].headers
    theirs, none = str(world.ids["order_id"]), str(uuid.uuid4())

    answers = [await world.shop.get(f"/orders/{order_id}", headers=headers) for order_id in (theirs, none)]

    assert [answer.status_code for answer in answers] == [404, 404]
    told = [answer.json()["detail"] for answer in answers]
    assert told[0].replace(theirs, "") == told[1].replace(none, "")
