"""The engine behind Pulumi's mock runtime: what the program registers is created in AWS there and then."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from scripts.local.engine import registry
from scripts.local.engine.clients import Clients
from scripts.local.engine.errors import EngineError, UnhandledPropertyError
from scripts.local.engine.resource import Provider, Request, Resource

PROVIDER = "pulumi:providers:"
SECRET = {rpc._special_sig_key: rpc._special_secret_sig}

OnResource = Callable[[str, str, float], None]

R = TypeVar("R", bound=Request)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Created:
    """A resource that was created: its type, logical name, and the seconds that it took."""

    type: str
    name: str
    seconds: float


@dataclass(frozen=True)
class Registration:
    """What Pulumi's mocks leave out of a registration."""

    urn: str
    secret_outputs: frozenset[str]


_registration: ContextVar[Registration] = ContextVar("registration")


class Monitor(MockMonitor):
    """Pulumi's mock monitor, which refuses a name that is taken as the real one does."""

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self._urns: set[str] = set()
        self._lock = threading.Lock()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - Pulumi's name
        """Create a resource; raises `EngineError` for a URN that exists already."""
        urn = self.make_urn(request.parent, request.type, request.name)
        with self._lock:
            if urn in self._urns:
                raise EngineError(
                    f"{request.name} ({request.type}) is declared twice under the same parent. "
                    "Give one of the two another logical name."
                )
            self._urns.add(urn)
        _registration.set(Registration(urn, frozenset(request.additionalSecretOutputs)))
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


@dataclass(kw_only=True)
class Engine(Mocks):
    """Creates resources and answers functions with the adapters; Pulumi calls it from several threads.

    Attributes:
        provider: of resources whose program names none.
        created: what exists now, in the order in which it was finished.
    """

    clients: Clients
    provider: Provider
    on_resource: OnResource | None = None
    created: list[Created] = field(default_factory=list)
    _providers: dict[str, Provider] = field(default_factory=dict)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Create one resource; components and providers are only remembered."""
        if args.typ.startswith(PROVIDER):
            return self._remember_provider(args)
        if args.resource_id:
            raise EngineError(
                f"{args.name} ({args.typ}): the embedded engine creates everything anew. "
                "It cannot read or import what exists."
            )
        if not args.custom:
            return "", args.inputs
        registration = _registration.get()
        resource = Resource(
            type=args.typ,
            name=args.name,
            urn=registration.urn,
            inputs=_plain(args.inputs),
            secrets=frozenset(_secrets(args.inputs)),
            provider=self._provider(args.provider),
            clients=self.clients,
        )
        started = time.perf_counter()
        id_, outputs = _handled(resource, registry.adapter(args.typ))
        self._report(Created(type=args.typ, name=args.name, seconds=time.perf_counter() - started))
        secret = registration.secret_outputs | {
            key for key, value in args.inputs.items() if _is_secret(value)
        }
        hidden = {key: {**SECRET, "value": value} for key, value in outputs.items() if key in secret}
        return id_, {**args.inputs, "tagsAll": resource.all_tags, **outputs, **hidden}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Answer one function of a provider."""
        request = Request(
            type=args.token,
            inputs=_plain(args.args),
            secrets=frozenset(_secrets(args.args)),
            provider=self._provider(args.provider),
            clients=self.clients,
        )
        return {**args.args, **_handled(request, registry.answerer(args.token))}, []

    def _report(self, created: Created) -> None:
        self.created.append(created)
        if self.on_resource is not None:
            self.on_resource(created.type, created.name, created.seconds)

    def _remember_provider(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Keep the region and default tags of a provider; how it connects is the engine's own matter."""
        tags = json.loads(args.inputs.get("defaultTags", "{}")).get("tags", {})
        region = args.inputs.get("region", self.provider.region)
        self._providers[args.name] = Provider(region=region, default_tags=tags)
        return args.name, args.inputs

    def _provider(self, reference: str | None) -> Provider:
        """Return the provider of a reference, which is `<urn>::<id>`; the id is its name here."""
        return self._providers[reference.rpartition("::")[2]] if reference else self.provider


def _handled(request: R, handler: Callable[[R], T]) -> T:
    """Run an adapter; a property that it did not take is an error, never dropped."""
    try:
        result = handler(request)
    except UnhandledPropertyError as error:
        raise _unhandled(request, str(error)) from None
    if request.inputs:
        raise _unhandled(request, ", ".join(request.inputs))
    return result


def _unhandled(request: Request, names: str) -> EngineError:
    return EngineError(
        f"{request}: the embedded engine does not handle {names}. Teach {registry.file(request.type)} "
        "to, or leave it out of the program."
    )


def _is_secret(value: Any) -> bool:
    return isinstance(value, Mapping) and SECRET.items() <= value.items()


def _secrets(value: Any) -> Iterator[str]:
    """Yield the texts that are marked as secret, at any depth."""
    if _is_secret(value):
        if text := str(_plain(value)):
            yield text
    elif isinstance(value, dict):
        for item in value.values():
            yield from _secrets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item)


def _plain(value: Any) -> Any:
    """Return an input without the marks of secrets, and whole numbers as such: Pulumi sends floats."""
    if _is_secret(value):
        return _plain(value["value"])
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
