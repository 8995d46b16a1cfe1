"""One coupon, new or existing."""
