"""`blueprint media`: upload pictures and films."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from scripts.local.people import PASSWORD
from scripts.local.status import read_status
from scripts.media.errors import MediaError
from scripts.options import LOCAL_STACK, State
from scripts.stack_file import StackFile

ROOT = Path(__file__).resolve().parents[2]

app = typer.Typer(help="Pictures and films of a shop.", no_args_is_help=True)


@app.callback()
def media() -> None:
    """Pictures and films of a shop."""


@app.command("upload")
def upload_command(  # noqa: PLR0913 - each an option
    file: Annotated[Path, typer.Argument(help="The picture or film.")],
    *,
    private: Annotated[bool, typer.Option("--private", help="Shown at signed addresses alone.")] = False,
    email: Annotated[str, typer.Option(help="An administrator's address.")] = "admin@example.com",
    password: Annotated[
        str | None,
        typer.Option(envvar="BLUEPRINT_PASSWORD", help="Better in the variable: a shell remembers."),
    ] = None,
    site: Annotated[str | None, typer.Option(help="The shop's address; by default the local one's.")] = None,
    state: State = LOCAL_STACK,
) -> None:
    """Upload a picture or film; a film in parts: the same command again goes on where it was interrupted."""
    from scripts.media.file import MediaFile  # noqa: PLC0415 - pydantic takes its time to import
    from scripts.media.shop import Shop  # noqa: PLC0415
    from scripts.media.upload import outcomes, upload  # noqa: PLC0415

    chosen = MediaFile.of(file, is_private=private)
    if password is None:
        password = PASSWORD if site is None else typer.prompt("password", hide_input=True)
    with Shop.signed_in(site or _local_site(state), email, password) as shop:
        try:
            with _bar() as bar:
                task = bar.add_task(file.name, total=chosen.size)
                media_id = upload(shop, chosen, lambda stored: bar.update(task, completed=stored))
            for found in outcomes(shop, media_id):
                typer.echo(_told(found))
        except KeyboardInterrupt:
            raise MediaError("interrupted: give the same command to go on; what is stored stays.") from None


@app.command("key")
def key_command(
    stack: Annotated[str, typer.Argument(help="The stack that it is for: the S of Pulumi.S.yaml.")],
) -> None:
    """Make a key for private media: its private part in Secrets Manager, and the setting that names it."""
    import boto3  # noqa: PLC0415 - every other command starts without its 0.3 s
    import yaml  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from scripts.media.key import make_key  # noqa: PLC0415

    file = StackFile.read(ROOT, stack)
    name = f"{file.namespace}-{stack}-media-key-{int(time.time())}"
    try:
        key = make_key(boto3.client("secretsmanager", region_name=file.region), name)
    except (BotoCoreError, ClientError) as error:
        raise MediaError(f"the secret cannot be made: {error}. Check your credentials.") from error
    typer.echo(
        f"# In {file.path.name}; keys that are there already go below, until what they signed expired:"
    )
    typer.echo(yaml.safe_dump({f"{file.namespace}:cdn": {"media_keys": [key]}}, sort_keys=False), nl=False)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns)


def _told(found: dict[str, Any]) -> str:
    lines = [f"{found['id']} {found['state']}"]
    for name in ("renditions", "captions"):
        if (work := found[name]) is not None:
            lines.append(f"  {name}: {work['state']}{' - ' + work['reason'] if work['reason'] else ''}")
            lines += [f"    {file['url']} ({file['size']} bytes)" for file in work["files"]]
    return "\n".join(lines)


def _local_site(state: Path) -> str:
    found = read_status(state)["addresses"].get("site")
    if found is None:
        raise MediaError("no local stack runs: start one with blueprint local up, or say --site and --email.")
    return str(found)
