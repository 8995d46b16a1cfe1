"""Who came too late and asks for a new link."""
