// The classes and properties in use, as `/sparql/terms.json` lists them, and which of them somebody may mean.

/** A class or property: its prefixed name or IRI, what it is called, and how many entities or triples it has. */
export interface Term {
  readonly iri: string;
  readonly name: string;
  readonly label: string;
  readonly language: string;
  readonly count: number;
}

interface ClassTerm extends Term {
  /** The properties of its entities, as positions in the list of properties. */
  readonly properties: readonly number[];
}

export interface Terms {
  readonly classes: readonly ClassTerm[];
  readonly properties: readonly Term[];
}

export const NO_TERMS: Terms = { classes: [], properties: [] };
const OFFERED = 60;

/** Fetch the terms; the browser keeps them and asks whether the release is still the same. */
export async function fetchTerms(): Promise<Terms> {
  const response = await fetch("/sparql/terms.json", { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`The classes and properties cannot be read: ${response.status}`);
  return (await response.json()) as Terms;
}

/** What was typed: part of an IRI, or a namespace with the beginning of a local name, or part of any word. */
export interface Typed {
  readonly namespace: string;
  readonly text: string;
}

/** Return the terms that may be meant by what was typed, the likeliest first: by how they match, then by use. */
export function matching(terms: readonly Term[], typed: Typed, likely: ReadonlySet<string>): Term[] {
  const text = typed.text.toLowerCase();
  const ranked = terms
    .filter(({ iri }) => iri.startsWith(typed.namespace))
    .map((term) => ({ term, rank: rankOf(term, typed.namespace, text), known: likely.has(term.iri) ? 0 : 1 }))
    .filter(({ rank }) => rank < Infinity);
  ranked.sort((a, b) => a.rank - b.rank || a.known - b.known || b.term.count - a.term.count);
  return ranked.slice(0, OFFERED).map(({ term }) => term);
}

/** 0: the name begins so, 1: a word of the label begins so, 2: a part of the name does, 3: it is anywhere in the IRI. */
function rankOf(term: Term, namespace: string, text: string): number {
  const local = namespace ? term.iri.slice(namespace.length) : term.name.slice(term.name.indexOf(":") + 1);
  if (!text || local.toLowerCase().startsWith(text) || term.iri.toLowerCase().startsWith(text)) return 0;
  if (term.label.toLowerCase().split(/\s+/).some((word) => word.startsWith(text))) return 1;
  if (local.toLowerCase().includes(text) || term.label.toLowerCase().includes(text)) return 2;
  return !namespace && term.iri.toLowerCase().includes(text) ? 3 : Infinity;
}

/** Return the properties that entities of the classes in `mentioned` have. */
export function propertiesOf(terms: Terms, mentioned: ReadonlySet<string>): Set<string> {
  const positions = terms.classes.filter(({ iri }) => mentioned.has(iri)).flatMap(({ properties }) => properties);
  return new Set(positions.flatMap((position) => terms.properties[position]?.iri ?? []));
}
