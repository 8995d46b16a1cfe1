"""The merchant's gateway accounts, and connecting one."""
