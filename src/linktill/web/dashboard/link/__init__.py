"""One payment link."""
