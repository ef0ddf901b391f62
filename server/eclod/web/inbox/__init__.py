"""`/inbox` and `/linkbacks`: other portals announce their pages about our things, and everybody can read which."""
