"""What a registry says in its TOML files: who it is, which files it has, what their columns mean."""
