"""Where registries send their data and see what becomes of it: submissions, and graphs that can be written."""
