"""Orders: what was sold where, what was promised, what left, and what came back."""
