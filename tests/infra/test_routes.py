"""The paths of the shop: what the program knows of them is what the application answers."""

from fnmatch import fnmatchcase

from fastapi.routing import APIRoute

from app.main import create_app
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


def test_what_grants_depend_on_is_a_path_of_the_shop() -> None:
    assert {routes.COURIERS, routes.CATALOGUE} <= set(routes.PATHS)
