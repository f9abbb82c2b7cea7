"""Private integrations: requests that the gateway passes through a VPC link to a load balancer's listener.

Described in the API Gateway developer guide, "Create private integrations for HTTP APIs" and "Transform API
requests and responses".
"""

import logging

import httpx

from scripts.local.runtime.addresses import Addresses
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.functions.http_server import Scope
from scripts.local.runtime.gateway.api import Listener
from scripts.local.runtime.gateway.payload import CONNECTION, REMADE, Call, Response

logger = logging.getLogger(__name__)

UNAVAILABLE = Response.message(503, "Service Unavailable")
TIMED_OUT = Response.message(504, "Endpoint request timed out")
# The body arrives and leaves decoded; and the gateway says itself how long it is.
ANSWERED_ANEW = REMADE | {"content-encoding"}


class Services:
    """Passes requests on to load balancers' listeners, which `aws` knows and `addresses` lead to."""

    def __init__(self, aws: Aws, addresses: Addresses) -> None:
        self._aws = aws
        self._addresses = addresses
        self._client = httpx.AsyncClient(follow_redirects=False, trust_env=False)
        self._deployed: dict[str, str] = {}

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(self, call: Call, listener: Listener, scope: Scope, body: bytes) -> Response:
        """Return the listener's answer to the request.

        Where nothing listens that is 503, and 504 where the answer takes longer than the integration allows.
        """
        query = scope["query_string"].decode("latin-1")
        url = await self._address(listener.arn) + scope["raw_path"].decode("latin-1")
        try:
            answer = await self._client.request(
                scope["method"],
                f"{url}?{query}" if query else url,
                headers=_headers(call, listener, scope),
                content=body,
                timeout=call.route.timeout,
            )
        except httpx.TimeoutException:
            return TIMED_OUT
        except httpx.TransportError as error:
            logger.warning("API %s, route %s: %s", call.api.name, call.route.key, error)
            return UNAVAILABLE
        kept = [(name, value) for name, value in answer.headers.multi_items() if name not in ANSWERED_ANEW]
        return Response(
            status=answer.status_code,
            body=answer.content,
            headers=[*kept, ("apigw-requestid", call.request_id)],
        )

    async def _address(self, arn: str) -> str:
        """Return where a listener is on this machine, such as `http://127.0.0.1:8000`."""
        if arn not in self._deployed:
            call = self._aws.call
            (listener,) = (await call("elbv2", "describe_listeners", ListenerArns=[arn]))["Listeners"]
            balancers = [listener["LoadBalancerArn"]]
            (balancer,) = (await call("elbv2", "describe_load_balancers", LoadBalancerArns=balancers))[
                "LoadBalancers"
            ]
            self._deployed[arn] = f"{balancer['DNSName']}:{listener['Port']}"
        return f"http://{self._addresses.translate(self._deployed[arn])}"


def _headers(call: Call, listener: Listener, scope: Scope) -> list[tuple[str, str]]:
    """Return what the request says, what the integration overwrites, and who has passed it on (RFC 7239)."""
    pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    host = dict(pairs).get("host", call.api.domain)
    replaced = {*CONNECTION, *listener.headers, "content-length", "host"}
    forwarded = f"by={scope['server'][0]};for={scope['client'][0]};host={host};proto=http"
    return [
        *(pair for pair in pairs if pair[0] not in replaced),
        *listener.headers.items(),
        ("host", host),
        ("forwarded", forwarded),
        ("via", f"HTTP/{scope['http_version']} HttpApi"),
        ("x-amzn-trace-id", call.trace),
    ]
