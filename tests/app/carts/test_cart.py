"""Merging versions of a cart that were changed apart from each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from app.carts.cart import Addition, Cart

REGIONS = ("here", "there", "elsewhere")


@dataclass
class World:
    """A version of one cart in each region, and what really happened."""

    carts: dict[str, Cart] = field(default_factory=lambda: dict.fromkeys(REGIONS, Cart()))
    put_in: dict[Addition, tuple[int, int]] = field(default_factory=dict)  # product, quantity
    taken_out: set[Addition] = field(default_factory=set)  # by somebody who saw it

    def put(self, region: str, product: int, quantity: int) -> None:
        before = self.carts[region]
        self.carts[region] = before.put(region, product, quantity)
        self.put_in[Addition(region, before.seen.get(region, 0) + 1)] = (product, quantity)

    def take_out(self, region: str, product: int) -> None:
        self.taken_out |= self.carts[region].lines.get(product, {}).keys()
        self.carts[region] = self.carts[region].take_out(product)

    def empty(self, region: str) -> None:
        for additions in self.carts[region].lines.values():
            self.taken_out |= additions.keys()
        self.carts[region] = self.carts[region].emptied()

    def hear(self, region: str, other: str) -> None:
        self.carts[region] = self.carts[region].merged(self.carts[other])


Step = Callable[[World], None]
REGION = st.sampled_from(REGIONS)
PRODUCT = st.integers(1, 3)
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda *given: lambda world: world.put(*given), REGION, PRODUCT, st.integers(1, 9)),
    st.builds(lambda *given: lambda world: world.take_out(*given), REGION, PRODUCT),
    st.builds(lambda region: lambda world: world.empty(region), REGION),
    st.builds(lambda *given: lambda world: world.hear(*given), REGION, REGION),
)


def after(steps: Sequence[Step]) -> World:
    world = World()
    for step in steps:
        step(world)
    return world


HISTORIES = st.lists(STEPS, max_size=30).map(after)


@given(HISTORIES)
def test_versions_merge_to_the_same_in_whatever_order_and_however_often(world: World) -> None:
    one, two, three = (world.carts[region] for region in REGIONS)

    assert one.merged(two) == two.merged(one)
    assert one.merged(two).merged(three) == one.merged(two.merged(three))
    assert one.merged(one) == one
    assert one.merged(two).merged(two) == one.merged(two)


@given(HISTORIES)
def test_what_was_put_in_is_there_unless_somebody_who_saw_it_took_it_out(world: World) -> None:
    one, two, three = (world.carts[region] for region in REGIONS)
    expected: dict[int, int] = {}
    for addition, (product, quantity) in world.put_in.items():
        if addition not in world.taken_out:
            expected[product] = expected.get(product, 0) + quantity

    assert one.merged(two).merged(three).quantities == expected


def test_what_two_regions_put_in_at_once_adds_up() -> None:
    here, there = Cart().put("here", 7, 2), Cart().put("there", 7, 1)

    assert here.merged(there).quantities == {7: 3}


def test_an_addition_outlives_the_removal_of_the_same_product_elsewhere() -> None:
    both = Cart().put("here", 7, 1)
    removed, added = both.take_out(7), both.put("there", 7, 2)

    assert removed.merged(added).quantities == {7: 2}


def test_two_removals_of_the_same_do_not_cost_a_later_addition() -> None:
    both = Cart().put("here", 7, 2)

    assert both.take_out(7).merged(both.take_out(7)).put("here", 7, 1).quantities == {7: 1}


def test_what_was_taken_out_does_not_come_back_with_an_old_version() -> None:
    old = Cart().put("here", 7, 1)

    assert old.take_out(7).merged(old).quantities == {}
