"""The `blueprint` command: what an operator, a learner or a script runs."""

import sys

import typer
from rich.console import Console

from scripts.bench.cli import bench_command
from scripts.build.cli import build_command
from scripts.db.cli import app as db_app
from scripts.drill.cli import app as drill_app
from scripts.errors import UserError
from scripts.events.cli import app as events_app
from scripts.image import image_command
from scripts.local.cli import app as local_app
from scripts.lock import lock_command
from scripts.media.cli import app as media_app
from scripts.preview.cli import preview_command
from scripts.queues.cli import app as queues_app
from scripts.rename.cli import rename_command
from scripts.scan.cli import scan_command
from scripts.simulate.cli import app as simulate_app
from scripts.site.cli import app as site_app
from scripts.terraform.cli import app as terraform_app
from scripts.verify.cli import verify_command

app = typer.Typer(
    name="blueprint",
    help="Build, run, measure and operate the blueprint. Start with: blueprint local up",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(local_app, name="local")
app.add_typer(db_app, name="db")
app.add_typer(queues_app, name="queues")
app.add_typer(events_app, name="events")
app.add_typer(drill_app, name="drill")
app.add_typer(site_app, name="site")
app.add_typer(media_app, name="media")
app.add_typer(simulate_app, name="simulate")
app.add_typer(terraform_app, name="terraform")
app.command("build")(build_command)
app.command("preview")(preview_command)
app.command("image")(image_command)
app.command("rename")(rename_command)
app.command("bench")(bench_command)
app.command("scan")(scan_command)
app.command("lock")(lock_command)
app.command("verify")(verify_command)


def main() -> None:
    """Run the command line; print what a user can mend as one message without a traceback; exit with 1."""
    try:
        app()
    except UserError as error:
        Console(stderr=True, highlight=False).print(f"[bold red]error:[/] {_escaped(error)}", soft_wrap=True)
        sys.exit(1)


def _escaped(error: UserError) -> str:
    """Return the message with the markup of Rich switched off: a message may quote anything."""
    return str(error).replace("[", r"\[")


if __name__ == "__main__":
    main()
