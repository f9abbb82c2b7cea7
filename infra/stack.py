"""The table of contents: which components a stack has, and how they are wired."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from infra.components.alarms import Alarms, AlarmsArgs
from infra.components.artifacts import Artifacts, ArtifactsArgs
from infra.components.bucket import Bucket, BucketArgs
from infra.components.cache import Cache, CacheArgs
from infra.components.cdn import Cdn, CdnArgs
from infra.components.database import Database, DatabaseArgs
from infra.components.email_identity import EmailIdentity, EmailIdentityArgs
from infra.components.fleet import Fleet, FleetArgs, InstanceRole
from infra.components.function import Function, FunctionArgs, QueueMapping, StreamMapping
from infra.components.gateway import Gateway, GatewayArgs
from infra.components.load_balancer import LoadBalancer, LoadBalancerArgs
from infra.components.network import Network, NetworkArgs
from infra.components.parameters import Parameters, ParametersArgs
from infra.components.policy import Role
from infra.components.queue import DeadLetterQueue, Queue, QueueArgs
from infra.components.stream import Stream, StreamArgs
from infra.components.tables import Table, Tables, TablesArgs
from infra.instance.user_data import Bundle, Instance, user_data
from infra.manifest import Manifest
from infra.settings import Settings

SHOP = "shop"
PORT = 8080
CACHED_PATTERNS = ("/products*",)
LIVE_PATTERNS = ("/orders*", "/couriers*", "/docs*", "/openapi.json", "/live", "/ready")
FILE_PATTERNS = ("/media/*", "/assets/*")

AMAZON_LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
"""Public parameter with the newest Amazon Linux 2023 image of an architecture."""

CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing"
"""AWS's own list of the addresses from which CloudFront reaches origins."""

Environment = Mapping[str, pulumi.Input[str]]


