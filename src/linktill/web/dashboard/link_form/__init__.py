"""Creating and editing a payment link, with a live preview."""
