"""The templates of payment links."""
