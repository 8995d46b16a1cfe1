"""What gateways call: verify, store, answer."""
