"""Which adapter creates which type, and where one is missing.

An adapter lives in `adapters/<module>.py`, named after the module in the type's token: `aws:sqs/queue:Queue`
is in `adapters/sqs.py`.
"""

import importlib
import keyword
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any

from scripts.local.engine import adapters
from scripts.local.engine.errors import EngineError
from scripts.local.engine.resource import Request, Resource

Created = tuple[str, dict[str, Any]]
"""What an adapter returns: the resource's id and its outputs, camelCase; inputs are outputs by themselves."""

Adapter = Callable[[Resource], Created]
Answerer = Callable[[Request], dict[str, Any]]

_adapters: dict[str, Adapter] = {}
_answerers: dict[str, Answerer] = {}


def creates(type_: str) -> Callable[[Adapter], Adapter]:
    """Register the decorated function as what creates resources of `type_`."""

    def register(adapter: Adapter) -> Adapter:
        _adapters[type_] = adapter
        return adapter

    return register


def answers(token: str) -> Callable[[Answerer], Answerer]:
    """Register the decorated function as what answers the provider's function `token`."""

    def register(answerer: Answerer) -> Answerer:
        _answerers[token] = answerer
        return answerer

    return register


def types() -> frozenset[str]:
    """The types of resources that can be created."""
    _load()
    return frozenset(_adapters)


def functions() -> frozenset[str]:
    """The functions that can be answered."""
    _load()
    return frozenset(_answerers)


def adapter(type_: str) -> Adapter:
    """Return what creates resources of `type_`; raises `EngineError` that names the file to add it in."""
    _load()
    if type_ not in _adapters:
        raise EngineError(
            f"The embedded engine has no adapter for the type {type_}. Add one to {file(type_)}, "
            f'decorated with @creates("{type_}").'
        )
    return _adapters[type_]


def answerer(token: str) -> Answerer:
    """Return what answers the function `token`; raises `EngineError` that names the file to add it in."""
    _load()
    if token not in _answerers:
        raise EngineError(
            f"The embedded engine has no answer for the function {token}. Add one to {file(token)}, "
            f'decorated with @answers("{token}").'
        )
    return _answerers[token]


def file(token: str) -> str:
    """Return the file, relative to the repository, that holds the adapters of a token's module."""
    package, module, *_ = token.replace("/", ":").split(":")
    name = package if module == "index" else module
    return f"scripts/local/engine/adapters/{name}{'_' if keyword.iskeyword(name) else ''}.py"


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(adapters.__path__):
        importlib.import_module(f"{adapters.__name__}.{module.name}")
