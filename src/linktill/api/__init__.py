"""What programs call: the API v1, its OpenAPI document and its reference page."""
