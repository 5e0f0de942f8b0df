"""The sync engine: plan, merge, apply, and the record of it all."""
