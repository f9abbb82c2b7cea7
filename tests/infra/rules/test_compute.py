"""What the settings of instances and functions forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, parse, refusal

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"services": {"shop": {"instance_types": ["t4g.small", "t3.small"]}}},
        "services.shop.instance_types is 't3.small'; allowed: types with arm64 processors.",
        "Choose another type, or set architecture to x86_64.",
    ),
    (
        {"architecture": "x86_64"},
        "services.shop.instance_types is 't4g.small'; allowed: types with x86_64 processors.",
        "Choose another type, or set architecture to arm64.",
    ),
    (
        {"artifacts": "local"},
        "artifacts is 'local'; allowed: arm64.",
        "Artifacts built for this machine run only where `emulator` is true.",
    ),
    (
        {"artifacts": "x86_64"},
        "artifacts is 'x86_64'; allowed: arm64.",
        "Leave it unset, or change architecture too.",
    ),
    (
        {"services": {"shop": {"min_size": 5, "max_size": 2}}},
        "services.shop.min_size is 5; allowed: at most max_size, 2.",
        "Lower it or raise max_size.",
    ),
    (
        {"services": {"mail": {"paths": ["/orders*"], "hosts": ["mail.example.com"]}}},
        (
            "services.mail is 'mail'; allowed: lower-case words with hyphens, of 20 characters at the most, "
            "that neither a user of Amazon Linux nor a function is called."
        ),
        "Rename the service: its instances run it as a user of that name.",
    ),
    (
        {"services": {"more": {"paths": ["/invoices*"]}}},
        (
            "services.more.paths is '/invoices*'; allowed: paths of the shop: "
            "/products*, /orders*, /cart*, /reviews*, /admin*, /couriers*, /chat*, /accounts*, "
            "/docs*, /openapi.json, /live, /ready."
        ),
        "Remove it, or name the new path in infra/routes.py: the CDN must know it too.",
    ),
    (
        {"services": {"more": {"paths": ["/orders*"]}}},
        "services.more.paths is '/orders*'; allowed: paths that services.shop does not have.",
        "Leave it to one of the two: only the first rule would ever be followed.",
    ),
    (
        {"services": {"shop": {"paths": ["/products*", "/orders*", "/docs*", "/openapi.json", "/live"]}}},
        (
            "services is ['shop']; allowed: services without hosts that together answer "
            "/cart*, /reviews*, /admin*, /couriers*, /chat*, /accounts*, /ready too."
        ),
        "Give these paths to a service, or the load balancer answers them with 404.",
    ),
    (
        {"functions": {"order_notifications": {"reserved_concurrency": 5}}},
        ("functions.order_notifications.max_concurrency is not set; allowed: 2 to reserved_concurrency, 5."),
        "Lower it: calls that are refused count as receives, and messages become dead letters.",
    ),
    (
        {"functions": {"api": {"reserved_concurrency": 5, "provisioned_concurrency": 6}}},
        "functions.api.provisioned_concurrency is 6; allowed: at most reserved_concurrency, 5.",
        "Lower it or raise reserved_concurrency.",
    ),
    (
        {"functions": {"api": {"reserved_concurrency": 900}, "position_writer": {"reserved_concurrency": 1}}},
        "functions is '901 reserved'; allowed: at most 900 of reserved_concurrency altogether.",
        "Reserve less: of 1000, AWS keeps 100 for all others.",
    ),
    (
        {
            "functions": {"position_writer": {"reserved_concurrency": 5, "parallelisation": 3}},
            "streams": {"positions": {"shards": 2}},
        },
        (
            "functions.position_writer.reserved_concurrency is 5; "
            "allowed: at least streams.positions.shards times parallelisation, 6."
        ),
        "Raise it, or some shards wait while others are read.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()


@pytest.mark.parametrize(
    "instance_type", ["t4g.small", "m7gd.large", "c8gn.metal-24xl", "is4gen.large", "a1.large"]
)
def test_arm_instance_types_are_known_by_their_names(instance_type: str) -> None:
    services = {"shop": {"instance_types": [instance_type], "cpu_credits": None}}
    assert parse(DEV | {"services": services}).architecture == "arm64"


@pytest.mark.parametrize(
    "instance_type", ["t3.small", "g5.xlarge", "m7i-flex.large", "c7a.large", "p4d.24xlarge"]
)
def test_other_instance_types_are_taken_for_x86(instance_type: str) -> None:
    services = {"shop": {"instance_types": [instance_type], "cpu_credits": None}}
    assert parse(DEV | {"architecture": "x86_64", "services": services}).architecture == "x86_64"


@pytest.mark.parametrize("name", ["Shop", "shop_1", "1shop", "a--b", "a" * 21, "root", "order-notifications"])
def test_a_name_that_an_instance_cannot_give_a_user_is_refused(name: str) -> None:
    assert f"services.{name} is '{name}'; " in refusal(DEV | {"services": {name: {"paths": ["/orders*"]}}})


GROWTH = DEV | {"preset": "growth"}
"""With a database that takes the connections of several services."""


def test_a_service_of_certain_hosts_may_answer_what_another_answers_elsewhere() -> None:
    services = {"trade": {"paths": ["/orders*"], "hosts": ["trade.example.com"]}}
    assert list(parse(GROWTH | {"services": services}).services) == ["shop", "trade"]


def test_paths_that_only_some_hosts_lead_to_are_not_answered_for_the_cdn() -> None:
    services = {"shop": {"hosts": ["shop.example.com"]}}
    assert "together answer /products*, /orders*," in refusal(DEV | {"services": services})


def test_a_service_of_the_preset_is_removed_by_null() -> None:
    paths = parse(DEV).services["shop"].paths
    services = {"shop": None, "front": {"paths": paths[:3]}, "back": {"paths": paths[3:]}}
    assert list(parse(GROWTH | {"services": services}).services) == ["front", "back"]
