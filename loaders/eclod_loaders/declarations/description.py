"""A registry about itself, as its `registry.toml` says, in its own graph."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.errors import BadInput
from eclod.core.iris import Names
from eclod.core.namespaces import ECLOD, expand
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.codes.languages import language_iri
from eclod_loaders.declarations.registry import REGISTRY_FILE, Registry

_COUNTRIES = "http://publications.europa.eu/resource/authority/country"


def of_registry(registry: Registry, names: Names, codes: CodeLists) -> Iterator[Triple]:
    """Return the description of a registry: title, publisher, licence or rights, country, language, origin."""
    node = NamedNode(names.registry(registry.name))

    def about(name: str, value: NamedNode | Literal) -> Triple:
        return Triple(node, NamedNode(expand(name)), value)

    yield about("rdf:type", NamedNode(ECLOD + "Registry"))
    for language, text in registry.title.items():
        yield about("dct:title", Literal(text, language=language))
    for language, text in registry.description.items():
        yield about("dct:description", Literal(text, language=language))
    if registry.publisher:
        publisher = NamedNode(node.value + "#publisher")
        yield about("dct:publisher", publisher)
        yield Triple(publisher, NamedNode(expand("rdf:type")), NamedNode(expand("foaf:Agent")))
        yield Triple(publisher, NamedNode(expand("foaf:name")), Literal(registry.publisher))
    if registry.licence:
        yield about("dct:license", NamedNode(registry.licence))
    if registry.rights:
        yield about("dct:rights", Literal(registry.rights, language="en"))
    if registry.country:
        country = codes.find([_COUNTRIES], registry.country)
        if country is None:
            raise BadInput(f"{registry.name}/{REGISTRY_FILE}: there is no country '{registry.country}'; correct it.")
        yield about("eclod:country", NamedNode(country))
    if registry.language:
        yield about("dct:language", NamedNode(language_iri(registry.language)))
    if registry.source:
        yield about("dct:source", NamedNode(registry.source))
