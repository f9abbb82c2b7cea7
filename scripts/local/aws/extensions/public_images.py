"""EC2: the images that public parameters name exist.

Needed because our moto goes without its thousand built-in images, which would crowd every inventory: an image
is described to who asks for it by its id, and is on no list.
"""

from typing import Any

from moto.ec2.models.amis import Ami, AmiBackend
from moto.ssm.models import ssm_backends

_describe = AmiBackend.describe_images

PARAMETERS = "/aws/service/ami-amazon-linux-latest"
OWNER = "137112412989"
"""Amazon's account."""


def install() -> None:
    """Describe public images."""
    AmiBackend.describe_images = _describe_with_public  # type: ignore[method-assign]


def _describe_with_public(
    self: AmiBackend, ami_ids: list[str] | None = None, *args: Any, **named: Any
) -> list[Ami]:
    names = _names(self) if ami_ids else {}
    public = [_public(self, names[id_], id_) for id_ in ami_ids or () if id_ in names]
    others = [id_ for id_ in ami_ids or () if id_ not in names]
    return [*public, *(_describe(self, others, *args, **named) if others or not public else ())]


def _names(backend: Any) -> dict[str, str]:
    """The parameters that name images, by the images' ids."""
    parameters = ssm_backends[backend.account_id][backend.region_name]._parameters
    parameters._check_loading_status(PARAMETERS)
    return {parameters[key][-1].value: key for key in list(parameters) if key.startswith(PARAMETERS)}


def _public(backend: Any, parameter: str, id_: str) -> Ami:
    """The image; what moto makes beside it goes again."""
    name = parameter.rpartition("/")[2]
    image = Ami(
        backend,
        id_,
        name=name,
        owner_id=OWNER,
        owner_alias="amazon",
        public=True,
        virtualization_type="hvm",
        architecture="arm64" if name.endswith("arm64") else "x86_64",
        root_device_type="ebs",
        root_device_name="/dev/xvda",
    )
    del backend.snapshots[image.ebs_snapshot.id]
    return image
