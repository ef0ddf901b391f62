"""The process: how granian runs the application."""
