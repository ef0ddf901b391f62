"""The feed on disk: `feed/` in the data folder, which outlives the releases that it tells of."""
