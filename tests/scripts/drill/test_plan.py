"""What happens in a drill follows from its seed, and is never more than the shop can take."""

import random
from collections import Counter

import pytest

from lambdas.events import MalformedEventError
from lambdas.order_inventory.movements import Movements
from lambdas.order_notifications.events import OrderPlaced
from lambdas.payment_capture.payments import Authorised
from scripts.drill.customers import ORDERS_OF_ONE, wishes
from scripts.drill.errors import DrillError
from scripts.drill.plan import THROTTLED, faults, leader_ends
from scripts.drill.poison import poison
from scripts.drill.stack import CONSUMERS

STOCK = dict.fromkeys(range(1, 21), 200)


@pytest.mark.parametrize("orders", [10, 5_000])
def test_every_kind_of_fault_happens_at_every_consumer_and_throttles_at_every_service(orders: int) -> None:
    planned = faults(orders, seed=1)

    kinds = {(fault.kind, fault.at) for fault in planned if fault.kind != "throttle"}
    assert kinds == {
        (kind, consumer)
        for kind in ("crash", "stand still", "poison", "duplicate", "hold back")
        for consumer in CONSUMERS
    }
    throttled = {(fault.at, fault.operation) for fault in planned if fault.kind == "throttle"}
    assert throttled == set(THROTTLED)
    assert [fault.after for fault in planned] == sorted(fault.after for fault in planned)
    assert all(0 <= fault.after < orders for fault in planned)


def test_the_leader_is_killed_three_times_while_thousands_of_orders_are_placed() -> None:
    assert leader_ends(5_000) == [1_250, 2_500, 3_750]
    assert leader_ends(100) == [50]


def test_the_same_seed_is_the_same_drill_and_another_is_another() -> None:
    one, again, other = (faults(500, seed) for seed in (7, 7, 8))
    assert one == again != other

    orders = [list(wishes(500, STOCK, seed)) for seed in (7, 7, 8)]
    assert orders[0] == orders[1] != orders[2]


def test_orders_take_no_more_than_there_is_and_no_account_places_too_many() -> None:
    wanted = list(wishes(1_000, STOCK, seed=1))

    taken: Counter[int] = Counter()
    for wish in wanted:
        taken.update(wish.quantities)
    assert all(taken[product] <= pieces for product, pieces in STOCK.items())
    assert max(Counter(wish.customer for wish in wanted).values()) == ORDERS_OF_ONE


def test_more_orders_than_the_stock_is_enough_for_are_refused_with_how_many_it_is() -> None:
    with pytest.raises(DrillError, match=r"enough for \d+ orders only: give fewer with --orders"):
        list(wishes(10_000, STOCK, seed=1))


@pytest.mark.parametrize(
    ("consumer", "parse"),
    [
        ("order_inventory", Movements.parse),
        ("order_notifications", OrderPlaced.parse),
        ("payment_capture", Authorised.parse),
    ],
)
def test_poison_is_nothing_that_its_consumer_could_handle(consumer: str, parse: object) -> None:
    """Malformed, or about an order or a payment that nobody has: the ids are drawn for it."""
    rng, refused = random.Random(1), 0  # noqa: S311 - repeatable
    bodies = [poison(consumer, rng) for _ in range(50)]
    for body in bodies:
        try:
            event = parse(body)  # type: ignore[operator] # a method
        except MalformedEventError:
            refused += 1
        else:
            assert str(event.order_id) in body
            assert consumer != "order_inventory"

    assert refused >= 30
    assert len(set(bodies)) == len(bodies)
