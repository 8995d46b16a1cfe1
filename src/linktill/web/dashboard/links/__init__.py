"""The list of payment links."""
