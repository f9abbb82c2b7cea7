"""`blueprint image`: the newest Amazon Linux 2023 image, and the line that pins it in a stack's file."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from scripts.errors import UserError
from scripts.stack_file import StackFile

ROOT = Path(__file__).resolve().parent.parent
PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
"""AWS's public parameter of an architecture; anybody with credentials may read it."""

Architecture = Literal["arm64", "x86_64"]


class ImageError(UserError):
    """The newest image cannot be looked up."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image of a region."""

    id: str
    region: str
    architecture: str


def image_command(
    region: Annotated[
        str | None,
        typer.Option(
            help="Its AWS region; another than the stack's is its second one. "
            "[default: the stack's, or your AWS environment's]"
        ),
    ] = None,
    architecture: Annotated[
        Architecture | None, typer.Option(help="CPU of the instances. [default: the stack's, or arm64]")
    ] = None,
    write: Annotated[
        str | None,
        typer.Option(metavar="STACK", help="Pin it in Pulumi.STACK.yaml, and keep the rest as it is."),
    ] = None,
) -> None:
    """Look the newest Amazon Linux 2023 image up, and print the line that pins it. Needs AWS credentials."""
    stack = StackFile.read(ROOT, write) if write else None
    image = newest_image(
        region or (stack and stack.region) or None,
        architecture or (stack and stack.settings.get("architecture")) or "arm64",
    )
    section = _section(elsewhere=stack is not None and image.region != stack.region)
    console = Console(highlight=False)
    if stack is None:
        project = StackFile.project(ROOT)
        console.print(
            f"[dim]# Amazon Linux 2023 for {image.architecture} in {image.region}; in the stack's file:[/]"
        )
        console.print(f"  {project}:{section}:\n    ami: {image.id}", soft_wrap=True)
        return
    before = stack.settings.get(section, {}).get("ami")
    if before == image.id:
        console.print(f"{stack.path.name} pins the newest image already: {image.id}")
        return
    stack.with_value(section, "ami", image.id).write()
    console.print(f"{stack.path.name} pins {image.id} now; before it was {before or 'not pinned'}.")


def newest_image(region: str | None, architecture: str) -> Image:
    """The newest image of an architecture in a region (None: that of the AWS environment).

    Raises:
        ImageError: there is no region, no credentials, no such image, or no answer.
    """
    import boto3  # noqa: PLC0415 - every other command starts without its 0.3 s
    from botocore.exceptions import (  # noqa: PLC0415
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
    )

    try:
        client: Any = boto3.Session().client("ssm", region_name=region)
        answer = client.get_parameter(Name=f"{PARAMETER}{architecture}")
    except NoRegionError:
        raise ImageError("no region: name one with --region, or set AWS_REGION.") from None
    except NoCredentialsError:
        raise ImageError(
            "no AWS credentials: the look-up asks AWS, which answers nobody unknown. Log in with "
            "`aws sso login`, or set AWS_PROFILE."
        ) from None
    except ClientError as error:
        raise _refused(error, client.meta.region_name, architecture) from None
    except BotoCoreError as error:
        raise ImageError(f"AWS does not answer: {error}. Check the region and your network.") from None
    return Image(id=answer["Parameter"]["Value"], region=client.meta.region_name, architecture=architecture)


def _refused(error: Any, region: str, architecture: str) -> ImageError:
    """What AWS's refusal means; `error` is botocore's ClientError."""
    code = error.response["Error"]["Code"]
    if code == "ParameterNotFound":
        return ImageError(
            f"{region} has no Amazon Linux 2023 image for {architecture}: check --region and --architecture."
        )
    profile = f" of profile {name}" if (name := os.environ.get("AWS_PROFILE")) else ""
    return ImageError(f"AWS refuses the look-up in {region}: {error}. Check the credentials{profile}.")


def _section(*, elsewhere: bool) -> str:
    """The section of the settings that pins an image: of the stack's region, or of its second one."""
    from infra.settings import Settings  # noqa: PLC0415 - imports Pulumi

    fields = Settings.model_fields.items()
    own, second = (it for it, field in fields if "ami" in getattr(field.annotation, "model_fields", {}))
    return second if elsewhere else own
