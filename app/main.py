"""The shop as an ASGI application: `granian --interface asgi app.main:app`."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import State
from starlette.middleware import Middleware

from app.accounts import routes as accounts_routes
from app.accounts.service import Accounts
from app.best_sellers import routes as best_sellers_routes
from app.best_sellers.ranking import Ranking
from app.best_sellers.service import BestSellers
from app.carts import routes as carts_routes
from app.carts.service import Carts
from app.catalog import admin as catalog_admin
from app.catalog import routes as catalog_routes
from app.catalog.editing import Editing
from app.catalog.service import Catalog
from app.chat import routes as chat_routes
from app.chat.history import History
from app.chat.presence import Presence
from app.chat.rooms import Rooms
from app.chat.service import Chat
from app.couriers import routes as couriers_routes
from app.couriers.service import Couriers
from app.couriers.whereabouts import Whereabouts
from app.duties import duties
from app.media import routes as media_routes
from app.media.bucket import Bucket
from app.media.service import MediaLibrary
from app.media.signing import MediaSigner
from app.orders import routes as orders_routes
from app.orders.live import LiveOrders
from app.orders.service import Orders
from app.payments import routes as payments_routes
from app.payments.sandbox import Sandbox
from app.payments.service import Payments
from app.payments.webhooks import PaymentsSecret, Signatures
from app.platform import cache, database, docs, health, logs, problems, shards, telemetry
from app.platform.aws import Aws
from app.platform.broadcast import Broadcast
from app.platform.draining import Drain
from app.platform.identity import Keys, Tokens
from app.platform.middleware import BodyLimit, HeadAsGet, PlainStart, RequestContext, UnlessGet
from app.platform.problems import UnavailableError
from app.platform.rate_limits import AddressLimit, RateLimits
from app.platform.secret import CacheSecret, DatabaseSecret, LoginSecret
from app.platform.settings import Settings
from app.platform.shards import Shards
from app.platform.stream import Producer
from app.platform.table import Table
from app.reports import routes as reports_routes
from app.reports.service import Reports
from app.reviews import routes as reviews_routes
from app.reviews.service import Reviews

logger = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024  # bytes; an order of 50 lines takes 3 KiB

ROUTES = (
    best_sellers_routes,  # before the products, whose numbers its name would be taken for
    catalog_routes,
    catalog_admin,
    reviews_routes,
    carts_routes,
    orders_routes,
    payments_routes,
    couriers_routes,
    chat_routes,
    media_routes,
    reports_routes,
    accounts_routes,
    health,
    docs,
)


class Shop(FastAPI):
    """FastAPI whose description includes the problem documents that the routes refer to."""

    def openapi(self) -> dict[str, Any]:
        """Return the description (OpenAPI 3.1)."""
        return problems.described(super().openapi())


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    """Have the application run in a server, until that is told to end."""
    async with resources(application), application.state.drain.at_sigterm():
        yield


@asynccontextmanager
async def resources(
    application: FastAPI, settings: Settings | None = None, *, relay: bool = True
) -> AsyncIterator[None]:
    """Open what the application's routes need, until the block ends.

    A server does this in its lifespan. Lambda enters it once an environment, on the loop that serves the
    requests, and without the relay: between two invocations its process stands still. Nor does a shop relay
    in another region than the events: each of its batches would travel between the two.

    Raises:
        SettingsError: the environment is incomplete or wrong, or leads to no secret.
    """
    settings = settings or Settings.from_environment()
    logs.configure(settings.service, settings.log_level)
    async with AsyncExitStack() as stack:
        aws = stack.enter_context(Aws(_elsewhere(settings)))
        secret = DatabaseSecret(aws, settings.secret_arn)
        cache_secret = CacheSecret(aws, settings.cache_secret_arn) if settings.cache_secret_arn else None
        await _read_early(secret, cache_secret)
        shared_database = await stack.enter_async_context(database.opened(settings, secret, settings.service))
        all_shards = await stack.enter_async_context(
            shards.opened(settings, aws, shared_database, settings.service)
        )
        shared_cache = await stack.enter_async_context(
            cache.opened(settings.cache_url, secret=cache_secret, is_cluster=settings.cache_cluster)
        )
        state = application.state
        state.database, state.cache, state.drain = shared_database, shared_cache, Drain()
        state.broadcast = Broadcast(shared_cache.server)
        await stack.enter_async_context(state.broadcast.running())
        positions = Producer(aws, settings.positions_stream)
        await stack.enter_async_context(positions.open())
        _let_in(state, settings, aws)
        _sell(state, settings, aws, all_shards)
        _tell_live(state, settings, aws, positions)
        if relay and not settings.events_region:
            for duty in duties(aws, settings, all_shards, state):
                await stack.enter_async_context(duty)
        yield


def _let_in(state: State, settings: Settings, aws: Aws) -> None:
    """Make what tells who asks, and how often they may."""
    state.proxies = settings.proxies
    state.rate_limits = RateLimits(
        state.cache.server.counters, account=settings.account_limit, address=settings.address_limit
    )
    state.tokens = Tokens(
        settings.identity_issuer, settings.identity_client_id, Keys(settings.identity_keys_url)
    )
    state.accounts = Accounts(
        aws, settings.identity_pool_id, settings.identity_client_id, settings.identity_password_length
    )


def _sell(state: State, settings: Settings, aws: Aws, all_shards: Shards) -> None:
    """Make what the shop has, sells, and says of it. Secrets are read once they are needed."""
    state.catalog = Catalog(state.database, state.cache)
    state.editing = Editing(state.database, state.catalog)
    state.orders = Orders(all_shards, state.database, state.catalog)
    state.payments = Payments(all_shards, Sandbox(state.database))
    payments_arn = settings.payments_secret_arn
    state.payment_signatures = Signatures(PaymentsSecret(aws, payments_arn) if payments_arn else None)
    state.ranking = Ranking(state.cache.server)
    state.best_sellers = BestSellers(all_shards, state.database, state.cache, state.ranking)
    state.reports = Reports(all_shards, state.database)
    state.carts = Carts(Table(aws, settings.carts_table), settings.region)
    state.reviews = Reviews(Table(aws, settings.reviews_table), settings.region, state.catalog)
    bucket = Bucket(aws, settings.media_bucket) if settings.media_bucket else None
    key_id = settings.media_key_id
    signer = MediaSigner(aws, key_id, settings.media_key_secret_arn) if key_id else None
    state.media = MediaLibrary(state.database, bucket, signer)


def _tell_live(state: State, settings: Settings, aws: Aws, positions: Producer) -> None:
    """Make what people follow and talk over while they look."""
    server = state.cache.server
    history = History(Table(aws, settings.chat_table))
    rooms = Rooms(history, Presence(server), state.broadcast)
    state.chat = Chat(state.tokens, state.rate_limits, history, rooms, state.drain)
    state.couriers = Couriers(state.database, positions, Whereabouts(server), state.tokens, state.drain)
    state.live_orders = LiveOrders(state.orders, state.couriers, state.broadcast, state.drain)


def _elsewhere(settings: Settings) -> dict[str, str]:
    """Return the region of each service that may be in another than this one."""
    pool_region, _, _ = settings.identity_pool_id.partition("_")
    events = {"kinesis": settings.events_region} if settings.events_region else {}
    return {"cognito-idp": pool_region, **events}


async def _read_early(*secrets: LoginSecret | None) -> None:
    """Read the secrets before the first request."""
    await asyncio.gather(*(_try_to_read(secret) for secret in secrets if secret))


async def _try_to_read(secret: LoginSecret) -> None:
    """Read a secret; if that must wait, it is read when it is needed."""
    try:
        await secret.read()
    except UnavailableError as error:
        logger.warning("starting without a secret", extra={"error": str(error)})


def create_app() -> FastAPI:
    """Return the application. It needs no environment until it starts."""
    application = Shop(
        title="Blueprint shop",
        version="1",
        description="A sample shop. Errors are problem details (RFC 9457).",
        lifespan=lifespan,
        telemetry=telemetry.CONFIG,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would name the host that the load balancer used
    )
    others = (Middleware(BodyLimit, limit=LARGEST_BODY), Middleware(AddressLimit), Middleware(HeadAsGet))
    application.add_middleware(UnlessGet, others=others)
    application.add_middleware(RequestContext)
    application.add_middleware(PlainStart)
    problems.install(application)
    for module in ROUTES:
        # Joined and not included: FastAPI matches an included router's routes twice, which takes an eighth of
        # a cached read's time.
        application.router.routes.extend(module.router.routes)
    return application


app = create_app()
