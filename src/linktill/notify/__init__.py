"""Whom we tell: the edges that carry mails and webhooks out of this machine."""
