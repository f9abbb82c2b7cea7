"""What runs when something has happened: the Lambda functions, and what feeds them."""

from collections.abc import Mapping
from typing import Any

import pulumi

from infra.components.function import AsynchronousArgs, Function, FunctionArgs, QueueMapping, StreamMapping
from infra.components.queue import DeadLetterQueue
from infra.manifest import Manifest
from infra.tiers.data import Data
from infra.tiers.events import ORDER_NOTIFICATIONS, Events
from infra.tiers.region import Region
from infra.tiers.shop import Shop


class Functions:
    """The functions of a region.

    Attributes:
        order_notifications: mails the customer.
        position_writer: writes courier positions.
        api: the shop, for the gateway.
        failures: what failed of events whose sender did not wait.
    """

    def __init__(self, region: Region, manifest: Manifest, data: Data, events: Events, shop: Shop) -> None:
        self._region = region
        self._settings = region.settings
        self._python = manifest.python
        self._data = data
        self._events = events
        failures = DeadLetterQueue(region.named("function-failures"), opts=region.opts)
        self.failures = region.registry.add("functions", failures)
        self.order_notifications = self._order_notifications()
        self.position_writer = self._position_writer()
        self.api = self._api(shop)
        data.database.allow_from(self.order_notifications, self.position_writer, self.api)
        data.cache.allow_from(self.api)
        if region.proxy:
            region.proxy.allow_from(self.order_notifications, self.position_writer, self.api)

    def _function(self, name: str, environment: Mapping[str, pulumi.Input[str]], **own: Any) -> Function:
        """A function with what all have in common; `own` are those of FunctionArgs that it alone has."""
        network, settings = self._region.network, self._settings.functions
        args = FunctionArgs(
            artifact=self._data.artifacts[name],
            python=self._python,
            architecture=self._settings.architecture,
            environment={
                **environment,
                **self._region.proxy_environment,
                "LOG_LEVEL": self._settings.log_level,
            },
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            last_security_group_id=network.default_security_group_id,
            log_retention_days=self._settings.log_retention_days,
            kms_key_arn=self._region.key_arn,
            log_level=self._settings.log_level,
            log_format=settings.log_format,
            tracing=settings.tracing,
            after=network.egress,
            **own,
        )
        function = Function(self._region.named(name.replace("_", "-")), args, self._region.opts)
        bounds = AsynchronousArgs(retries=settings.retries, max_age=settings.max_age)
        function.limit_asynchronous(bounds, self.failures)
        return self._region.registry.add("functions", function)

    def _order_notifications(self) -> Function:
        settings = self._settings.functions.order_notifications
        environment = {
            **self._data.database_environment,
            "IDEMPOTENCY_TABLE": self._data.idempotency.name,
            "EMAIL_SENDER": self._events.email.sender,
        }
        function = self._function(
            "order_notifications",
            environment,
            memory=settings.memory,
            timeout=settings.timeout,
            ephemeral_storage=settings.ephemeral_storage,
            reserved_concurrency=settings.reserved_concurrency,
        )
        self._data.database.grant_secrets(function.role)
        self._data.idempotency.grant_write(function.role)
        self._events.email.grant_send(function.role)
        mapping = QueueMapping(
            batch_size=settings.batch_size,
            batch_window=settings.batch_window,
            max_concurrency=settings.max_concurrency,
        )
        function.consumes_queue("orders", self._events.queues[ORDER_NOTIFICATIONS], mapping)
        return function

    def _position_writer(self) -> Function:
        settings = self._settings.functions.position_writer
        environment = self._data.database_environment
        function = self._function(
            "position_writer",
            environment,
            memory=settings.memory,
            timeout=settings.timeout,
            ephemeral_storage=settings.ephemeral_storage,
            reserved_concurrency=settings.reserved_concurrency,
        )
        self._data.database.grant_secrets(function.role)
        mapping = StreamMapping(
            batch_size=settings.batch_size,
            batch_window=settings.batch_window,
            parallelisation=settings.parallelisation,
            max_retries=settings.max_retries,
            max_age=settings.max_age,
            late=settings.late,
        )
        function.consumes_stream(
            "positions", self._events.position_source, mapping, self._events.position_failures
        )
        return function

    def _api(self, shop: Shop) -> Function:
        settings = self._settings.functions.api
        function = self._function(
            "api",
            shop.environment("shop"),
            memory=settings.memory,
            timeout=settings.timeout,
            ephemeral_storage=settings.ephemeral_storage,
            reserved_concurrency=settings.reserved_concurrency,
            provisioned_concurrency=settings.provisioned_concurrency,
        )
        shop.grant(function.role)
        return function
