"""Everything that answers SPARQL: the endpoint, saved queries, receipts, the query page."""
