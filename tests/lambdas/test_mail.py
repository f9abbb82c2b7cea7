"""The confirmation names lines and totals exactly, as text and as HTML."""

from uuid import UUID, uuid4

import pytest

from lambdas.order_notifications.mail import confirm, money
from lambdas.order_notifications.orders import Order, OrderLine


def test_the_text_lists_the_lines_and_the_total() -> None:
    lines = (
        OrderLine(product_name="Lamp", quantity=2, unit_price_minor=1999),
        OrderLine(product_name="Desk", quantity=1, unit_price_minor=123456),
    )
    order = Order(id=UUID(int=7), customer_email="a@b.c", currency="EUR", total_minor=127454, lines=lines)

    assert confirm(order).text == (
        "Thank you for your order 00000000-0000-0000-0000-000000000007.\n"
        "\n"
        "2 × Lamp: 39.98 EUR\n"
        "1 × Desk: 1,234.56 EUR\n"
        "\n"
        "Total: 1,274.54 EUR\n"
    )


def test_names_of_products_cannot_be_markup() -> None:
    line = OrderLine(product_name="<b>Lamp & Co</b>", quantity=3, unit_price_minor=500)
    order = Order(id=uuid4(), customer_email="a@b.c", currency="EUR", total_minor=1500, lines=(line,))

    mail = confirm(order)

    assert "&lt;b&gt;Lamp &amp; Co&lt;/b&gt;" in mail.html
    assert "<b>Lamp" not in mail.html
    assert "3 × <b>Lamp & Co</b>: 15.00 EUR" in mail.text


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "EUR", "0.00 EUR"),
        (5, "USD", "0.05 USD"),
        (123456789, "EUR", "1,234,567.89 EUR"),
        (1500, "JPY", "1,500 JPY"),
        (1500, "KWD", "1.500 KWD"),
        (10**17 + 1, "EUR", "1,000,000,000,000,000.01 EUR"),
    ],
)
def test_an_amount_is_written_exactly_in_its_currency(minor: int, currency: str, text: str) -> None:
    assert money(minor, currency) == text
