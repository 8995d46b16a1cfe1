"""The search across everything."""
