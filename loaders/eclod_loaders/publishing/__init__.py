"""From what registries sent to a release: checking, deciding by the registry's policy, publishing."""
