"""The way to real money: what is there, what is missing, and the live books."""
