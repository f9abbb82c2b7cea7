"""What the settings of services forbid each other."""

import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra import routes
from infra.errors import Problem
from infra.rules.rule import Rule
from infra.settings import functions

if TYPE_CHECKING:
    from infra.settings import Settings


SERVICE_NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
SERVICE_NAME_LIMIT = 20

AMAZON_LINUX_USERS = """
adm bin chrony daemon dbus default ftp games lp mail nobody operator root rpc rpcuser shutdown sshd sync
systemd tcpdump tss
"""
RESERVED_NAMES = frozenset(
    (*AMAZON_LINUX_USERS.split(), *(name.replace("_", "-") for name in functions.NAMES))
)
"""A function's role would be called like that of a service of its name."""


def _services_have_names_of_their_own(settings: "Settings") -> Iterator[Problem]:
    for name in settings.services:
        if not re.fullmatch(SERVICE_NAME, name) or len(name) > SERVICE_NAME_LIMIT or name in RESERVED_NAMES:
            yield Problem(
                key=f"services.{name}",
                value=name,
                allowed=f"lower-case words with hyphens, of {SERVICE_NAME_LIMIT} characters at the most, that"
                " neither a user of Amazon Linux nor a function is called",
                remedy="Rename the service: its instances run it as a user of that name.",
            )


def _services_answer_paths_of_the_shop(settings: "Settings") -> Iterator[Problem]:
    for name, service in settings.services.items():
        for path in dict.fromkeys(service.paths):
            if path not in routes.PATHS:
                yield Problem(
                    key=f"services.{name}.paths",
                    value=path,
                    allowed=f"paths of the shop: {', '.join(routes.PATHS)}",
                    remedy="Remove it, or name the new path in infra/routes.py: the CDN must know it too.",
                )


def _no_two_services_answer_the_same(settings: "Settings") -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for name, service in settings.services.items():
        for path, host in itertools.product(service.paths, service.hosts or [""]):
            other = seen.setdefault((path, host), name)
            if other != name or service.paths.count(path) > 1:
                yield Problem(
                    key=f"services.{name}.paths",
                    value=path,
                    allowed=f"paths that services.{other} does not have",
                    remedy="Leave it to one of the two: only the first rule would ever be followed.",
                )


def _every_path_is_answered(settings: "Settings") -> Iterator[Problem]:
    """By a service without hosts: the CDN asks by the load balancer's own name."""
    answered = {path for service in settings.services.values() if not service.hosts for path in service.paths}
    missing = [path for path in routes.PATHS if path not in answered]
    if missing:
        yield Problem(
            key="services",
            value=sorted(settings.services),
            allowed=f"services without hosts that together answer {', '.join(missing)} too",
            remedy="Give these paths to a service, or the load balancer answers them with 404.",
        )


def _instance_types_are_of_the_architecture(settings: "Settings") -> Iterator[Problem]:
    for name, service in settings.services.items():
        for instance_type in service.instance_types:
            actual = architecture_of(instance_type)
            if actual != settings.architecture:
                yield Problem(
                    key=f"services.{name}.instance_types",
                    value=instance_type,
                    allowed=f"types with {settings.architecture} processors",
                    remedy=f"Choose another type, or set architecture to {actual}.",
                )


def architecture_of(instance_type: str) -> str:
    """The processors of an EC2 instance type: `arm64` or `x86_64`.

    AWS marks its ARM processors by a g straight after the generation: t4g, m7gd, c8gn; a1 came before that.
    """
    family = instance_type.partition(".")[0]
    return "arm64" if family == "a1" or re.fullmatch(r"[a-z]+\d+g[a-z]*", family) else "x86_64"


def _artifacts_run_where_they_land(settings: "Settings") -> Iterator[Problem]:
    if settings.artifacts == "local" and not settings.emulator:
        yield Problem(
            key="artifacts",
            value="local",
            allowed=settings.architecture,
            remedy="Artifacts built for this machine run only where `emulator` is true.",
        )
    elif settings.artifacts not in (None, "local", settings.architecture):
        yield Problem(
            key="artifacts",
            value=settings.artifacts,
            allowed=settings.architecture,
            remedy="Leave it unset, or change architecture too.",
        )


def _sizes_are_in_order(settings: "Settings") -> Iterator[Problem]:
    for name, service in settings.services.items():
        if service.min_size > service.max_size:
            yield Problem(
                key=f"services.{name}.min_size",
                value=service.min_size,
                allowed=f"at most max_size, {service.max_size}",
                remedy="Lower it or raise max_size.",
            )


RULES: tuple[Rule, ...] = (
    _services_have_names_of_their_own,
    _services_answer_paths_of_the_shop,
    _no_two_services_answer_the_same,
    _every_path_is_answered,
    _instance_types_are_of_the_architecture,
    _artifacts_run_where_they_land,
    _sizes_are_in_order,
)
