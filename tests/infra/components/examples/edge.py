"""Examples of the components of edge."""

from collections.abc import Mapping

from infra.components import cdn, gateway
from tests.infra.components.examples.example import Example
from tests.infra.components.examples.parts import a_bucket, a_function

EXAMPLES: Mapping[type, Example] = {
    cdn.CdnArgs: Example(
        make=lambda args: cdn.Cdn("it", args),
        args=lambda: cdn.CdnArgs(
            site=a_bucket("one"),
            service_domain="service",
            origin_header=("X-A", "a"),
            file_patterns=["/f"],
            cached_patterns=["/c"],
            live_patterns=["/l"],
        ),
        changes={"site": lambda _: a_bucket("two"), "origin_header": lambda _: None},
    ),
    gateway.GatewayArgs: Example(
        make=lambda args: gateway.Gateway("it", args),
        args=lambda: gateway.GatewayArgs(function=a_function("one"), rate=1, burst=1),
        changes={"function": lambda _: a_function("two")},
    ),
}
