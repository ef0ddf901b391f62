"""The ontology, shapes, code lists and context as a publication: editions, changes between them, pages."""
