"""The pages that a merchant sees after signing in."""
