"""What one of all instances does beside the requests: it relays events, settles what was left, and tidies."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from starlette.datastructures import State

from app.best_sellers.recount import Recount
from app.events.media import MediaUploaded
from app.events.orders import OrderPaid
from app.events.payments import PaymentAuthorised
from app.events.products import ProductChanged
from app.orders.sweeper import Sweeper
from app.payments.reconciler import Reconciler
from app.platform import backlog, partitions
from app.platform.aws import Aws
from app.platform.destinations import Destination, Outgoing, to_bus, to_fifo_queue, to_stream
from app.platform.election import AdvisoryLockElection, Election
from app.platform.leases import LeaseElection
from app.platform.partitions import Maintenance
from app.platform.relay import Relay
from app.platform.settings import Settings
from app.platform.shards import Shards
from app.platform.table import Table
from app.reports.reporter import Reporter
from app.retention import FAMILIES

# Advisory locks, each of a duty's leader.
RELAY_LOCK = 0x6F7574626F78  # "outbox": that of the relay, where there are no leases
PAYMENTS_LOCK = 0x7061796D656E7473  # "payments"
RESERVATIONS_LOCK = 0x7265736572766564  # "reserved"
BEST_SELLERS_LOCK = 0x736F6C64  # "sold"
REPORTS_LOCK = 0x7265706F727473  # "reports"


def duties(
    aws: Aws, settings: Settings, all_shards: Shards, state: State
) -> Iterator[AbstractAsyncContextManager[None]]:
    """Yield the duties, each of which runs beside a block and, but for reports, has a leader of its own.

    `state` is the application's, with its services.
    """
    for relay in _relays(aws, settings, all_shards, _destinations(aws, settings, state)):
        yield relay.running()
    for number, shard in all_shards.databases.items():
        yield backlog.reported(shard, number)
    for shard in all_shards.databases.values():
        yield Maintenance(shard, AdvisoryLockElection(shard, partitions.LOCK), FAMILIES).running()
    election = AdvisoryLockElection(state.database, RESERVATIONS_LOCK)
    yield Sweeper(state.database, all_shards, state.orders, election).running()
    election = AdvisoryLockElection(state.database, PAYMENTS_LOCK)
    yield Reconciler(all_shards, state.payments, election).running()
    election = AdvisoryLockElection(state.database, BEST_SELLERS_LOCK)
    yield Recount(all_shards, state.ranking, election).running()
    election = AdvisoryLockElection(state.database, REPORTS_LOCK)
    yield Reporter(state.reports, election).running()


def _relays(
    aws: Aws, settings: Settings, all_shards: Shards, destinations: Sequence[Destination]
) -> Iterator[Relay]:
    """Yield the relay of each shard's outbox. Why a lease: docs/decisions/0017-two-ways-to-lead.md."""
    leases = Table(aws, settings.leases_table) if settings.leases_table else None
    for number, shard in all_shards.databases.items():
        election: Election = (
            LeaseElection(leases, f"outbox-relay-{number}")
            if leases
            else AdvisoryLockElection(shard, RELAY_LOCK)
        )
        yield Relay(shard, election, destinations)


def _destinations(aws: Aws, settings: Settings, state: State) -> list[Destination]:
    """Return where events go: all of them over the bus, some besides to where order counts or many read.

    On the way, products that were changed leave the cache, also if who changed them died before it could see
    to that, what was paid is counted, and who follows an order hears of it.
    """
    bus = to_bus(aws, settings.event_bus)

    async def note_and_send(events: Sequence[Outgoing]) -> set[int]:
        changed = [event for event in events if event.type == ProductChanged.type]
        await state.catalog.forget(int(event.aggregate_id) for event in changed)
        await state.best_sellers.count(events)
        await state.live_orders.tell(events)
        return await bus.send(events)

    return [
        replace(bus, send=note_and_send),
        to_fifo_queue(aws, settings.payments_queue_url, frozenset({PaymentAuthorised.type})),
        to_stream(aws, settings.sales_stream, frozenset({OrderPaid.type})),
        to_stream(aws, settings.media_stream, frozenset({MediaUploaded.type})),
    ]
