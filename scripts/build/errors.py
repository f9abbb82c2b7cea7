"""What can stop a build."""

from scripts.errors import UserError


class BuildError(UserError):
    """An artifact cannot be built: names the artifact or package, the platform and the remedy."""
