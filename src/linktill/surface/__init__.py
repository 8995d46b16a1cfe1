"""What all doors share: sign-in, permissions, middleware, the money filter.

Loads Litestar, and not what only its own OpenAPI pages and its debugger would need: 1.4 MB.
"""

from linktill.platform.hidden import left_out

with left_out("yaml"), left_out("pdb"):
    import litestar as _  # noqa: F401 loaded now, so that nobody loads it with them
