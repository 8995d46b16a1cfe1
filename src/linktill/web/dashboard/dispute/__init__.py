"""One dispute, its evidence, and the way to answer it."""
