"""The list of coupons."""
