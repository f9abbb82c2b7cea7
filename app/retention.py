"""The tables that are kept by month, and for how long: the one place that says it.

Older months are detached: the shop no longer sees their rows, which wait in a table of their own to be
archived and dropped.
"""

from app.platform.partitions import Family

ORDERS = Family(tables={"orders": "id", "order_lines": "order_id"}, by="uuid7", keep=24)
POSITIONS = Family(tables={"courier_positions": "recorded_at"}, by="time", keep=3)
FAMILIES = (ORDERS, POSITIONS)
