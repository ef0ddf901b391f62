"""The dry run: what is wrong with a file, cell by cell, and what publishing it would change, for those who sent it."""
