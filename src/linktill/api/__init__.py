"""What programs call: the API v1, its OpenAPI document and its reference page."""

from linktill import surface as _  # noqa: F401 loads Litestar: before anything here does, and without what nobody needs
