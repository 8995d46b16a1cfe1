"""The first run: the owner proves to sit at the console and signs up."""
