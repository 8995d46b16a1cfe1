"""All bugs that are planted. Each must be found by some seed of the simulator; the files beside this one hold them by noun."""

from typing import Final

from tests.mutants.books import BOOKS
from tests.mutants.counted import COUNTED
from tests.mutants.currencies import CURRENCIES
from tests.mutants.facts import FACTS
from tests.mutants.holding import HOLDING
from tests.mutants.messages import MESSAGES
from tests.mutants.planting import Mutant
from tests.mutants.refunding import REFUNDING
from tests.mutants.starting import STARTING

MUTANTS: Final[tuple[Mutant, ...]] = (
    *STARTING,
    *FACTS,
    *REFUNDING,
    *MESSAGES,
    *BOOKS,
    *COUNTED,
    *CURRENCIES,
    *HOLDING,
)
BY_NAME: Final = {mutant.name: mutant for mutant in MUTANTS}
NOTHING: Final = "nothing"
"""The name under which the product is run as it is."""
