"""Measures the server against a floor: what the same work costs on the raw drivers. See docs/performance.md."""
