"""What Alembic runs to render migrations; `linktill.storage.migration_script` is its only caller."""

from alembic import context

from linktill.storage.tables import metadata

context.configure(
    dialect_name=context.config.attributes["dialect"],
    target_metadata=metadata,
    literal_binds=True,
    dialect_opts={"paramstyle": "named"},  # the default doubles each % in the text
    # The whole step is one transaction, opened and closed by who runs the text.
    transactional_ddl=False,
)
context.run_migrations()
