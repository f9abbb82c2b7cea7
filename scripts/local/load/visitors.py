"""What people do in the shop."""

import random
import uuid

from locust import FastHttpUser, between, constant_pacing, task

from scripts.local.people import PASSWORD

PRODUCTS = 200  # that are seeded
WORDS = ("red", "green", "oak", "small", "large", "cotton", "steel", "garden", "kitchen", "travel")
BUYS = ("ada@example.com", 2.0)  # who, and every how many seconds: fewer than an account may


class Visitor(FastHttpUser):
    """Looks around. What the CDN has from somebody else, it answers itself."""

    wait_time = between(0.5, 1.5)

    @task(4)
    def product(self) -> None:
        """Look at a product."""
        self.client.get(f"/products/{random.randint(1, PRODUCTS)}", name="/products/ID")  # noqa: S311

    @task(3)
    def search(self) -> None:
        """Search for something that few have searched for."""
        words = f"{random.choice(WORDS)} {random.choice(WORDS)} {random.randint(1, 999)}"  # noqa: S311
        self.client.get("/products", params={"q": words, "limit": "50"}, name="/products?q=")

    @task(2)
    def listing(self) -> None:
        """Look at the newest products."""
        self.client.get("/products", params={"limit": "50"}, name="/products")

    @task(1)
    def best_sellers(self) -> None:
        """Look at what others buy."""
        self.client.get("/products/best-sellers", name="/products/best-sellers")


class Buyer(FastHttpUser):
    """Places an order again and again."""

    fixed_count = 1
    wait_time = constant_pacing(BUYS[1])
    token: str

    def on_start(self) -> None:
        """Sign in."""
        said = {"email": BUYS[0], "password": PASSWORD}
        answer = self.client.post("/accounts/sign-in", json=said, name="/accounts/sign-in")
        self.token = answer.json()["access_token"] if answer.status_code == 200 else ""

    @task
    def order(self) -> None:
        """Place an order of one product."""
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": str(uuid.uuid4())}
        lines = [{"product_id": random.randint(1, PRODUCTS), "quantity": 1}]  # noqa: S311
        wanted = {"customer_email": BUYS[0], "lines": lines}
        with self.client.post("/orders", json=wanted, headers=headers, catch_response=True) as answer:
            if answer.status_code == 409:  # it is sold out: the shop is right
                answer.success()
