"""The list of disputes."""
