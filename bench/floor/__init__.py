"""The floor: a bare Starlette application with raw drivers that does the work of the four measured paths and nothing else."""
