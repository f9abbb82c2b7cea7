"""The API gateway: HTTPS requests become calls of a function."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.function import Function

NAME_LIMIT = 128


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    """
    Attributes:
        function: answers every request.
        rate: requests a second, sustained; more are answered with 429.
        burst: requests at once, for a moment.
    """

    function: Function
    rate: int
    burst: int


class Gateway(pulumi.ComponentResource):
    """An HTTP API whose every route leads to one function.

    Resources: API, integration, `$default` route and stage, permission to call the function.

    Attributes:
        url: where it answers.
    """

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:Gateway", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        api = aws.apigatewayv2.Api(
            name, name=naming.physical(name, NAME_LIMIT), protocol_type="HTTP", opts=child
        )
        integration = aws.apigatewayv2.Integration(
            name,
            api_id=api.id,
            integration_type="AWS_PROXY",
            integration_uri=args.function.resource.invoke_arn,
            payload_format_version="2.0",
            opts=child,
        )
        aws.apigatewayv2.Route(
            name,
            api_id=api.id,
            route_key="$default",
            target=pulumi.Output.concat("integrations/", integration.id),
            opts=child,
        )
        aws.apigatewayv2.Stage(
            name,
            api_id=api.id,
            name="$default",
            auto_deploy=True,
            default_route_settings={
                "throttling_rate_limit": args.rate,
                "throttling_burst_limit": args.burst,
            },
            opts=child,
        )
        aws.lambda_.Permission(
            name,
            action="lambda:InvokeFunction",
            function=args.function.resource.name,
            principal="apigateway.amazonaws.com",
            source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),
            opts=child,
        )
        self.url = api.api_endpoint
        self.register_outputs({"url": self.url})
