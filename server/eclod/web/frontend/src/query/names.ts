// How IRIs are written in queries and results, and where they lead.
import type { Prefixes } from "./page";

/** What a browser may follow; a `javascript:` IRI in somebody's data is never a link. */
const FOLLOWED = /^(https?|ftp|mailto|tel):/i;

/** What may stand after the colon of a prefixed name without an escape (SPARQL 1.1, rule PN_LOCAL, its common part). */
const LOCAL_NAME = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_-])?$/u;

/** Return the prefixed name of an IRI, or null when no prefix fits. */
export function prefixed(iri: string, prefixes: Prefixes): string | null {
  let best: string | null = null;
  let longest = 0;
  for (const [prefix, namespace] of Object.entries(prefixes)) {
    if (namespace.length <= longest || !iri.startsWith(namespace)) continue;
    if (!LOCAL_NAME.test(iri.slice(namespace.length))) continue;
    best = `${prefix}:${iri.slice(namespace.length)}`;
    longest = namespace.length;
  }
  return best;
}

/** Return an IRI as a query writes it. */
export function written(iri: string, prefixes: Prefixes): string {
  return prefixed(iri, prefixes) ?? `<${iri}>`;
}

/** Where IRIs lead, as `links.py` has it: to the pages of this service, to what it says about them, or away. */
export class Links {
  constructor(
    private readonly base: string,
    private readonly described: readonly string[],
    private readonly prefixes: Prefixes,
  ) {}

  /** Return the address to follow, or null for an IRI that no browser should follow. */
  to(iri: string): string | null {
    if (this.described.some((beginning) => iri.startsWith(beginning))) return `/describe?iri=${encodeURIComponent(iri)}`;
    const path = this.path(iri);
    if (path) return path.replace(/^\/id\//, "/doc/");
    return FOLLOWED.test(iri) ? iri : null;
  }

  /** Return a short form for people: a prefixed name, or the path of what is named here. */
  short(iri: string): string {
    return prefixed(iri, this.prefixes) ?? (this.path(iri).replace(/^\/(id\/)?/, "") || iri);
  }

  private path(iri: string): string {
    return iri.startsWith(`${this.base}/`) ? iri.slice(this.base.length) : "";
  }
}
