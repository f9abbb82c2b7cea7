"""The paths of the shop: what the program knows of them is what the application answers."""

from fnmatch import fnmatchcase

from fastapi.routing import APIRoute

from app.main import create_app
from app.platform import consistency
from infra import routes


def matching(path: str) -> list[str]:
    """The patterns that take a request for `path`."""
    return [pattern for pattern in routes.PATHS if fnmatchcase(path, pattern)]


def answered() -> set[str]:
    """Paths of the application, as requests have them."""
    application = create_app()
    own = {
        route.path.replace("{", "").replace("}", "") for route in application.routes if hasattr(route, "path")
    }
    assert any(isinstance(route, APIRoute) for route in application.routes)
    return own | {str(application.openapi_url)}


def test_every_route_of_the_application_is_taken_by_exactly_one_pattern() -> None:
    paths = answered()
    assert {"/products", "/orders", "/couriers/courier_id/positions", "/live", "/openapi.json"} <= paths
    assert {path: len(matching(path)) for path in paths} == dict.fromkeys(paths, 1)


def test_no_pattern_is_without_a_route() -> None:
    assert {pattern for path in answered() for pattern in matching(path)} == set(routes.PATHS)


def test_cached_answers_differ_by_the_headers_that_the_shop_heeds() -> None:
    said = consistency.PARAMETERS["parameters"]
    assert tuple(parameter["name"] for parameter in said) == routes.CACHED_BY


def test_what_grants_depend_on_is_a_path_of_the_shop() -> None:
    assert {routes.ACCOUNTS, routes.COURIERS, routes.CATALOGUE} <= set(routes.PATHS)


def test_the_gateway_keeps_the_routes_from_strangers_that_the_shop_keeps_from_them() -> None:
    for path, operations in create_app().openapi()["paths"].items():
        for method, operation in operations.items():
            assert is_kept(method.upper(), path) == ("security" in operation), f"{method} {path}"


def is_kept(method: str, path: str) -> bool:
    """Whether the gateway asks for a token where the shop has this route."""
    return f"{method} {path}" not in routes.OPEN and any(
        wanted in {"ANY", method} and fnmatchcase(path, pattern.replace("{proxy+}", "*"))
        for wanted, _, pattern in (key.partition(" ") for key in routes.SIGNED_IN)
    )
