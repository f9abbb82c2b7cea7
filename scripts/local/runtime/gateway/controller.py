"""The deployed HTTP APIs as servers on this machine."""

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.functions import FunctionNotFoundError, Functions, FunctionThrottledError
from scripts.local.runtime.functions.http_server import (
    HttpServer,
    Receive,
    Scope,
    Send,
    read_body,
    respond,
)
from scripts.local.runtime.functions.invocation import new_trace
from scripts.local.runtime.gateway.api import Api, Route, Stage, read_routes
from scripts.local.runtime.gateway.authorizer import Authorizer, Claims, Tokens
from scripts.local.runtime.gateway.payload import (
    Call,
    Event,
    MalformedResponseError,
    Response,
    make_event,
    read_response,
)
from scripts.local.runtime.gateway.period import Period
from scripts.local.runtime.gateway.services import UNAVAILABLE, Services
from scripts.local.runtime.gateway.throttle import Throttle
from scripts.local.runtime.tally import Tally

logger = logging.getLogger(__name__)

# The name under which the first API has its port and its place in the status.
NAME = "api"
# Bytes. API Gateway developer guide, "Quotas for HTTP APIs: Payload size: 10 MB".
MAX_BODY = 10 * 2**20

UNAUTHORIZED = Response.message(401, "Unauthorized")
NOT_FOUND = Response.message(404, "Not Found")
TOO_LARGE = Response.message(413, "Request Entity Too Large")
TOO_MANY = Response.message(429, "Too Many Requests")
SERVER_ERROR = Response.message(500, "Internal Server Error")


@dataclass(frozen=True, kw_only=True)
class Behind:
    """What all APIs share: what answers their requests, who opens their routes, and who counts."""

    functions: Functions
    services: Services
    tokens: Tokens
    tally: Tally[Period]


