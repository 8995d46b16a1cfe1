"""What comes back is tested on both databases, with the real sandbox company over HTTP."""

from tests.shops import shop

__all__ = ["shop"]
