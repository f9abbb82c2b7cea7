"""What a second region that serves needs of the other settings."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings


def _what_serves_is_somewhere(settings: "Settings") -> Iterator[Problem]:
    second = settings.second_region
    if not second.serves:
        return
    wanted: tuple[tuple[str, object, str], ...] = (
        ("code", second.code, "a region"),
        ("cidr", second.cidr, "a private network of /16 to /22"),
    )
    for key, value, allowed in wanted:
        if value is None:
            yield Problem(
                key=f"second_region.{key}",
                value=None,
                allowed=f"{allowed} where second_region.serves is true",
                remedy="Say where it serves, or set second_region.serves to false.",
            )


def _the_networks_do_not_overlap(settings: "Settings") -> Iterator[Problem]:
    first, second = settings.network.cidr, settings.second_region.cidr
    if settings.second_region.serves and second and first.overlaps(second):
        yield Problem(
            key="second_region.cidr",
            value=str(second),
            allowed=f"addresses outside of network.cidr, {first}",
            remedy="AWS connects no networks that share addresses: choose others.",
        )


def _a_replica_there_has_a_key_there(settings: "Settings") -> Iterator[Problem]:
    if settings.second_region.serves and not settings.encryption.own_key:
        yield Problem(
            key="encryption.own_key",
            value=False,
            allowed="true where second_region.serves is true",
            remedy="RDS wants a key in the other region: let the stack have its own, or do not serve there.",
        )


def _tables_are_in_both_regions(settings: "Settings") -> Iterator[Problem]:
    if settings.second_region.serves and not settings.tables.replicated:
        yield Problem(
            key="tables.replicated",
            value=False,
            allowed="true where second_region.serves is true",
            remedy="What serves there reads and writes carts, reviews and chat there: replicate them.",
        )


def _an_adopted_network_is_not_peered(settings: "Settings") -> Iterator[Problem]:
    if settings.second_region.serves and settings.network.vpc:
        yield Problem(
            key="second_region.serves",
            value=True,
            allowed="false with network.vpc",
            remedy="Routes between the regions are for the keeper of an adopted network to make: remove it, "
            "or do not serve there.",
        )


def _the_second_region_reaches_the_first(settings: "Settings") -> Iterator[Problem]:
    """Private endpoints lead to services of their own region; stream and user pool are in the first."""
    network = settings.network
    if settings.second_region.serves and network.nat == "none" and not network.proxy_domains:
        yield Problem(
            key="network.nat",
            value="none",
            allowed="another way out, or network.proxy_domains, where second_region.serves is true",
            remedy="What serves there sends positions and passwords to the first region, which no private "
            "endpoint leads to.",
        )


def _images_are_pinned_in_both_regions(settings: "Settings") -> Iterator[Problem]:
    second = settings.second_region
    images = {"compute.ami": settings.compute.ami, "second_region.ami": second.ami}
    missing = [key for key, image in images.items() if image is None]
    if second.serves and len(missing) == 1:
        yield Problem(
            key=missing[0],
            value=None,
            allowed="an image id where the other region's is pinned and second_region.serves is true",
            remedy="An image is of one region: pin both, or none; `blueprint image` names the newest.",
        )


def _a_laptop_is_one_region(settings: "Settings") -> Iterator[Problem]:
    if settings.second_region.serves and settings.emulator:
        yield Problem(
            key="second_region.serves",
            value=True,
            allowed="false where emulator is true",
            remedy="Nothing local stands in for another region: the CDN would wait for its load balancer.",
        )


RULES: tuple[Rule, ...] = (
    _what_serves_is_somewhere,
    _the_networks_do_not_overlap,
    _a_replica_there_has_a_key_there,
    _tables_are_in_both_regions,
    _an_adopted_network_is_not_peered,
    _the_second_region_reaches_the_first,
    _images_are_pinned_in_both_regions,
    _a_laptop_is_one_region,
)