class Gateways:
    """Keeps a server for every HTTP API and publishes where it is."""

    name = "gateways"
    after: tuple[str, ...] = ("functions",)

    def __init__(self, context: Context, functions: Functions) -> None:
        self._context = context
        self.tally = Tally(Period)
        self._behind = Behind(
            functions=functions,
            services=Services(context.aws, context.addresses),
            tokens=Tokens(context.addresses),
            tally=self.tally,
        )
        self._gateways: dict[str, Gateway] = {}
        self._said: set[tuple[str, str]] = set()

    async def reconcile(self) -> bool:
        """Serve every API by its present routes and stages.

        Raises `LocalRuntimeError` for APIs that cannot be served here, after all others were seen to.
        """
        items = {item["ApiId"]: item for item in await self._items("get_apis")}
        for id_ in self._gateways.keys() - items.keys():
            await self._gateways.pop(id_).close()
        problems = []
        for id_, item in items.items():
            try:
                self._serve(await self._read(item))
            except LocalRuntimeError as error:
                problems.append(f"API {item['Name']} ({id_}): {error}")
        if problems:
            raise LocalRuntimeError("\n".join(problems))
        return True

    async def close(self) -> None:
        """Close all servers."""
        gateways = list(self._gateways.values())
        self._gateways.clear()
        await asyncio.gather(*(gateway.close() for gateway in gateways))
        await self._behind.services.close()

    async def _read(self, item: dict[str, Any]) -> Api:
        if item["ProtocolType"] != "HTTP":
            raise LocalRuntimeError(f"its protocol is {item['ProtocolType']}, and only HTTP is served here.")
        arguments = {"ApiId": item["ApiId"]}
        stages = map(Stage.of, await self._items("get_stages", **arguments))
        routes = await self._items("get_routes", **arguments)
        integrations = await self._items("get_integrations", **arguments)
        authorizers = await self._authorizers(item["ApiId"], routes)
        served, remarks = read_routes(routes, integrations, authorizers)
        self._say(f"API {item['Name']} ({item['ApiId']})", remarks)
        return Api(
            id=item["ApiId"],
            name=item["Name"],
            endpoint=item["ApiEndpoint"],
            stages={stage.name: stage for stage in stages},
            routes=served,
        )

    async def _authorizers(self, api: str, routes: Iterable[Mapping[str, Any]]) -> dict[str, Authorizer]:
        """Return the JWT authorizers that routes name, by their ids."""
        named = {route["AuthorizerId"] for route in routes if route.get("AuthorizationType") == "JWT"}
        call = self._context.aws.call
        found = [await call("apigatewayv2", "get_authorizer", ApiId=api, AuthorizerId=id_) for id_ in named]
        return {item["AuthorizerId"]: Authorizer.of(item) for item in found}

    def _say(self, api: str, remarks: Iterable[str]) -> None:
        """Log each remark once, however often the API is read."""
        for remark in remarks:
            if (api, remark) not in self._said:
                self._said.add((api, remark))
                logger.warning("%s: %s", api, remark)

    async def _items(self, operation: str, **arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = await self._context.aws.call("apigatewayv2", operation, **arguments)
            found += page["Items"]
            if not page.get("NextToken"):
                return found
            arguments["NextToken"] = page["NextToken"]

    def _serve(self, api: Api) -> None:
        if api.id in self._gateways:
            self._gateways[api.id].api = api
            return
        name = f"{NAME}_{api.name}" if self._gateways else NAME
        port = self._context.ports.take(name, f"api {api.id}")
        gateway = Gateway(api, self._behind, port)
        self._gateways[api.id] = gateway
        self._context.addresses.publish(api.endpoint, f"http://{gateway.address}", name)


class Gateway:
    """Serves one API: `api` may be replaced by a newer reading of it."""

    def __init__(self, api: Api, behind: Behind, port: int) -> None:
        self.api = api
        self._behind = behind
        self._throttle = Throttle()
        self._server = HttpServer(self._handle, port)

    @property
    def address(self) -> str:
        """The `host:port` that it listens at."""
        return self._server.address

    async def close(self) -> None:
        """Stop serving."""
        await self._server.close()

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, started = str(uuid.uuid4()), time.monotonic()
        response = await self._answer(scope, await read_body(receive), request_id)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        await respond(send, response.status, response.body, headers)
        took = (time.monotonic() - started) * 1000
        self._behind.tally.of(self.api.id).note(response.status, took)

    async def _answer(self, scope: Scope, body: bytes, request_id: str) -> Response:
        """Find the route, count the request and ask the function, or the services."""
        stage, path = self.api.stage_of(scope["raw_path"].decode("latin-1"))
        route, variables = self.api.route_of(scope["method"], path)
        if stage is None or route is None:
            return NOT_FOUND
        limits = stage.route_throttling.get(route.key, stage.throttling)
        if not self._throttle.admit(f"{stage.name} {route.key}", limits):
            return TOO_MANY
        if len(body) > MAX_BODY:
            return TOO_LARGE
        claims = await self._claims(route, scope)
        if route.authorizer and claims is None:
            return UNAUTHORIZED
        call = Call(
            api=self.api,
            stage=stage,
            route=route,
            variables=variables,
            request_id=request_id,
            trace=new_trace(),
            claims=claims,
        )
        if isinstance(route.target, str):
            return await self._invoke(call, route.target, make_event(call, scope, body))
        return await self._behind.services.ask(call, route.target, scope, body)

    async def _claims(self, route: Route, scope: Scope) -> Claims | None:
        """Return what the request's token says, where the route asks for one and this one opens it."""
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        return (
            await self._behind.tokens.claims(route.authorizer, header)
            if route.authorizer and header
            else None
        )

    async def _invoke(self, call: Call, function: str, event: Event) -> Response:
        try:
            async with asyncio.timeout(call.route.timeout):
                invocation = await self._behind.functions.invoke(function, json.dumps(event).encode())
        except TimeoutError:
            return UNAVAILABLE  # the invocation itself goes on, as on AWS
        except (FunctionNotFoundError, FunctionThrottledError) as error:
            logger.warning("API %s, route %s: %s", call.api.name, call.route.key, error)
            return SERVER_ERROR if isinstance(error, FunctionNotFoundError) else UNAVAILABLE
        if invocation.error is not None:
            logger.warning("API %s, route %s: %s", call.api.name, call.route.key, invocation.error)
            return SERVER_ERROR
        try:
            return read_response(invocation.payload, call.request_id)
        except MalformedResponseError as error:
            logger.warning("API %s, route %s: malformed response: %s", call.api.name, call.route.key, error)
            return SERVER_ERROR
