"""Fences of tables that come after the first sharded ones (revision 0002)."""

from alembic import op


def add(table: str, writes: str) -> None:
    """Give a table a fence against these writes: on or off, as the others of the database are.

    They are off where there is one database.
    """
    op.execute(f"""
        CREATE TRIGGER shard_fence AFTER {writes} ON {table}
        FOR EACH ROW EXECUTE FUNCTION shard_fence()
    """)
    op.execute(f"""
        DO $$ BEGIN
            IF EXISTS (
                SELECT FROM pg_trigger
                WHERE tgname = 'shard_fence' AND tgrelid = 'orders'::regclass AND tgenabled = 'D'
            ) THEN
                ALTER TABLE {table} DISABLE TRIGGER shard_fence;
            END IF;
        END $$
    """)
