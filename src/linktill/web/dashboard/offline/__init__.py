"""How payers can pay without a gateway, and who is to pay."""
