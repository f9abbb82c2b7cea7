"""The catalog's SQL."""

from collections.abc import Sequence

from asyncpg import Record

from app.catalog.schemas import EditedProduct, NewProduct
from app.platform.database import ReadSession, WriteSession
from app.platform.pagination import Cursor

# Characters that no product has, around what a search found.
BEGINS, ENDS = "\x02", "\x03"


async def product(session: ReadSession, product_id: int) -> Record | None:
    """Return one product."""
    return await session.row(
        """
        SELECT id, sku, name, description, category, price_minor, currency, image_path, stock, created_at,
            version
        FROM products WHERE id = $1
        """,
        product_id,
    )


async def page(session: ReadSession, category: str | None, after_id: int, limit: int) -> Sequence[Record]:
    """Return products by id, at most `limit`, of one category or of all. Their rank is 0."""
    if category is None:
        return await session.rows(
            """
            SELECT id, name, category, price_minor, currency, image_path, stock, 0::real AS rank
            FROM products WHERE id > $1
            ORDER BY id LIMIT $2
            """,
            after_id,
            limit,
        )
    return await session.rows(
        """
        SELECT id, name, category, price_minor, currency, image_path, stock, 0::real AS rank
        FROM products WHERE category = $1 AND id > $2
        ORDER BY id LIMIT $3
        """,
        category,
        after_id,
        limit,
    )


async def search(
    session: ReadSession, query: str, category: str | None, after: Cursor | None, limit: int
) -> Sequence[Record]:
    """Return products that match a `tsquery`, at most `limit`, the best first, of one category or of all.

    `headline` is the piece of name and description with the matches, each between `BEGINS` and `ENDS`; it is
    made of the rows of the page only, as it takes longer than finding them.
    """
    return await session.rows(
        """
        SELECT id, name, category, price_minor, currency, image_path, stock, rank,
            ts_headline('english', name || ' · ' || description, query, $6) AS headline
        FROM (
            SELECT * FROM (
                SELECT *, ts_rank(search, query) AS rank
                FROM products, to_tsquery('english', $1) AS query
                WHERE search @@ query AND ($2::text IS NULL OR category = $2)
            ) AS found
            WHERE rank < $3::real OR (rank = $3::real AND id > $4)
            ORDER BY rank DESC, id LIMIT $5
        ) AS page
        ORDER BY rank DESC, id
        """,
        query,
        category,
        after.rank if after else float("inf"),
        after.id if after else 0,
        limit,
        f"StartSel={BEGINS}, StopSel={ENDS}, MaxWords=24, MinWords=8",
    )


async def knows_similarity(session: ReadSession) -> bool:
    """Tell whether the server has the extension that compares words by their trigrams."""
    return await session.row("SELECT FROM pg_extension WHERE extname = 'pg_trgm'") is not None


async def similar(session: ReadSession, words: str, category: str | None, limit: int) -> Sequence[Record]:
    """Return products whose name has words like these, at most `limit`, the most alike first."""
    return await session.rows(
        """
        SELECT id, name, category, price_minor, currency, image_path, stock,
            word_similarity($1, name) AS rank
        FROM products
        WHERE $1 <% name AND ($2::text IS NULL OR category = $2)
        ORDER BY rank DESC, id LIMIT $3
        """,
        words,
        category,
        limit,
    )


async def categories(session: ReadSession) -> Sequence[Record]:
    """Return the categories by name: one step along the index for each, however many products there are.

    PostgreSQL has no skip scan for DISTINCT; its wiki calls this recursive form "loose indexscan".
    """
    return await session.rows(
        """
        WITH RECURSIVE found AS (
            (SELECT category FROM products ORDER BY category LIMIT 1)
            UNION ALL
            SELECT (SELECT category FROM products WHERE category > found.category ORDER BY category LIMIT 1)
            FROM found WHERE found.category IS NOT NULL
        )
        SELECT category FROM found WHERE category IS NOT NULL
        """
    )


async def add(session: WriteSession, new: NewProduct) -> Record:
    """Add a product and return it; raises asyncpg's UniqueViolationError where the SKU is taken."""
    (row,) = await session.rows(
        """
        INSERT INTO products (sku, name, description, category, price_minor, currency, image_path, stock)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        RETURNING *
        """,
        *_columns(new),
        new.stock,
    )
    return row


async def edit(session: WriteSession, product_id: int, edited: EditedProduct) -> Record | None:
    """Change a product and return it; raises asyncpg's UniqueViolationError where the SKU is taken."""
    return await session.row(
        """
        UPDATE products SET sku = $2, name = $3, description = $4, category = $5, price_minor = $6,
            currency = $7, image_path = $8, version = version + 1
        WHERE id = $1
        RETURNING *
        """,
        product_id,
        *_columns(edited),
    )


async def delete(session: WriteSession, product_id: int) -> None:
    """Delete a product; raises asyncpg's ForeignKeyViolationError where it is reserved."""
    await session.execute("DELETE FROM products WHERE id = $1", product_id)


async def locked_version(session: WriteSession, product_id: int) -> int | None:
    """Return which version of a product there is, which stays until the transaction ends."""
    row = await session.row("SELECT version FROM products WHERE id = $1 FOR UPDATE", product_id)
    return None if row is None else int(row["version"])


def _columns(product: EditedProduct) -> tuple[object, ...]:
    return (
        product.sku,
        product.name,
        product.description,
        product.category,
        product.price_minor,
        product.currency,
        product.image_path,
    )
