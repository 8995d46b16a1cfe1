"""The page of payouts."""
