"""Requests and responses as such: negotiation, formats, errors, who asks, responses that are kept."""
