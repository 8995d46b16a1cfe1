"""How merchants keep many links in order: what is archived, tags and notes, templates."""

from typing import Final

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint, literal_column

from linktill.storage.tables.columns import belongs_to, int_column, metadata, text_column, work_index
from linktill.storage.tables.links import payment_link

LISTED: Final = payment_link.c.status != literal_column("'archived'")
"""What lists show of all links. Written out, since neither database uses the index below for a value that comes later."""
work_index(
    "payment_link_listed", payment_link.c.merchant_id, payment_link.c.id, condition="status <> 'archived'"
)

link_archive = Table(
    "link_archive",
    metadata,
    text_column("merchant_id"),
    text_column("link_id"),
    text_column("status_before"),
    int_column("archived_at"),
    PrimaryKeyConstraint("merchant_id", "link_id"),
    belongs_to("payment_link", "link_id"),
)

link_filing = Table(
    "link_filing",
    metadata,
    text_column("merchant_id"),
    text_column("link_id"),
    text_column("tags"),
    text_column("internal_note"),
    text_column("customer_id", is_nullable=True),
    int_column("takes_requests", default=1),
    PrimaryKeyConstraint("merchant_id", "link_id"),
    belongs_to("payment_link", "link_id"),
    belongs_to("customer", "customer_id"),
)
work_index(
    "link_filing_customer",
    link_filing.c.merchant_id,
    link_filing.c.customer_id,
    link_filing.c.link_id,
    condition="customer_id IS NOT NULL",
)

link_tag = Table(
    "link_tag",
    metadata,
    text_column("merchant_id"),
    text_column("tag"),
    text_column("link_id"),
    PrimaryKeyConstraint("merchant_id", "tag", "link_id"),
    Index("link_tag_link", "merchant_id", "link_id"),
)

link_template = Table(
    "link_template",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("name"),
    text_column("name_key"),
    text_column("terms"),
    text_column("tags"),
    text_column("internal_note"),
    int_column("created_at"),
    int_column("updated_at"),
    int_column("takes_requests", default=1),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "name_key", name="link_template_name"),
)
