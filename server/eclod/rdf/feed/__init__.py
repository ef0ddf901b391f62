"""The feed as RDF: a Linked Data Event Stream of Activity Streams, in the manner of DCAT-AP Feeds; no files, no HTTP.

Sources: LDES (https://w3id.org/ldes/specification), TREE (https://w3id.org/tree/specification) and its profile, and
DCAT-AP Feeds (https://semiceu.github.io/LDES-DCAT-AP-feeds/).
"""
