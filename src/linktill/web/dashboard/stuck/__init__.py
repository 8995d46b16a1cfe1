"""Work that was given up."""
