"""Other outward services: an interface, a real one, and one for development and tests each."""
