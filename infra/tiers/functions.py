"""What runs when something has happened: the Lambda functions, and what feeds them."""

from collections.abc import Mapping

import pulumi

from infra.components.function import AsynchronousArgs, Function, FunctionArgs, QueueMapping, StreamMapping
from infra.components.kafka import Kafka, TopicMapping
from infra.components.queue import DeadLetterQueue, DeadLetterQueueArgs
from infra.components.schedule import Schedule, ScheduleArgs
from infra.components.transcription import grant_transcription
from infra.manifest import Manifest
from infra.settings.functions import Api, OrderedQueueFunction, QueueFunction, StreamFunction
from infra.settings.functions import Function as Settings
from infra.tiers import media
from infra.tiers.data import Data
from infra.tiers.events import ORDER_INVENTORY, ORDER_NOTIFICATIONS, PAYMENT_CAPTURE, Events
from infra.tiers.region import Region
from infra.tiers.shop import Shop

EACH_MINUTE = "rate(1 minute)"

Environment = Mapping[str, pulumi.Input[str]]


class Functions:
    """The functions of a region.

    Attributes:
        order_notifications: mails the customer.
        order_inventory: books what orders take out of the stock.
        payment_capture: takes the money of payments that were authorised.
        position_writer: writes courier positions.
        sales_aggregator: counts what is sold.
        media_renditions: makes what is shown out of what was uploaded.
        media_captions: has subtitles written.
        dead_letter_handler: describes what could not be processed.
        api: the shop, for the gateway.
        failures: what failed of events whose sender did not wait, and calls that could not be made.
    """

    def __init__(self, region: Region, manifest: Manifest, data: Data, events: Events, shop: Shop) -> None:
        self._region = region
        self._settings = region.settings
        self._python = manifest.python
        self._data = data
        self._events = events
        self._each_minute = region.registry.add("functions", self._schedule())
        self.failures = region.registry.add("functions", self._failures())
        self.order_notifications = self._order_notifications()
        self.order_inventory = self._order_inventory()
        self.payment_capture = self._payment_capture()
        self.position_writer = self._position_writer()
        self.sales_aggregator = self._sales_aggregator()
        self.media_renditions = self._media_renditions()
        self.media_captions = self._media_captions()
        self.dead_letter_handler = self._dead_letter_handler()
        self.api = self._api(shop)
        in_all_shards = (self.order_notifications, self.payment_capture, self.position_writer, self.api)
        data.database.allow_from(*in_all_shards)
        data.database.shards[0].allow_from(self.order_inventory)
        data.cache.allow_from(self.api)
        if region.proxy:
            region.proxy.allow_from(
                *in_all_shards,
                self.order_inventory,
                self.sales_aggregator,
                self.media_renditions,
                self.media_captions,
                self.dead_letter_handler,
            )

    def feed_from(self, kafka: Kafka, failures: DeadLetterQueue) -> None:
        """Have those that read positions and sales take them from topics of the same names as well."""
        kafka.allow_mappings()
        for topic, function, settings in (
            ("positions", self.position_writer, self._settings.functions.position_writer),
            ("sales", self.sales_aggregator, self._settings.functions.sales_aggregator),
        ):
            mapping = TopicMapping(
                batch_size=settings.batch_size,
                batch_window=settings.batch_window,
                max_retries=settings.max_retries,
                max_age=settings.max_age,
            )
            kafka.feed(topic, function, mapping, failures)

    def _schedule(self) -> Schedule:
        args = ScheduleArgs(expression=EACH_MINUTE, max_age=self._settings.functions.max_age)
        return Schedule(self._region.named("each-minute"), args, self._region.opts)

    def _failures(self) -> DeadLetterQueue:
        args = DeadLetterQueueArgs(senders=[self._each_minute.sender])
        return DeadLetterQueue(self._region.named("function-failures"), args, self._region.opts)

    def _function(self, name: str, environment: Environment, settings: Settings) -> Function:
        """A function with what all have in common."""
        network, all_functions = self._region.network, self._settings.functions
        args = FunctionArgs(
            artifact=self._data.artifacts[name],
            python=self._python,
            architecture=self._settings.architecture,
            memory=settings.memory,
            timeout=settings.timeout,
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
            log_format=all_functions.log_format,
            tracing=all_functions.tracing,
            ephemeral_storage=settings.ephemeral_storage,
            reserved_concurrency=settings.reserved_concurrency,
            provisioned_concurrency=settings.provisioned_concurrency if isinstance(settings, Api) else None,
            after=network.egress,
        )
        function = Function(self._region.named(name.replace("_", "-")), args, self._region.opts)
        bounds = AsynchronousArgs(retries=all_functions.retries, max_age=all_functions.max_age)
        function.limit_asynchronous(bounds, self.failures)
        return self._region.registry.add("functions", function)

    def _order_notifications(self) -> Function:
        settings = self._settings.functions.order_notifications
        environment = {
            **self._data.database_environment,
            **self._data.database.environment,
            "IDEMPOTENCY_TABLE": self._data.idempotency.name,
            "EMAIL_SENDER": self._events.email.sender,
        }
        function = self._function(ORDER_NOTIFICATIONS, environment, settings)
        self._data.database.grant_secrets(function.role)
        self._data.database.grant_directory_read(function.role)
        self._data.idempotency.grant_write(function.role)
        self._events.email.grant_send(function.role)
        function.consumes_queue("orders", self._events.queues[ORDER_NOTIFICATIONS], _queue_mapping(settings))
        return function

    def _order_inventory(self) -> Function:
        settings, environment = self._settings.functions.order_inventory, self._data.database_environment
        function = self._function(ORDER_INVENTORY, environment, settings)
        self._data.database.grant_first_secret(function.role)
        function.consumes_queue("orders", self._events.queues[ORDER_INVENTORY], _queue_mapping(settings))
        return function

    def _payment_capture(self) -> Function:
        settings, database = self._settings.functions.payment_capture, self._data.database
        environment = {**self._data.database_environment, **database.environment}
        function = self._function(PAYMENT_CAPTURE, environment, settings)
        database.grant_secrets(function.role)
        database.grant_directory_read(function.role)
        function.consumes_queue("payments", self._events.queues[PAYMENT_CAPTURE], _queue_mapping(settings))
        return function

    def _position_writer(self) -> Function:
        settings, environment = self._settings.functions.position_writer, self._data.database_environment
        function = self._function("position_writer", environment, settings)
        self._data.database.grant_secrets(function.role)
        source, failures = self._events.position_source(), self._events.position_failures
        function.consumes_stream("positions", source, _stream_mapping(settings), failures)
        return function

    def _sales_aggregator(self) -> Function:
        settings, environment = (
            self._settings.functions.sales_aggregator,
            {"SALES_TABLE": self._data.sales.name},
        )
        function = self._function("sales_aggregator", environment, settings)
        self._data.sales.grant_put(function.role, update=True)
        stream, failures = self._events.sales, self._events.sale_failures
        function.consumes_stream("sales", stream, _stream_mapping(settings), failures)
        return function

    def _media_renditions(self) -> Function:
        settings = self._settings.functions.media_renditions
        function = self._function("media_renditions", {}, settings)
        reads, writes = [media.QUARANTINE, media.STATUS], [media.PUBLISHED, media.PRIVATE, media.STATUS]
        self._data.media.grant_work(function.role, reads=reads, writes=writes)
        source, failures = self._events.media_source("renditions"), self._events.rendition_failures
        function.consumes_stream("media", source, _stream_mapping(settings), failures)
        return function

    def _media_captions(self) -> Function:
        settings, bucket = self._settings.functions.media_captions, self._data.media
        function = self._function("media_captions", {"MEDIA_BUCKET": bucket.name}, settings)
        bucket.grant_work(
            function.role,
            reads=[media.QUARANTINE, media.STATUS, media.RUNNING, media.TRANSCRIPTS],
            writes=[media.PUBLISHED, media.PRIVATE, media.STATUS, media.RUNNING, media.TRANSCRIPTS],
            deletes=[media.RUNNING],
        )
        region = self._region
        grant_transcription(function.role, bucket, region=region.code, account_id=region.account_id)
        source, failures = self._events.media_source("captions"), self._events.caption_failures
        function.consumes_stream("media", source, _stream_mapping(settings), failures)
        self._each_minute.call("media-captions", function, self.failures)
        return function

    def _dead_letter_handler(self) -> Function:
        settings, queues = (
            self._settings.functions.dead_letter_handler,
            [*self._events.dead_letters, self.failures],
        )
        environment = {
            "DEAD_LETTER_QUEUES": pulumi.Output.json_dumps([queue.url for queue in queues]),
            "DEAD_LETTERS_TABLE": self._data.dead_letters.name,
        }
        function = self._function("dead_letter_handler", environment, settings)
        for queue in queues:
            queue.grant_peek(function.role)
        self._data.dead_letters.grant_put(function.role)
        self._each_minute.call("dead-letter-handler", function, self.failures)
        return function

    def _api(self, shop: Shop) -> Function:
        function = self._function("api", shop.environment("shop"), self._settings.functions.api)
        shop.grant(function.role)
        return function


def _queue_mapping(settings: OrderedQueueFunction) -> QueueMapping:
    return QueueMapping(
        batch_size=settings.batch_size,
        batch_window=settings.batch_window if isinstance(settings, QueueFunction) else 0,
        max_concurrency=settings.max_concurrency,
    )


def _stream_mapping(settings: StreamFunction) -> StreamMapping:
    return StreamMapping(
        batch_size=settings.batch_size,
        batch_window=settings.batch_window,
        parallelisation=settings.parallelisation,
        max_retries=settings.max_retries,
        max_age=settings.max_age,
        late=settings.late,
    )
