"""A transaction of the shop as a script for pgbench."""

from scripts.bench.pgbench import script, transaction

ORDER = "o-1"
OWNER = "11111111-2222-4333-8444-555555555555"
LOG = """\
2026-11-29 11:20:43.100 UTC [7] LOG:  statement: BEGIN;
2026-11-29 11:20:43.101 UTC [8] LOG:  execute __asyncpg_stmt_1__: SELECT 1
2026-11-29 11:20:43.102 UTC [7] LOG:  execute __asyncpg_stmt_2__:
\t        INSERT INTO orders (id, name, note)
\t        VALUES ($1, $2, $3)
\t
2026-11-29 11:20:43.103 UTC [8] DETAIL:  Parameters: $1 = 'of another process'
2026-11-29 11:20:43.104 UTC [7] DETAIL:  Parameters: $1 = 'o-1', $2 = 'o''hara at 11:20', $3 = NULL
2026-11-29 11:20:43.105 UTC [7] LOG:  execute __asyncpg_stmt_3__: INSERT INTO outbox VALUES ($1, $2)
2026-11-29 11:20:43.106 UTC [7] DETAIL:  Parameters: $1 = '01a22709-30ab-747c-93ea-c0d7f0172a81', $2 = '7'
2026-11-29 11:20:43.106 UTC [7] LOG:  execute __asyncpg_stmt_5__: SELECT $1, $2
2026-11-29 11:20:43.106 UTC [7] DETAIL:  Parameters: $1 = 'OWNER', $2 = 'OWNER'
2026-11-29 11:20:43.107 UTC [7] LOG:  statement: COMMIT;
2026-11-29 11:20:43.108 UTC [7] LOG:  statement: BEGIN;
2026-11-29 11:20:43.109 UTC [7] LOG:  execute __asyncpg_stmt_4__: UPDATE products SET stock = 1
2026-11-29 11:20:43.110 UTC [7] LOG:  statement: COMMIT;
""".replace("OWNER", OWNER)


def test_the_statements_of_an_order_become_a_script_with_new_values_each_time() -> None:
    statements = transaction(LOG, "INSERT INTO orders")

    text = script(statements, "\\set key random(1, 9)", {ORDER: "of(:key)", "7": ":key"})

    assert text.splitlines() == [
        "\\set key random(1, 9)",
        "BEGIN;",
        "INSERT INTO orders (id, name, note) VALUES (of(:key), E'o''hara at 11\\x3A20', NULL);",
        "INSERT INTO outbox VALUES (gen_random_uuid(), :key);",
        f"SELECT E'{OWNER}', E'{OWNER}';",
        "COMMIT;",
    ]


def test_a_log_without_an_order_has_no_transaction_of_one() -> None:
    assert transaction(LOG, "INSERT INTO carts") == []
