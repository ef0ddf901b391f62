// The query editor: completion from our own terms and prefixes, and marks where the query is wrong.
import Yasgui from "@zazuko/yasgui";
import type { Hint, Token, Yasqe } from "@zazuko/yasqe";
import { prefixed, written } from "./names";
import { make, type Prefixes } from "./page";
import { matching, NO_TERMS, propertiesOf, type Term, type Terms, type Typed } from "./terms";

const EXPECTED_SHOWN = 8;
const SHORTEST_WORD = 2; // letters of a bare word after which terms are offered unasked
const TYPE_PROPERTIES = new Set(["a", "rdf:type", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "rdfs:domain", "rdfs:range"]);
const GUTTER = "gutterErrorBar";

const { Yasqe: Editor } = Yasgui;

/** The parts of a completer of Yasqe that are replaced here. */
type Completer = (typeof Editor.Autocompleters)[string];

/** Make every editor complete from our terms and prefixes; what Yasqe brings would ask other hosts. */
export function installCompletion(terms: Promise<Terms>, prefixes: Prefixes): void {
  const known = terms.catch(() => NO_TERMS);
  Object.assign(completer("prefixes"), {
    get: () => Object.entries(prefixes).map(([prefix, namespace]) => `${prefix}: <${namespace}>`),
    persistenceId: null,
  });
  for (const name of ["class", "property"] as const) {
    const shown = new Map<string, Term>();
    Object.assign(completer(name), {
      autoShow: true,
      isValidCompletionPosition: (yasqe: Yasqe) => (name === "class" ? classFits(yasqe) : propertyFits(yasqe)),
      preProcessToken: (_yasqe: Yasqe, token: Token) => token,
      get: async (yasqe: Yasqe, token?: Token) => {
        const all = await known;
        const found = token ? offered(yasqe, token, all, name, prefixes) : [];
        shown.clear();
        for (const term of found) shown.set(text(yasqe, token as Token, term, prefixes), term);
        return [...shown.keys()];
      },
      postProcessSuggestion: (_yasqe: Yasqe, _token: Token, suggestion: string) => suggestion,
      postprocessHints: (_yasqe: Yasqe, hints: Hint[]) =>
        hints.map((hint) => ({ ...hint, render: (element: HTMLElement) => drawHint(element, hint, shown.get(hint.text)) })),
    });
  }
}

function completer(name: string): Completer {
  const found = Editor.Autocompleters[name];
  if (!found) throw new Error(`Yasqe has no completer called ${name}`);
  return found;
}

let asked = false;

/** Offer completions because somebody asks for them, also where nothing is typed yet. */
export function complete(yasqe: Yasqe): void {
  asked = true;
  yasqe.autocomplete();
  asked = false;
}

function classFits(yasqe: Yasqe): boolean {
  const token = yasqe.getCompleteToken();
  if (/^[?$]/.test(token.string) || !longEnough(token.string, true)) return false;
  const previous = yasqe.getPreviousNonWsToken(yasqe.getDoc().getCursor().line, token);
  return TYPE_PROPERTIES.has(previous.string) || (previous.string === "," && TYPE_PROPERTIES.has(previous.state.lastProperty));
}

function propertyFits(yasqe: Yasqe): boolean {
  const token = yasqe.getCompleteToken();
  return !/^[?$]/.test(token.string) && longEnough(token.string, asked) && token.state.possibleCurrent.includes("a");
}

function longEnough(token: string, empty: boolean): boolean {
  const typed = token.trim();
  return typed === "" ? empty : asked || /[:<]/.test(typed) || typed.length >= SHORTEST_WORD;
}

/** Return the terms for a token; none when the token is the only one already. */
function offered(yasqe: Yasqe, token: Token, terms: Terms, kind: "class" | "property", prefixes: Prefixes): Term[] {
  const namespaces = { ...prefixes, ...yasqe.getPrefixesFromQuery() };
  const likely = kind === "property" ? propertiesOf(terms, classesIn(yasqe.getValue(), namespaces)) : new Set<string>();
  const found = matching(kind === "class" ? terms.classes : terms.properties, typedIn(token.string, namespaces), likely);
  const only = found.length === 1 ? found[0] : undefined;
  return only && text(yasqe, token, only, prefixes) === token.string.trim() ? [] : found;
}

