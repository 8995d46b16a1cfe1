"""`python -m tests.carts`."""

import sys

from tests.carts.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
