"""`blueprint db`: shards, partitions, replicas and plans."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from scripts.console import console
from scripts.db import tables
from scripts.db.errors import DbError
from scripts.options import LOCAL_STACK, AsJson, State, read_time

if TYPE_CHECKING:
    from scripts.db.instances import Instance, Instances

AFTER_PROMOTION = """\
Next: take it out of DATABASE_READERS: lower database.replicas, and before `pulumi up` have the state forget
it with `pulumi state delete`, or it is deleted. Whoever is to write there is told its address as
DATABASE_WRITER. User and password are those of its source, until a secret of its own says otherwise."""
AFTER_RESTORE = """\
Next: compare, copy back what is missing, or have the shop use it (DATABASE_WRITER). User and password are
those of its source at that time. Pulumi does not know it: delete it yourself when nobody needs it."""

app = typer.Typer(
    help="The shop's databases: those of the local stack, or the one that DATABASE_WRITER leads to.",
    no_args_is_help=True,
)

T = TypeVar("T")


@app.command()
def shards(state: State = LOCAL_STACK, as_json: AsJson = False) -> None:
    """Show the shards: what each owns and holds, and what is being moved."""
    from scripts.db.state import shards_of  # noqa: PLC0415 - the shop takes a second to import

    found = _run(state, shards_of)
    _show([asdict(shard) for shard in found], as_json, lambda: tables.shards(found))


@app.command()
def lag(state: State = LOCAL_STACK, as_json: AsJson = False) -> None:
    """Show how far the replicas are behind."""
    from scripts.db.state import replicas_of  # noqa: PLC0415

    found = _run(state, replicas_of)
    if not found and not as_json:
        typer.echo("There are no replicas: DATABASE_READERS is empty.")
        return
    _show([asdict(replica) for replica in found], as_json, lambda: tables.replicas(found))


@app.command()
def partitions(
    shard: Annotated[int, typer.Option("--shard", help="The number of the shard to look at.")] = 1,
    state: State = LOCAL_STACK,
    as_json: AsJson = False,
) -> None:
    """Show the partitions of orders and positions, month by month."""
    from scripts.db.work import parts  # noqa: PLC0415

    found = _run(state, lambda reach: parts(reach, shard))
    _show([asdict(part) for part in found], as_json, lambda: tables.parts(found))


@app.command()
def maintain(state: State = LOCAL_STACK, as_json: AsJson = False) -> None:
    """Create the months that are near and detach those that are no longer kept, on every shard.

    Every instance of the shop does the same by itself, now and then.
    """
    from scripts.db.work import maintain_all  # noqa: PLC0415

    changes = _run(state, maintain_all)
    rows = [{"shard": shard, **change._asdict()} for shard, found in changes.items() for change in found]
    if not rows and not as_json:
        typer.echo("Nothing to do: the months ahead are there, and none is older than what is kept.")
        return
    _show(rows, as_json, lambda: tables.changes(rows))


@app.command()
def reshard(
    to: Annotated[int, typer.Option("--to", min=1, help="How many shards are to hold the data.")],
    state: State = LOCAL_STACK,
    as_json: AsJson = False,
) -> None:
    """Move slots until shards 1 to N hold what consistent hashing gives them, while the shop runs.

    A key that the directory of shards places by hand goes where that says, with all of its slot.
    Ended early, it goes on where it was when it is started again.
    """
    from scripts.db.work import reshard_to  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("moving slots", total=None)

        def moved(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        result = _run(state, lambda reach: reshard_to(reach, to, moved))
    if as_json:
        typer.echo(json.dumps(asdict(result), indent=2))
        return
    typer.echo(
        f"{result.moved} of {result.slots} slots moved: {result.share:.1%}. An even share of {to} shards is "
        f"{1 / to:.1%}."
        if result.moved
        else "Nothing to do: every slot is where it should be."
    )


@app.command()
def explain(
    name: Annotated[str | None, typer.Argument(help="The query; a list of all when none is given.")] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Do it on a database that is not on this machine.")
    ] = False,
    state: State = LOCAL_STACK,
    as_json: AsJson = False,
) -> None:
    """Show how PostgreSQL answers a query of the shop: with its indexes, and beside it without them.

    The indexes are dropped in a transaction that is rolled back: nobody else can use the tables meanwhile.
    """
    from scripts.db.queries import QUERIES  # noqa: PLC0415
    from scripts.db.work import explained  # noqa: PLC0415

    if name is None:
        typer.echo(json.dumps(list(QUERIES), indent=2) if as_json else "\n".join(QUERIES))
        return
    if name not in QUERIES:
        raise DbError(f"no query is called {name!r}. There are: {', '.join(QUERIES)}.")
    found = _run(state, lambda reach: explained(reach, QUERIES[name], anyway=anyway))
    if as_json:
        typer.echo(json.dumps(tables.comparison_json(found), indent=2))
    else:
        shown = console()
        for part in tables.comparison(name, found):
            shown.print(part)


@app.command("promote-replica")
def promote_replica(
    replica: Annotated[str, typer.Argument(help="The instance of RDS that is to take writes.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    state: State = LOCAL_STACK,
    as_json: AsJson = False,
) -> None:
    """Make a read replica a primary of its own, for good: it follows its source no more."""
    with _instances(state) as instances:
        instances.require_replica(replica)
        if not yes and not typer.confirm(f"Promote {replica}? It never follows its source again.", err=True):
            raise typer.Exit(1)
        found = instances.promote(replica)
    _tell(found, as_json, f"{found.name} takes writes, and follows nobody any more", AFTER_PROMOTION)


@app.command()
def snapshot(
    instance: Annotated[
        str | None, typer.Argument(help="The instance of RDS; the only primary when none is given.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="What the snapshot is called; instance and time if not given."),
    ] = None,
    state: State = LOCAL_STACK,
    as_json: AsJson = False,
) -> None:
    """Take a snapshot of an instance: all that was committed up to now."""
    with _instances(state) as instances:
        found = instances.snapshot(instance, name)
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    typer.echo(
        f"{found.name} has what {found.instance} had at {found.taken_at}.\n"
        f"To have it in a new instance: blueprint db restore NAME --snapshot {found.name}"
    )


@app.command()
def restore(  # noqa: PLR0913, PLR0917 - each is an option
    to: Annotated[str, typer.Argument(help="What the new instance is called.")],
    snapshot: Annotated[
        str | None, typer.Option("--snapshot", help="The snapshot that it is made of.")
    ] = None,
    source: Annotated[str | None, typer.Option("--from", help="Or the instance that it is made of.")] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", help="As that was at this time, such as 2026-03-01T09:30:00Z; the latest if not given."
        ),
    ] = None,
    state: State = LOCAL_STACK,
    as_json: AsJson = False,
) -> None:
    """Make a new instance of a snapshot, or of what an instance had at a time. The old one stays as it is."""
    if (snapshot is None) == (source is None) or (snapshot and at):
        raise DbError("say either --snapshot NAME, or --from INSTANCE, with or without --at TIME.")
    moment = read_time("--at", at, DbError) if at else None
    with _instances(state) as instances:
        if snapshot:
            found = instances.restore_snapshot(snapshot, to)
        else:
            found = instances.restore_to_time(str(source), moment, to)
    _tell(found, as_json, f"{found.name} serves", AFTER_RESTORE)


@contextmanager
def _instances(state: Path) -> "Iterator[Instances]":
    from scripts.db.instances import Instances  # noqa: PLC0415 - boto3 takes a third of a second to import
    from scripts.reach import reached  # noqa: PLC0415

    with reached(state, DbError) as reach:
        yield Instances(reach, state)


def _tell(found: "Instance", as_json: bool, what: str, then: str) -> None:  # noqa: FBT001 - Typer's
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    here = f", which is {found.here} here" if found.here else ""
    typer.echo(f"{what}: {found.address}{here}.\n{then}")


def _run(state: Path, work: Callable[[Any], Awaitable[T]]) -> T:
    """Do the work on the databases.

    Raises:
        DbError: they cannot be reached.
    """
    from app.platform.problems import UnavailableError  # noqa: PLC0415
    from scripts.db.reach import reached  # noqa: PLC0415

    async def whole() -> T:
        async with reached(state) as reach:
            return await work(reach)

    try:
        return asyncio.run(whole())
    except UnavailableError as error:
        reason = error.args[0] if error.args else str(error)
        raise DbError(f"{reason}. See whether it runs, and whether it can be reached from here.") from None


def _show(rows: list[dict[str, Any]], as_json: bool, table: Callable[[], Table]) -> None:  # noqa: FBT001 - Typer's
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
    else:
        console().print(table())
