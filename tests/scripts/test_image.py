"""The newest image is looked up, printed and pinned."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from infra.settings import Settings
from scripts import image
from scripts.image import ImageError, image_command, newest_image
from scripts.local import environment
from scripts.local.aws import running

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running() as endpoint:
        yield endpoint


@pytest.fixture
def aws(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody who is logged in at the local AWS."""
    for name, value in environment(endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project's and the stacks' files, which the command edits."""
    for path in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(image, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("aws")
def test_every_architecture_has_an_image_of_its_own() -> None:
    arm, intel = newest_image("us-east-1", "arm64"), newest_image("us-east-1", "x86_64")
    assert re.fullmatch(r"ami-[0-9a-f]{8,17}", arm.id)
    assert arm.id != intel.id


@pytest.mark.usefixtures("aws")
def test_the_region_is_the_environments_unless_one_is_named() -> None:
    assert newest_image(None, "arm64").region == "us-east-1"
    assert newest_image("eu-west-1", "arm64").region == "eu-west-1"


@pytest.mark.usefixtures("aws", "project")
def test_the_line_that_pins_it_is_a_setting(capsys: pytest.CaptureFixture[str]) -> None:
    image_command(region="us-east-1", architecture="arm64")
    printed = yaml.safe_load(capsys.readouterr().out)
    [(key, value)] = printed.items()
    section = Settings.model_fields[key.rpartition(":")[2]]
    assert value.keys() <= section.annotation.model_fields.keys()  # type: ignore[union-attr] # a section


@pytest.mark.usefixtures("aws")
def test_a_stack_is_pinned_and_keeps_its_comments(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (project / "Pulumi.dev.yaml").read_text()

    image_command(write="dev")

    after = (project / "Pulumi.dev.yaml").read_text()
    assert f"ami: {newest_image('us-east-1', 'arm64').id}" in after
    assert set(before.splitlines()) <= set(after.splitlines())
    assert "not pinned" in capsys.readouterr().out
    image_command(write="dev")
    assert "pins the newest image already" in capsys.readouterr().out


@pytest.mark.usefixtures("aws")
def test_the_image_of_another_region_is_pinned_for_the_second_one(project: Path) -> None:
    image_command(write="prod", region="eu-west-1")

    config = yaml.safe_load((project / "Pulumi.prod.yaml").read_text())["config"]
    pinned = {key.rpartition(":")[2]: value["ami"] for key, value in config.items() if "ami" in str(value)}
    assert pinned == {"second_region": newest_image("eu-west-1", "arm64").id}


def test_without_credentials_one_is_told_to_log_in(
    endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(ImageError, match=r"no AWS credentials: .* Log in with `aws sso login`"):
        newest_image("us-east-1", "arm64")


def test_without_a_region_one_is_told_how_to_name_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(ImageError, match="no region: name one with --region"):
        newest_image(None, "arm64")


@pytest.mark.usefixtures("aws")
def test_an_image_that_a_region_does_not_have_is_named() -> None:
    with pytest.raises(ImageError, match="us-east-1 has no Amazon Linux 2023 image for riscv64"):
        newest_image("us-east-1", "riscv64")


def test_no_answer_is_one_message(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(ImageError, match="AWS does not answer"):
        newest_image("us-east-1", "arm64")
