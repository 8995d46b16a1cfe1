"""A file of links is chosen and sent here, and earlier ones are found again."""
