"""Files of links, and which row has made which link."""

from sqlalchemy import PrimaryKeyConstraint, Table

from linktill.storage.tables.columns import belongs_to, int_column, metadata, text_column, work_index

link_import = Table(
    "link_import",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("status"),
    text_column("file_name"),
    text_column("by"),
    int_column("rows"),
    int_column("pieces"),
    int_column("next_piece"),
    int_column("done"),
    int_column("ready"),
    int_column("created"),
    int_column("existing"),
    int_column("failed"),
    int_column("created_at"),
    int_column("updated_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
)
work_index(
    "link_import_work",
    link_import.c.merchant_id,
    link_import.c.id,
    condition="status IN ('checking', 'running')",
)

link_import_piece = Table(
    "link_import_piece",
    metadata,
    text_column("merchant_id"),
    text_column("import_id"),
    int_column("number"),
    int_column("last_row"),
    int_column("failed"),
    text_column("rows"),
    text_column("outcomes"),
    PrimaryKeyConstraint("merchant_id", "import_id", "number"),
    belongs_to("link_import", "import_id"),
)

link_import_key = Table(
    "link_import_key",
    metadata,
    text_column("merchant_id"),
    text_column("key"),
    text_column("link_id"),
    text_column("digest"),
    PrimaryKeyConstraint("merchant_id", "key"),
    belongs_to("payment_link", "link_id"),
)
