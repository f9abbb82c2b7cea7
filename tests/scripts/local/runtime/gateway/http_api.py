"""Deploys HTTP APIs into a local AWS."""

from collections.abc import Mapping
from typing import Any

from tests.scripts.local.runtime.functions.cloud import Cloud


class HttpApi:
    """An HTTP API, with functions of these sources (by name) as far as its routes lead to them."""

    def __init__(self, cloud: Cloud, functions: Mapping[str, str], name: str = "shop") -> None:
        self._cloud = cloud
        self._functions = functions
        self._gateway = cloud.client("apigatewayv2")
        api = self._gateway.create_api(Name=name, ProtocolType="HTTP")
        self.id, self.endpoint = api["ApiId"], api["ApiEndpoint"]
        self._deployed: set[str] = set()

    def route(self, key: str, function: str, **settings: Any) -> None:
        """Add a route to one of the functions, which is deployed for it, or to one that is not there."""
        if function in self._functions and function not in self._deployed:
            self._cloud.deploy_function(function, self._functions[function])
            self._deployed.add(function)
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function}"
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
        defaults = {"IntegrationType": "AWS_PROXY", "IntegrationUri": uri, "PayloadFormatVersion": "2.0"}
        self.integrate(key, **defaults | settings)

    def integrate(self, key: str, **settings: Any) -> None:
        """Add a route to an integration with these settings."""
        integration = self._gateway.create_integration(ApiId=self.id, **settings)
        target = f"integrations/{integration['IntegrationId']}"
        self._gateway.create_route(ApiId=self.id, RouteKey=key, Target=target)

    def protect(self, key: str, issuer: str, audience: str) -> None:
        """Open a route only to the issuer's tokens for this audience."""
        authorizer = self._gateway.create_authorizer(
            ApiId=self.id,
            Name="people",
            AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Issuer": issuer, "Audience": [audience]},
        )
        items = self._gateway.get_routes(ApiId=self.id)["Items"]
        (route,) = [item for item in items if item["RouteKey"] == key]
        self._gateway.update_route(
            ApiId=self.id,
            RouteId=route["RouteId"],
            AuthorizationType="JWT",
            AuthorizerId=authorizer["AuthorizerId"],
        )

    def stage(self, name: str = "$default", **settings: Any) -> None:
        self._gateway.create_stage(ApiId=self.id, StageName=name, AutoDeploy=True, **settings)
