"""What we remember: the only SQL in Linktill."""
