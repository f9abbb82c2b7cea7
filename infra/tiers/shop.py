"""What the shop is told and what it may do, wherever it runs: on an instance or as a function."""

from collections.abc import Mapping, Sequence

import pulumi

from infra import routes
from infra.components.identity import Identity
from infra.components.policy import Role
from infra.tiers import media
from infra.tiers.data import RegionalData
from infra.tiers.events import DistantEvents, Events


class Shop:
    """The shop's needs of the tiers below it."""

    def __init__(self, data: RegionalData, events: Events | DistantEvents, identity: Identity) -> None:
        self._data = data
        self._events = events
        self._identity = identity

    def environment(self, service: str) -> Mapping[str, pulumi.Input[str]]:
        """The variables of the shop where it runs as `service`."""
        settings = self._data.region.settings
        return {
            **self._data.environment,
            "LOG_LEVEL": settings.log_level,
            "STACK": settings.stack,
            "STAGE": settings.stage,
            "SERVICE": service,
            **self._events.environment,
            **self._identity.environment,
        }

    def grant(self, role: Role, paths: Sequence[str] = routes.PATHS) -> list[pulumi.Resource]:
        """Let `role` do what answering requests to `paths` takes."""
        data = self._data
        return [
            data.database.grant_secrets(role),
            *data.database.grant_directory_read(role),
            *data.cache.grant_secret(role),
            *([data.reviews.grant_write(role)] if {routes.CATALOGUE, routes.REVIEWS} & set(paths) else []),
            *([data.carts.grant_write(role)] if routes.CARTS in paths else []),
            *([data.chat.grant_write(role)] if routes.CHAT in paths else []),
            *([self._identity.grant_sign_in(role)] if routes.ACCOUNTS in paths else []),
            *([data.payments.grant_read(role)] if routes.ORDERS in paths else []),
            *(self._grant_media(role) if routes.ADMIN in paths else []),
            *([self._events.positions.grant_put(role)] if routes.COURIERS in paths else []),
        ]

    def _grant_media(self, role: Role) -> list[pulumi.Resource]:
        """Let `role` sign uploads, look at them, read what came of them, and sign addresses of it."""
        bucket, keys = self._data.media, self._data.media_keys
        if bucket is None:
            return []
        reads, writes = [media.QUARANTINE, media.STATUS], [media.QUARANTINE]
        return [
            bucket.grant_work(role, reads=reads, writes=writes, in_parts=writes),
            *([keys.secret.grant_read(role)] if keys else []),
        ]
