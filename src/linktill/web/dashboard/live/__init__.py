"""News for pages that are open."""
