"""One gateway account: how it is, its webhook, its keys."""
