"""Home: the money at a glance."""
