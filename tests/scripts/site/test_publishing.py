"""A publication uploads what changed, keeps what open pages need, and has the CDN forget changed pages."""

from __future__ import annotations

import shutil
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from scripts.local import REGION, environment
from scripts.local.aws import running
from scripts.local.runtime.aws_client import Aws
from scripts.site.publishing import GRACE, STOREFRONT, SiteError, invalidate, publish
from scripts.site.release import IMMUTABLE, SHORT_LIVED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PICTURE = "media/products/CER-001.svg"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running() as endpoint:
        yield endpoint


@pytest.fixture
def s3(endpoint: str) -> Any:
    return Aws(endpoint, REGION).client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    """A bucket of the test's own, with a picture that somebody else put there."""
    name = f"site-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key=PICTURE, Body=b"<svg/>")
    return name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The storefront's files, to be changed."""
    return shutil.copytree(STOREFRONT, tmp_path / "storefront")


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


def run(endpoint: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.cli", "site", *arguments]
    variables = environment(endpoint)
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, timeout=60)


def keys(s3: Any, bucket: str) -> set[str]:
    return {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]}


def forgotten(endpoint: str, distribution: str) -> list[list[str]]:
    """Return what the CDN was asked to forget, the newest first."""
    cloudfront = Aws(endpoint, REGION).client("cloudfront")
    made = cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", [])
    batches = [
        cloudfront.get_invalidation(DistributionId=distribution, Id=one["Id"])["Invalidation"] for one in made
    ]
    return [batch["InvalidationBatch"]["Paths"]["Items"] for batch in batches]


def test_assets_are_kept_for_good_and_pages_for_a_minute(s3: Any, bucket: str) -> None:
    published = publish(s3, bucket)

    assert keys(s3, bucket) == {*published.files, "releases.json", PICTURE}
    index = s3.head_object(Bucket=bucket, Key="index.html")
    assert (index["ContentType"], index["CacheControl"]) == ("text/html", SHORT_LIVED)
    [style] = [key for key in published.files if key.endswith(".css")]
    asset = s3.head_object(Bucket=bucket, Key=style)
    assert (asset["ContentType"], asset["CacheControl"]) == ("text/css", IMMUTABLE)


def test_what_the_bucket_has_is_not_uploaded_again(s3: Any, bucket: str, folder: Path) -> None:
    publish(s3, bucket, folder)

    again = publish(s3, bucket, folder)
    (folder / "404.html").write_text("<p>Nothing here</p>")
    changed = publish(s3, bucket, folder)

    assert (again.uploaded, again.stale_paths) == ((), ())
    assert (changed.uploaded, changed.stale_paths) == (("404.html",), ("/404.html",))


def test_a_changed_page_at_the_root_is_stale_at_both_of_its_paths(s3: Any, bucket: str, folder: Path) -> None:
    publish(s3, bucket, folder)
    (folder / "index.html").write_text("<p>New</p>")

    assert publish(s3, bucket, folder).stale_paths == ("/", "/index.html")


def test_assets_that_were_replaced_stay_while_pages_may_be_open_that_need_them(
    s3: Any, bucket: str, folder: Path
) -> None:
    style = folder / "assets" / "shop.css"
    first = publish(s3, bucket, folder, NOON)
    style.write_text("body { color: red }")
    second = publish(s3, bucket, folder, NOON + timedelta(days=30))
    style.write_text("body { color: blue }")
    third = publish(s3, bucket, folder, NOON + timedelta(days=30) + GRACE / 2)
    fourth = publish(s3, bucket, folder, NOON + timedelta(days=30) + GRACE * 1.2)
    fifth = publish(s3, bucket, folder, NOON + timedelta(days=30) + GRACE * 2)

    old, newer = (
        {key for key in one.files if key.endswith(".css")} - set(other.files)
        for one, other in ((first, second), (second, third))
    )
    assert (second.removed, third.removed) == ((), ())
    assert set(fourth.removed) == old
    assert set(fifth.removed) == newer
    assert keys(s3, bucket) == {*third.files, "releases.json", PICTURE}


def test_the_command_has_the_cdn_forget_the_pages_that_changed_and_nothing_where_none_did(
    endpoint: str, bucket: str, distribution: str
) -> None:
    before = forgotten(endpoint, distribution)
    command = ("publish", "--bucket", bucket, "--distribution", distribution)

    first, second = run(endpoint, *command), run(endpoint, *command)

    assert first.returncode == 0, first.stderr
    assert "0 uploaded" in second.stdout
    made = forgotten(endpoint, distribution)
    assert len(made) == len(before) + 1
    assert sorted(made[0]) == ["/", "/404.html", "/index.html"]


def test_a_bucket_that_does_not_exist_is_named(endpoint: str) -> None:
    result = run(endpoint, "publish", "--bucket", "moon")

    assert result.returncode == 1
    assert "cannot publish to bucket 'moon'" in result.stderr
    assert "Traceback" not in result.stderr


def test_paths_are_forgotten_by_the_cdn(endpoint: str, distribution: str) -> None:
    result = run(endpoint, "invalidate", "/index.html", "/media/*", "--distribution", distribution)

    assert result.returncode == 0, result.stderr
    assert ["/index.html", "/media/*"] in forgotten(endpoint, distribution)


def test_a_distribution_that_does_not_exist_is_named(endpoint: str) -> None:
    result = run(endpoint, "invalidate", "/index.html", "--distribution", "EMOON")

    assert result.returncode == 1
    assert "cannot invalidate in distribution 'EMOON'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("path", ["index.html", "/a*/b"])
def test_what_cloudfront_would_not_take_is_refused_before_it_is_asked(path: str) -> None:
    with pytest.raises(SiteError, match="is no path of the site"):
        invalidate(None, "E1", [path])
