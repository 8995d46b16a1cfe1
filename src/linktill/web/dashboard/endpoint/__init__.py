"""One webhook endpoint and its delivery log."""