function typedIn(token: string, namespaces: Prefixes): Typed {
  const typed = token.trim();
  if (typed.startsWith("<")) return { namespace: "", text: typed.replace(/^<|>$/g, "") };
  const colon = typed.indexOf(":");
  const namespace = colon < 0 ? undefined : namespaces[typed.slice(0, colon)];
  return namespace === undefined ? { namespace: "", text: typed } : { namespace, text: typed.slice(colon + 1) };
}

/** Return the classes that a query names after `a`. */
function classesIn(query: string, namespaces: Prefixes): Set<string> {
  const named = [...query.matchAll(/\s(?:a|rdf:type)\s+(<[^>\s]*>|[^\s;.,)}]+)/g)].map(([, name = ""]) => name);
  return new Set(
    named.map((name) => {
      const { namespace, text } = typedIn(name, namespaces);
      return namespace + text;
    }),
  );
}

/** Return a term as it goes into the query: as an IRI when one was begun, else by the prefix that the query has for it. */
function text(yasqe: Yasqe, token: Token, term: Term, prefixes: Prefixes): string {
  if (token.string.trim().startsWith("<")) return `<${term.iri}>`;
  const declared = yasqe.getPrefixesFromQuery();
  return prefixed(term.iri, declared) ?? written(term.iri, { ...prefixes, ...declared });
}

function drawHint(element: HTMLElement, hint: Hint, term: Term | undefined): void {
  element.append(make("span", { class: "hint-name" }, hint.text));
  if (!term) return;
  element.append(
    make("span", { class: "hint-label", lang: term.language || undefined }, term.label),
    make("span", { class: "hint-count" }, term.count.toLocaleString("en").replaceAll(",", "\u00a0")),
  );
}

/** Declare the prefixes of ours that a query uses and does not declare. */
export function declarePrefixes(yasqe: Yasqe, prefixes: Prefixes): void {
  const declared = yasqe.getPrefixesFromQuery();
  const missing = new Map<string, string>();
  for (let line = 0; line < yasqe.getDoc().lineCount(); line++) {
    for (const { type, string } of yasqe.getLineTokens(line, true) as Token[]) {
      const prefix = string.slice(0, string.indexOf(":"));
      const namespace = prefixes[prefix];
      if (type === "string-2" && namespace !== undefined && !(prefix in declared)) missing.set(prefix, namespace);
    }
  }
  if (missing.size > 0) yasqe.addPrefixes(Object.fromEntries([...missing].reverse()));
}

/** Mark the first line that does not parse; in place of Yasqe's own, whose tooltip needs a style attribute. */
export function checkSyntax(this: Yasqe): void {
  this.queryValid = true;
  this.clearGutter(GUTTER);
  for (let line = 0; line < this.getDoc().lineCount(); line++) {
    const { state } = this.getTokenAt({ line, ch: this.getDoc().getLine(line).length }, true) as Token;
    this.setOption("queryType", state.queryType);
    if (state.OK) continue;
    const expected = (state.possibleCurrent as string[]).slice(0, EXPECTED_SHOWN).join(", ");
    mark(this, line, state.errorMsg ?? `This line does not parse yet. Expected: ${expected}`);
    this.queryValid = false;
    return;
  }
}

function mark(yasqe: Yasqe, line: number, message: string): void {
  yasqe.setGutterMarker(line, GUTTER, make("div", { class: "line-mark", title: message, role: "img", "aria-label": message }));
}

/** Mark where the endpoint says that the query is wrong, until the query is changed. */
export function markProblem(yasqe: Yasqe, line: number, column: number, message: string): void {
  const doc = yasqe.getDoc();
  const at = Math.min(line - 1, doc.lastLine());
  const length = doc.getLine(at).length;
  const from = Math.max(0, Math.min(column - 1, length - 1));
  const place = doc.markText({ line: at, ch: from }, { line: at, ch: Math.min(from + 1, length) }, { className: "wrong-place" });
  yasqe.addLineClass(at, "background", "wrong-line");
  mark(yasqe, at, message);
  const clear = (): void => {
    place.clear();
    for (let each = 0; each < doc.lineCount(); each++) yasqe.removeLineClass(each, "background", "wrong-line");
    yasqe.off("change" as never, clear);
  };
  yasqe.on("change", clear);
}

/** Put the cursor where the query is wrong. */
export function goTo(yasqe: Yasqe, line: number, column: number): void {
  yasqe.focus();
  yasqe.getDoc().setCursor({ line: line - 1, ch: column - 1 });
}
