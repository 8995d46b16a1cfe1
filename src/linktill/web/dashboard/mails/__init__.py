"""Mails that were kept because no mail server is set."""
