"""What an adapter gets: the inputs of one resource or function, and a way to call AWS in its region."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from scripts.local import ACCOUNT, REGION
from scripts.local.engine.clients import Clients
from scripts.local.engine.errors import EngineError
from scripts.local.engine.translate import Names, arguments

NAME_DIGITS = 7  # hexadecimal


def name_digits(urn: str) -> str:
    """The digits at the end of a name that the program leaves to Pulumi.

    Pulumi draws them; ours follow from the URN, so that two deployments can be compared.
    """
    return hashlib.sha256(urn.encode()).hexdigest()[:NAME_DIGITS]


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Where a provider of the program creates its resources, and how it tags them."""

    region: str = REGION
    default_tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Request:
    """A call of a provider's function, such as `aws:index/getRegion:getRegion`.

    Attributes:
        type: its token.
        inputs: camelCase, secrets unwrapped. What an adapter reads it takes; what is left is an error.
        secrets: texts that no message may quote.
        provider: whose region and tags count.
    """

    type: str
    inputs: dict[str, Any] = field(repr=False)
    secrets: frozenset[str] = field(repr=False)
    provider: Provider
    clients: Clients

    def __str__(self) -> str:
        """Name it for an error message."""
        return self.type

    @property
    def region(self) -> str:
        """The region that it is in."""
        return self.provider.region

    def take(self, key: str, default: Any = None) -> Any:
        """Take one input, or `default` where it is not given."""
        return self.inputs.pop(key, default)

    def take_all(self, *keys: str) -> dict[str, Any]:
        """Take the given ones of `keys`."""
        return {key: self.inputs.pop(key) for key in keys if key in self.inputs}

    def rest(self) -> dict[str, Any]:
        """Take everything that has not been taken yet."""
        rest = dict(self.inputs)
        self.inputs.clear()
        return rest

    def call(self, service: str, operation: str, **given: Any) -> dict[str, Any]:
        """Call AWS with arguments as AWS spells them and return the answer.

        Raises `EngineError` that names this resource, the operation and what AWS says of it.
        """
        # Some services refuse an empty list of tags.
        kept = {key: value for key, value in given.items() if value or key.lower() != "tags"}
        client = self.clients.client(service, self.region)
        try:
            answer: dict[str, Any] = getattr(client, operation)(**kept)
        except EndpointConnectionError:
            raise EngineError(
                f"{self}: no AWS answers at {self.clients.endpoint}. Start one with `blueprint local aws`."
            ) from None
        except ClientError as error:
            said = error.response["Error"]
            raise self._failure(f"{service} refused {operation}: {said['Code']}: {said['Message']}") from None
        except BotoCoreError as error:
            raise self._failure(f"{service} {operation}: {error}") from None
        return answer

    def send(
        self,
        service: str,
        operation: str,
        values: Mapping[str, Any],
        names: Names | None = None,
        **given: Any,
    ) -> dict[str, Any]:
        """Call AWS with `values` as Pulumi spells them (see `translate`) and `given` as AWS does."""
        model = self.clients.client(service, self.region).meta
        shape = model.service_model.operation_model(model.method_to_api_mapping[operation]).input_shape
        return self.call(service, operation, **arguments(shape, values, names or {}), **given)

    def in_region(self, region: str) -> Self:
        """Return this, with its calls going to another region."""
        return replace(self, provider=replace(self.provider, region=region))

    def _failure(self, text: str) -> EngineError:
        for secret in self.secrets:
            text = text.replace(secret, "[secret]")
        return EngineError(f"{self}: {text}")


@dataclass(kw_only=True)
class Resource(Request):
    """A resource to create; `name` and `urn` are Pulumi's."""

    name: str
    urn: str
    all_tags: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Name it for an error message."""
        return f"{self.name} ({self.type})"

    def take_name(self, key: str = "name", *, limit: int = 255, suffix: str = "") -> str:
        """Take the physical name, or make one as Pulumi does: the logical name, a hyphen and seven digits.

        `<key>Prefix` stands for the logical name and the hyphen. `limit` is the most characters that the
        service allows; `suffix` is one that it demands.
        """
        given = self.take(key)
        prefix = self.take(f"{key}Prefix", f"{self.name}-")
        name: str = given or f"{prefix}{name_digits(self.urn)}{suffix}"
        if len(name) > limit:
            raise EngineError(
                f"{self}: the name {name} has {len(name)} characters, {limit} are allowed. "
                f"Shorten the logical name, or set `{key}`."
            )
        return name

    def take_tags(self) -> dict[str, str]:
        """Take `tags`, on top of the provider's default tags. Every adapter of a taggable type calls this."""
        self.all_tags = {**self.provider.default_tags, **self.take("tags", {})}
        return self.all_tags

    def without_effect(self, *keys: str) -> None:
        """Take inputs that mean nothing when a resource is created: they guide updates or destruction."""
        self.take_all(*keys)

    def arn(self, service: str, path: str) -> str:
        """Return the ARN of something in this region: `arn:aws:<service>:<region>:<account>:<path>`."""
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{path}"


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
