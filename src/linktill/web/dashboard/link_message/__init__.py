"""A link that is sent by mail from the dashboard."""
