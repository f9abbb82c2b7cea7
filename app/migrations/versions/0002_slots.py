"""Slots: what is sharded bears its slot, and a table says which slots this database owns.

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-29
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Table -> the writes that only a slot's owner may make. An event in the outbox is marked as published
# wherever it is; should it move meanwhile, it is published once more.
FENCED = {
    "orders": "INSERT OR UPDATE OR DELETE",
    "order_lines": "INSERT OR UPDATE OR DELETE",
    "outbox": "INSERT",
}


def upgrade() -> None:
    """Add the slots, and fences that are switched off where there is one database."""
    create_slots()
    create_columns()
    create_fences()


def downgrade() -> None:
    """Take them away. Sharded data must be back in one database before."""
    for table in FENCED:
        op.execute(f"DROP TRIGGER shard_fence ON {table}")
    op.execute("DROP FUNCTION shard_fence()")
    for table in ("outbox", "order_lines", "orders"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN slot")
    op.execute("DROP FUNCTION slot_of_id(uuid)")
    op.execute("DROP TABLE shard_slots")


def create_slots() -> None:
    """Who owns a slot, as far as this database knows; `app.platform.ownership` has the meaning of states."""
    op.execute("""
        CREATE TABLE shard_slots (
            slot smallint PRIMARY KEY CHECK (slot BETWEEN 0 AND 4095),
            state text NOT NULL CHECK (state IN ('owned', 'incoming', 'moved', 'cleared')),
            epoch bigint NOT NULL,
            moved_to smallint,
            CHECK ((moved_to IS NOT NULL) = (state IN ('moved', 'cleared')))
        )
    """)


def create_columns() -> None:
    """An order's slot is what its id says: the 12 bits after the version of a version 7 UUID."""
    op.execute("""
        CREATE FUNCTION slot_of_id(id uuid) RETURNS smallint
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN ((get_byte(uuid_send(id), 6) & 15) << 8 | get_byte(uuid_send(id), 7))::smallint
    """)
    op.execute("""
        ALTER TABLE orders
        ADD COLUMN slot smallint NOT NULL GENERATED ALWAYS AS (slot_of_id(id)) STORED
    """)
    op.execute("""
        ALTER TABLE order_lines
        ADD COLUMN slot smallint NOT NULL GENERATED ALWAYS AS (slot_of_id(order_id)) STORED
    """)
    op.execute("ALTER TABLE outbox ADD COLUMN slot smallint")
    op.execute("CREATE INDEX orders_slot ON orders (slot)")
    op.execute("CREATE INDEX outbox_slot ON outbox (slot) WHERE slot IS NOT NULL")


def create_fences() -> None:
    """A trigger that refuses rows of slots which this database does not own.

    It locks the slot's row until the writer's transaction ends; whoever moves the slot locks it the other
    way. The mover says which epoch it writes for, and is let in by that.
    """
    op.execute("""
        CREATE FUNCTION shard_fence() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            touched CONSTANT smallint := coalesce(NEW.slot, OLD.slot);
            found shard_slots;
        BEGIN
            IF touched IS NULL THEN
                RETURN NULL;
            END IF;
            SELECT * INTO found FROM shard_slots WHERE slot = touched FOR SHARE;
            IF found.state = 'owned' OR found.epoch::text = current_setting('shards.epoch', true) THEN
                RETURN NULL;
            END IF;
            RAISE EXCEPTION 'slot % is not on this shard', touched USING
                ERRCODE = 'SLOT1',
                DETAIL = json_build_object(
                    'slot', touched,
                    'state', found.state,
                    'epoch', found.epoch,
                    'moved_to', found.moved_to
                )::text;
        END
        $$
    """)
    for table, writes in FENCED.items():
        op.execute(f"""
            CREATE TRIGGER shard_fence AFTER {writes} ON {table}
            FOR EACH ROW EXECUTE FUNCTION shard_fence()
        """)
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER shard_fence")
