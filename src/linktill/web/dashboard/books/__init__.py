"""The books: ledger transactions and balances."""
