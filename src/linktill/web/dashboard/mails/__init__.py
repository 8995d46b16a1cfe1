"""The mails that Linktill wrote."""
