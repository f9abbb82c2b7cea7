"""Examples of the components of compute."""

from collections.abc import Mapping

from infra.components import fleet, function, queue
from tests.infra.components.examples.example import Example
from tests.infra.components.examples.parts import (
    a_bucket,
    a_function,
    a_queue,
    a_stream,
    artifact,
    function_args,
)

EXAMPLES: Mapping[type, Example] = {
    fleet.FleetArgs: Example(
        make=lambda args: fleet.Fleet("it", args),
        args=lambda: fleet.FleetArgs(
            vpc_id="vpc",
            subnet_ids=["subnet"],
            image_id="ami",
            instance_type="t",
            volume_size=8,
            user_data="ZGF0YQ==",
            description="d",
            instance_profile_arn="profile",
            target_group_arns=["group"],
            min_size=1,
            max_size=2,
            cpu_target=50,
            health_check_grace=60,
            tags={"A": "a"},
            after=[],
        ),
        changes={"after": lambda _: [a_bucket("first")]},
    ),
    function.FunctionArgs: Example(
        make=lambda args: function.Function("it", args),
        args=function_args,
        changes={"artifact": lambda _: artifact("two"), "after": lambda _: [a_bucket("first")]},
    ),
    function.QueueMapping: Example(
        make=lambda args: a_function().consumes_queue("q", a_queue(), args),
        args=lambda: function.QueueMapping(batch_size=1, batch_window=1),
    ),
    function.StreamMapping: Example(
        make=lambda args: a_function().consumes_stream("s", a_stream(), args, queue.DeadLetterQueue("d")),
        args=lambda: function.StreamMapping(
            batch_size=1, batch_window=1, parallelisation=1, max_retries=1, max_age=60
        ),
    ),
}
