"""Who moves money: one adapter per gateway, behind one contract. Adapters do not know one another."""
