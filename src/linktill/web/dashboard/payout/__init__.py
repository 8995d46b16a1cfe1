"""The page of payout."""
