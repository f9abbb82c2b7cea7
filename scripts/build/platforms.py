"""The platforms that artifacts are built for."""

import sys
import sysconfig
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Where an artifact runs.

    `python` is the minor version of its interpreter. `wheels` is the newest wheel tag that it accepts, as uv
    spells it; without one, this very interpreter decides.
    """

    name: str
    python: str
    wheels: str | None = None

    @property
    def identity(self) -> str:
        """Tells two platforms apart for which different wheels may be chosen."""
        return f"{self.name} {self.python} {self.wheels or sysconfig.get_platform()}"


# Amazon Linux 2023, of instances and of Lambda's python3.13 alike, has glibc 2.34.
PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform(name="local", python=f"{sys.version_info.major}.{sys.version_info.minor}"),
        Platform(name="arm64", python="3.13", wheels="aarch64-manylinux_2_34"),
        Platform(name="x86_64", python="3.13", wheels="x86_64-manylinux_2_34"),
    )
}
