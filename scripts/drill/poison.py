"""Messages that no retry can mend: each consumer refuses each of these until it is a dead letter."""

import json
import random
import uuid
from datetime import UTC, datetime
from typing import Any

PLACED = {"order_id": str(uuid.UUID(int=0)), "lines": [{"product_id": 1, "quantity": 1}]}


def poison(consumer: str, rng: random.Random) -> str:
    """Return the body of a message that the consumer of this name cannot handle, one of several kinds."""
    return rng.choice([*_KINDS, _OWN[consumer]])()


def _no_event() -> str:
    return f"no event at all {uuid.uuid4()}"


def _no_object() -> str:
    return json.dumps([str(uuid.uuid4())])


def _of_tomorrow() -> str:
    return _event("order.placed", PLACED, version=99)


def _of_another_type() -> str:
    return _event("order.misplaced", PLACED)


def _without_lines() -> str:
    return _event("order.placed", {"order_id": str(uuid.uuid4()), "lines": []})


def _of_no_order() -> str:
    return _event("order.placed", PLACED | {"order_id": str(uuid.uuid4())})


def _of_no_payment() -> str:
    data = {
        "order_id": str(uuid.uuid4()),
        "payment_id": str(uuid.uuid4()),
        "amount_minor": 1,
        "currency": "EUR",
    }
    return _event("payment.authorised", data)


def _event(type_: str, data: dict[str, Any], version: int = 1) -> str:
    return json.dumps(
        {
            "type": type_,
            "aggregate_id": data["order_id"],
            "data": data,
            "version": version,
            "id": str(uuid.uuid4()),
            "occurred_at": datetime.now(UTC).isoformat(),
        }
    )


_KINDS = (_no_event, _no_object, _of_tomorrow, _of_another_type)
_OWN = {
    "order_inventory": _without_lines,
    "order_notifications": _of_no_order,
    "payment_capture": _of_no_payment,
}
