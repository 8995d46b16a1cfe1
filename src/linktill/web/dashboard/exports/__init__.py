"""Lists to take along."""
