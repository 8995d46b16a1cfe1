"""API keys, webhook endpoints, test numbers."""
