"""The page of event."""
