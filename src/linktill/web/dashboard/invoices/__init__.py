"""What the merchant sets about invoices."""
