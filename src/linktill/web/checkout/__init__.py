"""The pages that a payer sees."""
