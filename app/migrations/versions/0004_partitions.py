"""Partitions: orders with their lines, and couriers' positions, by month.

Rows are copied while the tables are locked, which is quick in a shop as small as this. A table of many
gigabytes would rather become the first partition as it is.

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-29
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

from alembic import op
from sqlalchemy import text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Table -> its primary key; those that others refer to come first.
TABLES = {
    "orders": "id",
    "order_lines": "order_id, line_no",
    "courier_positions": "courier_id, recorded_at",
}
FENCED = ("orders", "order_lines")
AHEAD, BEHIND = 3, 24  # months from this one; rows that are older share a partition


def upgrade() -> None:
    """Partition by the time in a row's key: ids of orders begin with it, so the id alone stays the key."""
    orders = months_from("SELECT min(created_at) FROM orders")
    positions = months_from("SELECT min(recorded_at) FROM courier_positions")
    fences = states_of_fences()
    for table, column in (("orders", "id"), ("order_lines", "order_id")):
        replace(table, f"PARTITION BY RANGE ({column})")
        create_partitions(table, {month: first_id(month) for month in orders})
    replace("courier_positions", "PARTITION BY RANGE (recorded_at)")
    create_partitions("courier_positions", {month: month.isoformat() for month in positions})
    fill(fences)
    for name in ("past", "future", *(f"{month:%Y_%m}" for month in orders[:-1])):
        op.execute(f"""
            ALTER TABLE order_lines_{name}
            ADD FOREIGN KEY (order_id) REFERENCES orders_{name} ON DELETE CASCADE
        """)


def downgrade() -> None:
    """Bring the rows of all partitions together. Those that were detached stay tables of their own."""
    fences = states_of_fences()
    for table in TABLES:
        replace(table, "")
    fill(fences)
    op.execute("ALTER TABLE order_lines ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE CASCADE")


def months_from(oldest: str) -> list[datetime]:
    """Return the starts of months: from that of the oldest row to the one after the last that is created."""
    now = datetime.now(UTC)
    first = max(op.get_bind().execute(text(oldest)).scalar() or now, moved(now, -BEHIND))
    months = [moved(first, 0)]
    while months[-1] <= moved(now, AHEAD):
        months.append(moved(months[-1], 1))
    return months


def moved(time: datetime, months: int) -> datetime:
    """Return the start of the month that is so many after the time's."""
    year, month = divmod(time.year * 12 + time.month - 1 + months, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def first_id(time: datetime) -> str:
    """Return what ids of version 7 from that time on are not less than."""
    return str(UUID(int=int(time.timestamp() * 1000) << 80))


def states_of_fences() -> dict[str, str]:
    """Return of each fenced table whether its fence is on ("O") or off ("D")."""
    rows = op.get_bind().execute(
        text("SELECT tgrelid::regclass::text, tgenabled::text FROM pg_trigger WHERE tgname = 'shard_fence'")
    )
    return {table: state for table, state in rows if table in FENCED}


def replace(table: str, shape: str) -> None:
    """Put an empty table of another shape in the table's place, which keeps its rows under another name."""
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_old")
    op.execute(f"CREATE TABLE {table} (LIKE {table}_old INCLUDING CONSTRAINTS INCLUDING GENERATED) {shape}")


def create_partitions(table: str, bounds: Mapping[datetime, str]) -> None:
    """Create a partition for each month, and one at each end, so that there is a place for every row."""
    starts = list(bounds)
    create_partition(table, "past", "MINVALUE", f"'{bounds[starts[0]]}'")
    for month, following in pairwise(starts):
        create_partition(table, f"{month:%Y_%m}", f"'{bounds[month]}'", f"'{bounds[following]}'")
    create_partition(table, "future", f"'{bounds[starts[-1]]}'", "MAXVALUE")


def create_partition(table: str, name: str, start: str, end: str) -> None:
    """Create one partition."""
    op.execute(f"CREATE TABLE {table}_{name} PARTITION OF {table} FOR VALUES FROM ({start}) TO ({end})")


def fill(fences: Mapping[str, str]) -> None:
    """Move the rows over, drop the old tables, and add keys, index and fences."""
    for table in TABLES:
        names = written_columns(table)
        op.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {table}_old")  # noqa: S608 - names of ours
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}_old")
    for table, key in TABLES.items():
        op.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({key})")
    op.execute("CREATE INDEX orders_slot ON orders (slot)")
    for table in FENCED:
        op.execute(f"""
            CREATE TRIGGER shard_fence AFTER INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION shard_fence()
        """)
        if fences[table] == "D":
            op.execute(f"ALTER TABLE {table} DISABLE TRIGGER shard_fence")


def written_columns(table: str) -> str:
    """Return the columns that are not computed."""
    names = """
        SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = CAST(:name AS regclass) AND attnum > 0 AND attgenerated = ''
    """
    return str(op.get_bind().execute(text(names), {"name": table}).scalar())
