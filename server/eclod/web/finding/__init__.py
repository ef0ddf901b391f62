"""Finding the identifier of a thing: search, suggestions as somebody types, reconciliation."""
