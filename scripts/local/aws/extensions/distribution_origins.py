"""CloudFront: an S3 origin reads back as one, with its origin access control.

Needed for moto 5.2.5, which forgets `OriginAccessControlId` and the `S3OriginConfig` of an origin: nobody
could tell an S3 origin from a custom one.
"""

from typing import Any

from moto.cloudfront.models import Origin

_create = Origin.__init__


def install() -> None:
    """Keep what moto drops."""
    Origin.__init__ = _create_whole  # type: ignore[method-assign]


def _create_whole(self: Origin, origin: dict[str, Any]) -> None:
    _create(self, origin)
    self.origin_access_control_id = origin.get("OriginAccessControlId") or ""  # type: ignore[attr-defined]
    if "S3OriginConfig" in origin:
        self.s3_origin_config = origin["S3OriginConfig"]  # type: ignore[attr-defined]
