"""Alembic's entry: it runs on the connection that `app.platform.migrations` opened and locked."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():  # one for all steps: they are applied together or not at all
    context.run_migrations()
