"""Tries to break the money: the real flows, storage and sandbox company under time, chance, wires and crashes of a seed."""
