"""`order-to-mail`: from the moment that an order is sent to its mail, on a local stack that is idle.

The order goes through the CDN and the load balancer to the shop, its event from the outbox over the bus into
a queue, and from there to the function that sends the mail: all by what was deployed.
"""

import json
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

from scripts.bench.errors import BenchError
from scripts.bench.figure import Figure, Goal
from scripts.bench.up import blueprint
from scripts.local.people import PASSWORD
from scripts.local.status import read_status

RUNS = 15
WARM = 3  # orders before the first that counts: the function's environments start with them
PATIENCE = 60.0  # seconds for one mail
LOOK = 0.01  # seconds between two looks into the mailbox
REST = 1.0  # seconds after which nothing of the order before is under way


def measure() -> list[Figure]:
    """Return the figure."""
    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as state:
        blueprint("up", "--json", "--state", state)
        try:
            addresses = read_status(Path(state))["addresses"]
            with httpx.Client(base_url=addresses["site"], timeout=PATIENCE) as shop:
                seconds = _orders(shop, f"{addresses['aws']}/_blueprint/mailbox")
        finally:
            blueprint("down", "--state", state)
    return [
        Figure(
            name="order-to-mail: order placed to mail sent",
            unit="s",
            samples=seconds,
            goal=Goal(limit=1),
        )
    ]


def _orders(shop: httpx.Client, mailbox: str) -> list[float]:
    """Place orders one after the other and return how long the mail of each took."""
    account = {"email": "ada@example.com", "password": PASSWORD}
    token = _said(shop.post("/accounts/sign-in", json=account))["access_token"]
    product = _said(shop.get("/products", params={"limit": 1}))["items"][0]["id"]
    taken = []
    for _ in range(WARM + RUNS):
        time.sleep(REST)
        address = f"{uuid.uuid4().hex}@example.com"
        order = {"customer_email": address, "lines": [{"product_id": product, "quantity": 1}]}
        headers = {"authorization": f"Bearer {token}", "idempotency-key": uuid.uuid4().hex}
        started = time.perf_counter()
        _said(shop.post("/orders", json=order, headers=headers))
        _await_mail(mailbox, address)
        taken.append(time.perf_counter() - started)
    return taken[WARM:]


def _await_mail(mailbox: str, address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while address not in httpx.get(mailbox, timeout=PATIENCE).text:
        if time.monotonic() > deadline:
            raise BenchError(f"no mail came to {address} within {PATIENCE:.0f} s")
        time.sleep(LOOK)


def _said(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise BenchError(f"{answer.request.url} was answered with {answer.status_code}: {answer.text}")
    return json.loads(answer.text)