class Stack:
    """A whole stack. The constructor is the table of contents; each method below it makes one thing."""

    def __init__(self, settings: Settings, manifest: Manifest) -> None:
        self._settings = settings
        self._manifest = manifest
        self._opts = pulumi.ResourceOptions(provider=self._provider())
        self._invoke = pulumi.InvokeOptions(provider=self._opts.provider)
        self._account_id = aws.get_caller_identity_output(opts=self._invoke).account_id

        self.network = self._network()
        self.database = self._database()
        self.cache = self._cache()
        self.tables = self._tables()
        self.orders = self._orders()
        self.positions = self._positions()
        self.position_failures = DeadLetterQueue("position-failures", self._opts)
        self.email = EmailIdentity("email", EmailIdentityArgs(sender=settings.email_sender), self._opts)
        self.artifacts = self._artifacts()

        self.site = Bucket("site", self._bucket_args(served_by_cdn=True), self._opts)
        self.load_balancer = self._load_balancer()
        self.fleet = self._fleet()
        self.order_notifications = self._order_notifications()
        self.position_writer = self._position_writer()
        self.api = self._api()
        self._connect()

        self.gateway = self._gateway()
        self.cdn = self._cdn()
        self._watch()

    def outputs(self) -> Mapping[str, object]:
        """What an operator, or a tool, wants to know of the stack."""
        return {
            "site_url": pulumi.Output.concat("https://", self.cdn.domain_name),
            "api_url": self.gateway.url,
            "load_balancer_url": pulumi.Output.concat("http://", self.load_balancer.dns_name),
            "orders_queue_url": self.orders.url,
            "positions_stream": self.positions.name,
            "database_writer": self.database.writer,
            "database_readers": self.database.readers,
            "cache_endpoint": self.cache.endpoint,
            "site_bucket": self.site.name,
            "distribution_id": self.cdn.distribution_id,
            "artifact_bucket": self.artifacts.bucket.name,
        }

    def _provider(self) -> aws.Provider:
        settings = self._settings
        emulator = settings.emulator or None  # None leaves the provider's own default
        return aws.Provider(
            "aws",
            region=settings.region,
            default_tags={"tags": self._tags()},
            s3_use_path_style=emulator,
            skip_credentials_validation=emulator,
            skip_metadata_api_check=emulator,
        )

    def _tags(self) -> dict[str, str]:
        settings = self._settings
        own = {"Project": settings.project, "Stack": settings.stack, "Stage": settings.stage}
        return {**settings.tags, **own}

    def _network(self) -> Network:
        settings = self._settings.network
        available = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],  # no local zones
            opts=self._invoke,
        )
        args = NetworkArgs(
            cidr=settings.cidr,
            zones=[available.names[number] for number in range(settings.zones)],
            region=self._settings.region,
            nat=settings.nat,
            interface_endpoints=settings.interface_endpoints,
        )
        return Network("network", args, self._opts)

    def _database(self) -> Database:
        settings = self._settings.database
        args = DatabaseArgs(
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.isolated_subnet_ids,
            engine_version=str(settings.engine_version),
            instance_class=settings.instance_class,
            storage=settings.storage,
            max_storage=settings.max_storage,
            database_name=SHOP,
            username=SHOP,
            replicas=settings.replicas,
            multi_az=settings.multi_az,
            backup_retention_days=settings.backup_retention_days,
            force_ssl=settings.force_ssl,
            log_retention_days=self._settings.log_retention_days,
            protect=self._settings.protect,
        )
        return Database(SHOP, args, self._opts)

    def _cache(self) -> Cache:
        settings = self._settings.cache
        args = CacheArgs(
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.isolated_subnet_ids,
            engine_version=settings.engine_version,
            node_type=settings.node_type,
            nodes=settings.nodes,
            automatic_failover=settings.automatic_failover,
            transit_encryption=settings.transit_encryption,
            protect=self._settings.protect,
        )
        return Cache(SHOP, args, self._opts)

    def _tables(self) -> Tables:
        # Key and expiry are those that Powertools' idempotency uses unless told otherwise.
        tables = {"idempotency": Table(key="id", expires="expiration")}
        return Tables("tables", TablesArgs(tables=tables, protect=self._settings.protect), self._opts)

    def _orders(self) -> Queue:
        settings = self._settings.orders
        args = QueueArgs(
            visibility_timeout=settings.visibility_timeout,
            max_receives=settings.max_receives,
            retention_days=settings.retention_days,
        )
        return Queue("order-notifications", args, self._opts)

    def _positions(self) -> Stream:
        settings = self._settings.stream
        args = StreamArgs(shards=settings.shards, retention_hours=settings.retention_hours)
        return Stream("positions", args, self._opts)

    def _bucket_args(self, *, served_by_cdn: bool) -> BucketArgs:
        return BucketArgs(
            account_id=self._account_id, protect=self._settings.protect, served_by_cdn=served_by_cdn
        )

    def _artifacts(self) -> Artifacts:
        args = ArtifactsArgs(
            manifest=self._manifest, account_id=self._account_id, protect=self._settings.protect
        )
        return Artifacts("artifacts", args, self._opts)

    def _load_balancer(self) -> LoadBalancer:
        cloudfront = aws.ec2.get_managed_prefix_list_output(name=CLOUDFRONT, opts=self._invoke)
        args = LoadBalancerArgs(
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.public_subnet_ids,
            clients_prefix_list_id=cloudfront.id,
            protect=self._settings.protect,
        )
        return LoadBalancer(SHOP, args, self._opts)

    def _fleet(self) -> Fleet:
        settings = self._settings.fleet
        instance_role = InstanceRole(SHOP, self._opts)
        parameters = self._parameters()
        target_group = self.load_balancer.route(
            SHOP, patterns=[*CACHED_PATTERNS, *LIVE_PATTERNS], port=PORT, health_path="/live"
        )
        needed = [
            parameters.grant_read(instance_role.role),
            self.artifacts.grant_read("app", instance_role.role),
            self.site.grant_write(instance_role.role, "media/"),
            self.orders.grant_send(instance_role.role),  # the outbox is relayed from instances only
            *self._grant_requests(instance_role.role),
        ]
        args = FleetArgs(
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.private_subnet_ids,
            image_id=self._image_id(),
            instance_type=settings.instance_type,
            volume_size=settings.volume_size,
            user_data=self._user_data(parameters.path),
            description=pulumi.Output.concat("Configuration ", parameters.digest),
            instance_profile_arn=instance_role.profile.arn,
            target_group_arns=[target_group.arn],
            min_size=settings.min_size,
            max_size=settings.max_size,
            cpu_target=settings.cpu_target,
            health_check_grace=settings.health_check_grace,
            tags=self._tags(),
            after=[*self.network.egress, self.database, self.load_balancer, parameters, *needed],
        )
        return Fleet(SHOP, args, self._opts)

    def _parameters(self) -> Parameters:
        settings = self._settings
        args = ParametersArgs(
            path=f"/{settings.project}/{settings.stack}/{SHOP}/",
            values={**self._shop_environment(), "SITE_BUCKET": self.site.name},
            region=settings.region,
            account_id=self._account_id,
        )
        return Parameters(SHOP, args, self._opts)

    def _user_data(self, parameters: str) -> pulumi.Output[str]:
        app = self.artifacts["app"]
        return pulumi.Output.all(app.bucket, app.key).apply(
            lambda place: user_data(
                Instance(
                    service=SHOP,
                    region=self._settings.region,
                    port=PORT,
                    artifact=Bundle(bucket=place[0], key=place[1], sha256=app.sha256),
                    parameters=parameters,
                )
            )
        )

    def _image_id(self) -> pulumi.Input[str]:
        if pinned := self._settings.fleet.ami:
            return pinned
        name = AMAZON_LINUX + self._settings.architecture
        # Every value of Parameter Store counts as a secret at first; this one is public.
        return pulumi.Output.unsecret(aws.ssm.get_parameter_output(name=name, opts=self._invoke).value)

    def _database_environment(self) -> Environment:
        return {
            "DATABASE_WRITER": self.database.writer,
            "DATABASE_NAME": SHOP,
            "DATABASE_SECRET_ARN": self.database.secret_arn,
            "DATABASE_SSLMODE": "require" if self._settings.database.force_ssl else "prefer",
            "LOG_LEVEL": self._settings.log_level,
        }

    def _shop_environment(self) -> Environment:
        readers = self.database.readers
        return {
            **self._database_environment(),
            **({"DATABASE_READERS": pulumi.Output.all(*readers).apply(",".join)} if readers else {}),
            "STACK": self._settings.stack,
            "STAGE": self._settings.stage,
            "SERVICE": SHOP,
            "CACHE_URL": self.cache.url,
            "ORDERS_QUEUE_URL": self.orders.url,
            "POSITIONS_STREAM": self.positions.name,
        }

    def _grant_requests(self, role: Role) -> list[pulumi.Resource]:
        """What answering a request takes, on an instance and in the function alike."""
        return [self.database.grant_secret(role), self.positions.grant_put(role)]

    def _function(self, name: str, memory: int, timeout: int, environment: Environment) -> Function:
        args = FunctionArgs(
            artifact=self.artifacts[name],
            python=self._manifest.python,
            architecture=self._settings.architecture,
            memory=memory,
            timeout=timeout,
            environment=environment,
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.private_subnet_ids,
            last_security_group_id=self.network.default_security_group_id,
            log_retention_days=self._settings.log_retention_days,
            after=self.network.egress,
        )
        return Function(name.replace("_", "-"), args, self._opts)

    def _order_notifications(self) -> Function:
        settings = self._settings.functions.order_notifications
        environment = {
            **self._database_environment(),
            "IDEMPOTENCY_TABLE": self.tables.name("idempotency"),
            "EMAIL_SENDER": self.email.sender,
        }
        function = self._function("order_notifications", settings.memory, settings.timeout, environment)
        self.database.grant_secret(function.role)
        self.tables.grant_write("idempotency", function.role)
        self.email.grant_send(function.role)
        mapping = QueueMapping(batch_size=settings.batch_size, batch_window=settings.batch_window)
        function.consumes_queue("orders", self.orders, mapping)
        return function

    def _position_writer(self) -> Function:
        settings = self._settings.functions.position_writer
        environment = self._database_environment()
        function = self._function("position_writer", settings.memory, settings.timeout, environment)
        self.database.grant_secret(function.role)
        mapping = StreamMapping(
            batch_size=settings.batch_size,
            batch_window=settings.batch_window,
            parallelisation=settings.parallelisation,
            max_retries=settings.max_retries,
            max_age=settings.max_age,
        )
        function.consumes_stream("positions", self.positions, mapping, self.position_failures)
        return function

    def _api(self) -> Function:
        settings = self._settings.functions.api
        function = self._function("api", settings.memory, settings.timeout, self._shop_environment())
        self._grant_requests(function.role)
        return function

    def _connect(self) -> None:
        """Who may talk to whom."""
        self.fleet.security_group.allow_from(self.load_balancer, PORT)
        self.database.allow_from(self.fleet, self.order_notifications, self.position_writer, self.api)
        self.cache.allow_from(self.fleet, self.api)

    def _gateway(self) -> Gateway:
        settings = self._settings.functions.api
        return Gateway(
            "api", GatewayArgs(function=self.api, rate=settings.rate, burst=settings.burst), self._opts
        )

    def _cdn(self) -> Cdn:
        args = CdnArgs(
            site=self.site,
            service_domain=self.load_balancer.dns_name,
            file_patterns=FILE_PATTERNS,
            cached_patterns=CACHED_PATTERNS,
            live_patterns=LIVE_PATTERNS,
        )
        cdn = Cdn("edge", args, self._opts)
        self.site.grant_cdn_read(cdn.distribution_arn)
        return cdn

    def _watch(self) -> None:
        alarms = Alarms("alarms", AlarmsArgs(email=self._settings.alarm_email), self._opts)
        alarms.watch(self.load_balancer, self.fleet, self.database, self.cache, self.orders)
        alarms.watch(self.position_failures, self.order_notifications, self.position_writer, self.api)
