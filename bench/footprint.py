"""What `linktill serve` costs before anybody asks it for anything."""

from statistics import median

from bench.sides import World, start

STARTS = 3


def footprint(world: World) -> dict[str, float]:
    """Seconds from the command to the first answer, and memory when idle: medians of a few starts."""
    world.databases.create("idle")
    found = [start(world, "idle") for _ in range(1 + STARTS)]
    # The first start makes the schema, which happens once in the life of an installation.
    seconds, memory = zip(*found[1:], strict=True)
    return {"start_s": round(median(seconds), 2), "idle_memory_mb": round(median(memory), 1)}
