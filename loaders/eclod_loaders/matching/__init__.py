"""Which things of different registries may be the same: names made comparable, evidence, scores. Nothing is merged."""
