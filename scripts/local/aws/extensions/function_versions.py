"""Lambda: what belongs to a function's versions and aliases reads back as it was set.

Needed for moto 5.2.5: a mapping made with an alias answers with the version behind it, `LoggingConfig` is
accepted and never returned, and provisioned concurrency has no operations.
"""

from typing import Any

from moto.awslambda import urls
from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import EventSourceMapping, LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import ActionResult, EmptyResult

PATH = "{0}/2019-09-30/functions/(?P<function_name>[\\w_:%-]+)/provisioned-concurrency$"
ARN_PARTS = 7
"""Of a function's ARN; a qualifier is one more."""

_create_mapping = EventSourceMapping.__init__
_create_function = LambdaFunction.__init__
_configuration = LambdaFunction.get_configuration


def install() -> None:
    """Keep what was set, and add the operations."""
    EventSourceMapping.__init__ = _create_mapping_of_alias  # type: ignore[method-assign]
    LambdaFunction.__init__ = _create_function_with_logging  # type: ignore[method-assign]
    LambdaFunction.get_configuration = _configuration_with_logging  # type: ignore[method-assign]
    for operation in (
        put_provisioned_concurrency_config,
        get_provisioned_concurrency_config,
        delete_provisioned_concurrency_config,
    ):
        setattr(LambdaResponse, operation.__name__, operation)
    urls.url_paths[PATH] = LambdaResponse.dispatch


def put_provisioned_concurrency_config(response: LambdaResponse) -> ActionResult:
    """Answer PutProvisionedConcurrencyConfig; the environments are ready at once."""
    name, qualifier = _names(response)
    response.backend.get_function(name, qualifier)  # fails where there is none
    count = response._get_param("ProvisionedConcurrentExecutions")
    _provisioned(response.backend)[name, qualifier] = count
    return _answer(count)


def get_provisioned_concurrency_config(response: LambdaResponse) -> ActionResult:
    """Answer GetProvisionedConcurrencyConfig."""
    return _answer(_found(response))


def delete_provisioned_concurrency_config(response: LambdaResponse) -> ActionResult:
    """Answer DeleteProvisionedConcurrencyConfig."""
    _found(response)
    del _provisioned(response.backend)[_names(response)]
    return EmptyResult()


def _create_mapping_of_alias(self: EventSourceMapping, spec: dict[str, Any]) -> None:
    _create_mapping(self, spec)
    if len(spec["FunctionName"].split(":")) > ARN_PARTS:
        self.function_arn = spec["FunctionName"]


def _create_function_with_logging(self: LambdaFunction, *args: Any, **named: Any) -> None:
    _create_function(self, *args, **named)
    spec = named["spec"] if "spec" in named else args[1]
    default = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"}
    self.logging_config = {**default, **spec.get("LoggingConfig", {})}  # type: ignore[attr-defined]


def _configuration_with_logging(
    self: LambdaFunction,
    on_create: bool = False,  # noqa: FBT001, FBT002 - moto's own signature
) -> dict[str, Any]:
    return {**_configuration(self, on_create), "LoggingConfig": vars(self)["logging_config"]}


def _names(response: LambdaResponse) -> tuple[str, str]:
    name = response._get_param("FunctionName")
    return name.split(":")[6] if name.startswith("arn:") else name, response._get_param("Qualifier")


def _provisioned(backend: LambdaBackend) -> dict[tuple[str, str], int]:
    provisioned: dict[tuple[str, str], int] = vars(backend).setdefault("provisioned_concurrency", {})
    return provisioned


def _found(response: LambdaResponse) -> int:
    count = _provisioned(response.backend).get(_names(response))
    if count is None:
        raise LambdaClientError(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
        )
    return count


def _answer(count: int) -> ActionResult:
    return ActionResult(
        {
            "RequestedProvisionedConcurrentExecutions": count,
            "AvailableProvisionedConcurrentExecutions": count,
            "AllocatedProvisionedConcurrentExecutions": count,
            "Status": "READY",
        }
    )
