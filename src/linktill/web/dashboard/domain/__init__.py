"""A merchant's own domain."""
