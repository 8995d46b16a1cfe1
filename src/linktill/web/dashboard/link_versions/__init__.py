"""The versions of a link: who changed what, and when."""
