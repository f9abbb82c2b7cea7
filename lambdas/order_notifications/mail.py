"""The e-mail that confirms an order."""

from dataclasses import dataclass
from decimal import Decimal
from html import escape

from lambdas.order_notifications.orders import Order

# Currencies whose minor unit is not a hundredth (ISO 4217).
DIGITS = {
    "BHD": 3,
    "CLP": 0,
    "IQD": 3,
    "ISK": 0,
    "JOD": 3,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
    "VND": 0,
}

HTML = """\
<p>Thank you for your order <b>{number}</b>.</p>
<table>
{rows}
<tr><td colspan="2"><b>Total</b></td><td align="right"><b>{total}</b></td></tr>
</table>
"""
HTML_ROW = '<tr><td>{quantity} ×</td><td>{product}</td><td align="right">{price}</td></tr>'


@dataclass(frozen=True, kw_only=True)
class Mail:
    """An e-mail to one address, with its body as plain text and as HTML."""

    recipient: str
    subject: str
    text: str
    html: str


def confirm(order: Order) -> Mail:
    """Write the confirmation of an order."""
    lines = [
        (line.quantity, line.product_name, money(line.total_minor, order.currency)) for line in order.lines
    ]
    total = money(order.total_minor, order.currency)
    text = [f"{quantity} × {product}: {price}" for quantity, product, price in lines]
    rows = [
        HTML_ROW.format(quantity=quantity, product=escape(product), price=price)
        for quantity, product, price in lines
    ]
    return Mail(
        recipient=order.customer_email,
        subject=f"Your order {order.id}",
        text="\n".join([f"Thank you for your order {order.id}.", "", *text, "", f"Total: {total}", ""]),
        html=HTML.format(number=order.id, rows="\n".join(rows), total=total),
    )


def money(minor: int, currency: str) -> str:
    """Write an amount in the minor unit of a currency: 123456 and EUR are `1,234.56 EUR`."""
    return f"{Decimal(minor).scaleb(-DIGITS.get(currency, 2)):,f} {currency}"
