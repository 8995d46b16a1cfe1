"""What is done with several links at once."""
