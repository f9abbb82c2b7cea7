"""The API gateway: HTTPS requests become calls of a function, or reach the services inside the VPC."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.alarms import Alarm
from infra.components.dns import Target
from infra.components.function import Function
from infra.components.load_balancer import LoadBalancer
from infra.components.security_group import SecurityGroup, SecurityGroupArgs

NAME_LIMIT = 128
DEFAULT = "$default"
METRICS = "Blueprint/Gateway"

LOG_FORMAT = json.dumps(
    {
        "requestId": "$context.requestId",
        "time": "$context.requestTime",
        "ip": "$context.identity.sourceIp",
        "method": "$context.httpMethod",
        "path": "$context.path",
        "route": "$context.routeKey",
        "status": "$context.status",
        "bytes": "$context.responseLength",
        "milliseconds": "$context.responseLatency",
        "integrationError": "$context.integrationErrorMessage",
        "authorizerError": "$context.authorizer.error",
        "user": "$context.authorizer.claims.sub",
    }
)

HEADERS = ("authorization", "content-type", "idempotency-key", "if-none-match")
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


@dataclass(frozen=True, kw_only=True)
class Route:
    """How one route is answered.

    Attributes:
        target: by the function, or by the services, for which the gateway needs `GatewayArgs.services`.
        rate, burst: its own limits, both or none.
        signed_in: only with a token, for which the gateway needs `GatewayArgs.tokens`.
    """

    target: Literal["function", "services"] = "function"
    rate: int | None = None
    burst: int | None = None
    signed_in: bool = False


@dataclass(frozen=True, kw_only=True)
class Services:
    """The way from the gateway to the services: a VPC link to their load balancer.

    Attributes:
        load_balancer: before them; it is asked at its listener.
        vpc_id, subnet_ids: where the link ends, private subnets.
        host: the name on the load balancer's certificate; None where it is asked by HTTP.
        headers: what the load balancer asks of its clients, to prove where they come from.
    """

    load_balancer: LoadBalancer
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    host: str | None = None
    headers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Whose tokens open the routes for people who are signed in.

    Attributes:
        issuer: the address that tokens name as theirs.
        audience: the clients that they are for.
    """

    issuer: pulumi.Input[str]
    audience: Sequence[pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class Cors:
    """Which other sites' pages may call the API.

    Attributes:
        origins: sites such as `https://example.com`, or `*`.
        credentials: with cookies and Authorization.
        max_age: seconds that a browser remembers the answer.
    """

    origins: Sequence[str]
    credentials: bool
    max_age: int


@dataclass(frozen=True, kw_only=True)
class OwnDomain:
    """A name of one's own for the API, which then answers at no other.

    Attributes:
        name: such as `api.example.com`.
        certificate_arn: of a certificate for it, in the gateway's region.
    """

    name: str
    certificate_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    """
    Attributes:
        function: answers where a route leads to it, and whatever no route names.
        rate: requests a second, sustained, of each route without limits of its own; more get 429.
        burst: requests at once, for a moment.
        log_retention_days: how long the log of requests is kept.
        log_kms_key_arn: the key that encrypts that log; None is CloudWatch's own.
        routes: what is answered otherwise, by keys such as `POST /orders`.
        services: the way to the services, where a route leads there.
        tokens: who is signed in, where a route wants to know.
        cors: which other sites may call; None is none.
        domain: a name of its own; None is AWS's.
    """

    function: Function
    rate: int
    burst: int
    log_retention_days: int
    routes: Mapping[str, Route] = field(default_factory=dict)
    services: Services | None = None
    tokens: Tokens | None = None
    cors: Cors | None = None
    domain: OwnDomain | None = None
    log_kms_key_arn: pulumi.Input[str] | None = None


class Gateway(pulumi.ComponentResource):
    """An HTTP API before a function, and before services inside the VPC.

    Resources: API, integrations, routes, `$default` stage, log group, metric filter, permission to call the
    function; VPC link and security group, authorizer, domain name, where they are asked for.

    Attributes:
        url: where it answers.
        target: what records of its own name point at; None without such a name.
        security_group: of the VPC link; raises `AttributeError` where there is none.
        alarms: server errors, slow answers, refused requests.
    """

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:Gateway", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.target: Target | None = None
        self._api = self._create_api(args)
        routes = self._create_routes(args)
        stage = self._create_stage(args, self._create_log(args), routes)
        self.url = self._name_it(args.domain, stage) if args.domain else self._api.api_endpoint
        self.alarms = [self._server_errors(), self._slow_answers(), self._refused_requests()]
        self.register_outputs({"url": self.url})

    def _create_api(self, args: GatewayArgs) -> aws.apigatewayv2.Api:
        return aws.apigatewayv2.Api(
            self._name,
            name=naming.physical(self._name, NAME_LIMIT),
            protocol_type="HTTP",
            disable_execute_api_endpoint=args.domain is not None,
            cors_configuration=_cors(args.cors) if args.cors else None,
            opts=self._child,
        )

    def _create_routes(self, args: GatewayArgs) -> list[aws.apigatewayv2.Route]:
        routes = {DEFAULT: Route(), **args.routes}
        targets = {route.target for route in routes.values()}
        integrations = {}
        if "function" in targets:
            integrations["function"] = self._to_function(args.function)
        if "services" in targets and args.services:
            integrations["services"] = self._to_services(args.services)
        authorizer = self._authorizer(args.tokens) if args.tokens else None
        return [
            self._create_route(key, integrations[route.target], authorizer if route.signed_in else None)
            for key, route in routes.items()
        ]

    def _create_route(
        self,
        key: str,
        integration: aws.apigatewayv2.Integration,
        authorizer: aws.apigatewayv2.Authorizer | None,
    ) -> aws.apigatewayv2.Route:
        return aws.apigatewayv2.Route(
            self._name if key == DEFAULT else f"{self._name} {key}",
            api_id=self._api.id,
            route_key=key,
            target=pulumi.Output.concat("integrations/", integration.id),
            authorization_type="JWT" if authorizer else "NONE",
            authorizer_id=authorizer.id if authorizer else None,
            opts=self._child,
        )

    def _to_function(self, function: Function) -> aws.apigatewayv2.Integration:
        aws.lambda_.Permission(
            self._name,
            action="lambda:InvokeFunction",
            function=function.resource.name,
            qualifier=function.qualifier,
            principal="apigateway.amazonaws.com",
            source_arn=pulumi.Output.concat(self._api.execution_arn, "/*/*"),
            opts=self._child,
        )
        return aws.apigatewayv2.Integration(
            self._name,
            api_id=self._api.id,
            integration_type="AWS_PROXY",
            integration_uri=function.invoke_arn,
            payload_format_version="2.0",
            opts=self._child,
        )

    def _to_services(self, services: Services) -> aws.apigatewayv2.Integration:
        name = f"{self._name}-link"
        group_args = SecurityGroupArgs(vpc_id=services.vpc_id, description="VPC link of the API gateway")
        self.security_group = SecurityGroup(name, group_args, self._child)
        port = 443 if services.host else 80
        services.load_balancer.security_group.allow_from(self, port)
        link = aws.apigatewayv2.VpcLink(
            name,
            name=naming.physical(name, NAME_LIMIT),
            security_group_ids=[self.security_group.resource.id],
            subnet_ids=services.subnet_ids,
            opts=self._child,
        )
        proof = {f"overwrite:header.{header}": value for header, value in services.headers.items()}
        return aws.apigatewayv2.Integration(
            f"{self._name}-services",
            api_id=self._api.id,
            integration_type="HTTP_PROXY",
            integration_method="ANY",
            integration_uri=services.load_balancer.listener.arn,
            connection_type="VPC_LINK",
            connection_id=link.id,
            payload_format_version="1.0",
            request_parameters=proof or None,
            tls_config={"server_name_to_verify": services.host} if services.host else None,
            opts=self._child,
        )

    def _authorizer(self, tokens: Tokens) -> aws.apigatewayv2.Authorizer:
        return aws.apigatewayv2.Authorizer(
            self._name,
            name=naming.physical(self._name, NAME_LIMIT),
            api_id=self._api.id,
            authorizer_type="JWT",
            identity_sources=["$request.header.Authorization"],
            jwt_configuration={"issuer": tokens.issuer, "audiences": tokens.audience},
            opts=self._child,
        )

    def _create_log(self, args: GatewayArgs) -> aws.cloudwatch.LogGroup:
        log = aws.cloudwatch.LogGroup(
            f"{self._name}-requests",
            # API Gateway adds every other log group to one resource policy, which soon is full.
            name=f"/aws/vendedlogs/apigateway/{naming.physical(self._name, NAME_LIMIT)}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.log_kms_key_arn,
            opts=self._child,
        )
        aws.cloudwatch.LogMetricFilter(
            f"{self._name}-throttled",
            name="throttled",
            log_group_name=log.name,
            pattern="{ $.status = 429 }",
            metric_transformation={
                "name": naming.physical(f"{self._name}-throttled", NAME_LIMIT),
                "namespace": METRICS,
                "value": "1",
            },
            opts=self._child,
        )
        return log

    def _create_stage(
        self, args: GatewayArgs, log: aws.cloudwatch.LogGroup, routes: Sequence[pulumi.Resource]
    ) -> aws.apigatewayv2.Stage:
        limited = [
            aws.apigatewayv2.StageRouteSettingArgs(
                route_key=key, throttling_rate_limit=route.rate, throttling_burst_limit=route.burst
            )
            for key, route in args.routes.items()
            if route.rate is not None
        ]
        return aws.apigatewayv2.Stage(
            self._name,
            api_id=self._api.id,
            name=DEFAULT,
            auto_deploy=True,
            default_route_settings={
                "throttling_rate_limit": args.rate,
                "throttling_burst_limit": args.burst,
            },
            route_settings=limited,
            access_log_settings={"destination_arn": log.arn, "format": LOG_FORMAT},
            # Limits of a route that is not there yet are refused.
            opts=pulumi.ResourceOptions(parent=self, depends_on=routes),
        )

    def _name_it(self, domain: OwnDomain, stage: aws.apigatewayv2.Stage) -> pulumi.Output[str]:
        """Let the API answer at a name of its own, and return its address there."""
        own = aws.apigatewayv2.DomainName(
            self._name,
            domain_name=domain.name,
            domain_name_configuration={
                "certificate_arn": domain.certificate_arn,
                "endpoint_type": "REGIONAL",
                "security_policy": "TLS_1_2",
            },
            opts=self._child,
        )
        mapping = aws.apigatewayv2.ApiMapping(
            self._name, api_id=self._api.id, domain_name=own.domain_name, stage=stage.name, opts=self._child
        )
        configuration = own.domain_name_configuration
        self.target = Target(
            domain=configuration.apply(lambda it: it.target_domain_name or ""),
            zone_id=configuration.apply(lambda it: it.hosted_zone_id or ""),
        )
        return pulumi.Output.concat("https://", mapping.domain_name)

    def _server_errors(self) -> Alarm:
        return Alarm(
            name=f"{self._name}-gateway-errors",
            description="The API answers with server errors; look at its function and its log of requests.",
            namespace="AWS/ApiGateway",
            metric="5xx",
            dimensions={"ApiId": self._api.id},
            statistic="Sum",
            threshold=10,
        )

    def _slow_answers(self) -> Alarm:
        return Alarm(
            name=f"{self._name}-gateway-slow",
            description="The API takes more than 3 seconds on average; look at its function's traces.",
            namespace="AWS/ApiGateway",
            metric="Latency",
            dimensions={"ApiId": self._api.id},
            threshold=3_000,
        )

    def _refused_requests(self) -> Alarm:
        return Alarm(
            name=f"{self._name}-gateway-throttled",
            description="The API refuses requests above its limits: raise them, or find who asks so much.",
            namespace=METRICS,
            metric=naming.physical(f"{self._name}-throttled", NAME_LIMIT),
            dimensions={},
            statistic="Sum",
            threshold=100,
        )


def _cors(cors: Cors) -> aws.apigatewayv2.ApiCorsConfigurationArgsDict:
    return {
        "allow_origins": list(cors.origins),
        "allow_methods": list(METHODS),
        "allow_headers": list(HEADERS),
        "allow_credentials": cors.credentials,
        "max_age": cors.max_age,
    }
