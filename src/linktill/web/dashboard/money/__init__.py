"""Money that came without a gateway: the forms on the pages of a payment and of a link."""
