"""What the consumers of uploaded media have in common; each names this package in its `bundle.toml`."""

from lambdas.media.bucket import Bucket, Published
from lambdas.media.upload import Upload

__all__ = ["Bucket", "Published", "Upload"]
