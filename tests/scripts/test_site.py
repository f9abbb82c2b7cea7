"""The storefront is published as browsers need it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scripts.local import REGION, environment
from scripts.local.aws import running
from scripts.local.runtime.aws_client import Aws
from scripts.site import STOREFRONT

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running() as endpoint:
        yield endpoint


def publish(endpoint: str, bucket: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.cli", "site", "publish", "--bucket", bucket]
    variables = environment(endpoint)
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, timeout=60)


def test_every_file_is_published_with_its_content_type(endpoint: str) -> None:
    s3 = Aws(endpoint, REGION).client("s3")
    s3.create_bucket(Bucket="site")

    result = publish(endpoint, "site")

    keys = {entry["Key"] for entry in s3.list_objects_v2(Bucket="site")["Contents"]}
    assert result.returncode == 0, result.stderr
    assert keys == {str(path.relative_to(STOREFRONT)) for path in STOREFRONT.rglob("*") if path.is_file()}
    assert s3.head_object(Bucket="site", Key="index.html")["ContentType"] == "text/html"
    assert s3.head_object(Bucket="site", Key="index.html")["CacheControl"] == "public, max-age=60"


def test_a_bucket_that_does_not_exist_is_named(endpoint: str) -> None:
    result = publish(endpoint, "moon")

    assert result.returncode == 1
    assert "cannot publish to bucket 'moon'" in result.stderr
    assert "Traceback" not in result.stderr
