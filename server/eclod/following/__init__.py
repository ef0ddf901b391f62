"""A client of feeds: keeps a copy of what a service publishes, in step with it, in a folder of one's own."""
