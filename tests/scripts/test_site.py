"""The storefront is published as browsers need it, and the CDN forgets what it is told to."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scripts.local import REGION, environment
from scripts.local.aws import running
from scripts.local.runtime.aws_client import Aws
from scripts.site import STOREFRONT, SiteError, invalidate

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running() as endpoint:
        yield endpoint


def run(endpoint: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.cli", "site", *arguments]
    variables = environment(endpoint)
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, timeout=60)


def publish(endpoint: str, bucket: str) -> subprocess.CompletedProcess[str]:
    return run(endpoint, "publish", "--bucket", bucket)


@pytest.fixture(scope="module")
def distribution(endpoint: str) -> str:
    ports = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    origin = {"Id": "site", "DomainName": "site.example.com", "CustomOriginConfig": ports}
    config = {
        "CallerReference": "one",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all"},
        "Comment": "",
        "Enabled": True,
    }
    answer = Aws(endpoint, REGION).client("cloudfront").create_distribution(DistributionConfig=config)
    identifier: str = answer["Distribution"]["Id"]
    return identifier


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


def test_paths_are_forgotten_by_the_cdn(endpoint: str, distribution: str) -> None:
    result = run(endpoint, "invalidate", "/index.html", "/media/*", "--distribution", distribution)

    assert result.returncode == 0, result.stderr
    cloudfront = Aws(endpoint, REGION).client("cloudfront")
    [made] = cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"]["Items"]
    assert made["Id"] in result.stdout
    batch = cloudfront.get_invalidation(DistributionId=distribution, Id=made["Id"])["Invalidation"]
    assert batch["InvalidationBatch"]["Paths"]["Items"] == ["/index.html", "/media/*"]


def test_a_distribution_that_does_not_exist_is_named(endpoint: str) -> None:
    result = run(endpoint, "invalidate", "/index.html", "--distribution", "EMOON")

    assert result.returncode == 1
    assert "cannot invalidate in distribution 'EMOON'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("path", ["index.html", "/a*/b"])
def test_what_cloudfront_would_not_take_is_refused_before_it_is_asked(path: str) -> None:
    with pytest.raises(SiteError, match="is no path of the site"):
        invalidate(None, "E1", [path])
