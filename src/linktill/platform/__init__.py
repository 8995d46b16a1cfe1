"""What all stands on: the clock, ids, chance and the wire, each handed in so that a simulation can replace it."""
