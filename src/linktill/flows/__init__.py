"""What happens: one file per verb, each load → decide → save, with the gateway called between units of work."""
