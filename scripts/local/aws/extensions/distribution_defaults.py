"""CloudFront: a distribution does not read back what nobody wrote.

Needed for moto 5.2.5, which adds forwarded values to behaviours that have a cache policy, and a way to
negotiate TLS to CloudFront's own certificate.
"""

from typing import Any

from moto.cloudfront.models import DefaultCacheBehaviour, ViewerCertificate

_create_behaviour = DefaultCacheBehaviour.__init__
_create_certificate = ViewerCertificate.__init__


def install() -> None:
    """Leave out what is not given."""
    DefaultCacheBehaviour.__init__ = _create_plain_behaviour  # type: ignore[method-assign]
    ViewerCertificate.__init__ = _create_plain_certificate  # type: ignore[method-assign]


def _create_plain_behaviour(self: DefaultCacheBehaviour, config: dict[str, Any]) -> None:
    _create_behaviour(self, config)
    if self.cache_policy_id:
        self.forwarded_values = None  # type: ignore[assignment]


def _create_plain_certificate(self: ViewerCertificate, config: dict[str, Any]) -> None:
    _create_certificate(self, config)
    self.ssl_support_method = config.get("SSLSupportMethod")
