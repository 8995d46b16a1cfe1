"""Linktill: payment links that someone can open and pay, on your own server and your own gateway account."""
