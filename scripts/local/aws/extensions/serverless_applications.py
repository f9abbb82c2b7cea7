"""EMR Serverless: an application is created before it is started, and reads back whole, with its tags.

Needed for moto 5.2.5, which starts every application at once, so that none can be deleted, knows its type in
capitals only, drops what it does not know (architecture, logs, ...), and has no ListTagsForResource.
"""

from typing import Any
from urllib.parse import unquote

from moto.core.responses import ActionResult
from moto.emrserverless import urls
from moto.emrserverless.exceptions import ResourceNotFoundException
from moto.emrserverless.models import Application, EMRServerlessBackend
from moto.emrserverless.responses import EMRServerlessResponse

DROPPED = {
    "architecture": "X86_64",
    "imageConfiguration": None,
    "interactiveConfiguration": None,
    "monitoringConfiguration": None,
    "runtimeConfiguration": None,
    "schedulerConfiguration": None,
    "workerTypeSpecifications": None,
}
"""What moto forgets, with what AWS answers where nothing was given."""

_create = EMRServerlessResponse.create_application
_make = EMRServerlessBackend.create_application
_get = EMRServerlessResponse.get_application


def install() -> None:
    """Keep what moto drops, and answer for tags."""
    EMRServerlessBackend.create_application = _make_of_any_case  # type: ignore[method-assign, assignment]
    EMRServerlessResponse.create_application = _create_whole  # type: ignore[method-assign]
    EMRServerlessResponse.get_application = _get_whole  # type: ignore[method-assign]
    EMRServerlessResponse.list_tags_for_resource = _list_tags  # type: ignore[attr-defined]
    urls.url_paths["{0}/tags/(?P<resourceArn>.+)$"] = EMRServerlessResponse.dispatch


def _make_of_any_case(self: EMRServerlessBackend, *, application_type: str, **given: Any) -> Application:
    return _make(self, application_type=application_type.upper(), **given)


def _create_whole(self: EMRServerlessResponse) -> ActionResult:
    created = _create(self)
    result: Any = created.result
    application = self.emrserverless_backend.applications[result["applicationId"]]
    application.state = "CREATED"
    given = {name: self._get_param(name, default) for name, default in DROPPED.items()}
    application.more = given  # type: ignore[attr-defined]
    return created


def _get_whole(self: EMRServerlessResponse) -> ActionResult:
    result: Any = _get(self).result
    application = result["application"]
    known = {name: value for name, value in vars(application).items() if name != "more"}
    more = {name: value for name, value in vars(application).get("more", {}).items() if value is not None}
    return ActionResult({"application": {**_camel(known), **more}})


def _camel(values: dict[str, Any]) -> dict[str, Any]:
    """Members as the API spells them; the application's own id is `applicationId` there."""
    spelled = {}
    for name, value in values.items():
        first, *others = ("application_id" if name == "id" else name).split("_")
        spelled[first + "".join(word.title() for word in others)] = value
    return {name: value for name, value in spelled.items() if value is not None and name != "clientToken"}


def _list_tags(self: EMRServerlessResponse) -> ActionResult:
    arn = unquote(self.parsed_url.path.split("/tags/", 1)[1])
    found = [
        application
        for application in self.emrserverless_backend.applications.values()
        if application.arn == arn
    ]
    if not found:
        raise ResourceNotFoundException(arn)
    return ActionResult({"tags": found[0].tags})
