"""What people decide about identifiers: merge, split, withdraw, restore, erase, and whether two things are the same."""
