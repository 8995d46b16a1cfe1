"""What became of a file of links."""
