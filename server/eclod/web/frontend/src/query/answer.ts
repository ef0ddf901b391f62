// What is said about an answer: how much it is, of which release, where the rest is, how to take it away and cite it.
import { make, type Format } from "./page";

/** An answer as it came: Yasqe's response, and how long it took in milliseconds. */
export interface Received {
  readonly headers: Headers;
  readonly content: string;
}

/** What was asked, and where. */
export interface Asked {
  readonly endpoint: string;
  readonly query: string;
}

interface Truncated {
  readonly rows?: number;
  readonly limit?: number;
  readonly download?: string;
}

const LONGEST_ADDRESS = 6000; // characters; servers and proxies refuse longer ones

/** Say what an answer is: rows, time, release, receipt, files. */
export function describeAnswer(
  { headers }: Received,
  asked: Asked,
  amount: string,
  milliseconds: number,
  truncated: Truncated | null,
  formats: readonly Format[],
): Node[] {
  const facts = make("p", { class: "answer-facts" }, make("strong", {}, amount), ` in ${seconds(milliseconds)}`);
  const release = headers.get("Eclod-Release");
  if (release) facts.append(", release ", make("a", { href: `/releases/${encodeURIComponent(release)}` }, release));
  const receipt = linkOf(headers.get("Link") ?? "", "cite-as");
  if (receipt) facts.append(". ", make("a", { href: receipt }, "Cite this answer"));
  const files = make("ul", { class: "formats", "aria-label": "Download" });
  for (const format of formats) files.append(make("li", {}, downloadLink(format, asked)));
  const parts = [facts, make("div", { class: "answer-files" }, make("span", {}, "Download"), files)];
  const cut = truncated ?? cutIn(headers);
  return cut ? [noticeOf(cut), ...parts] : parts;
}

/** Return what the headers say of rows that were cut off, or null for an answer that is whole. */
function cutIn(headers: Headers): Truncated | null {
  const header = headers.get("Eclod-Truncated");
  if (header === null) return null;
  const [, rows] = /rows=(\d+)/.exec(header) ?? [];
  const download = linkOf(headers.get("Link") ?? "", "enclosure");
  return { ...(rows === undefined ? {} : { rows: Number(rows) }), ...(download === null ? {} : { download }) };
}

function noticeOf({ rows, download }: Truncated): HTMLElement {
  const count = rows === undefined ? "rows" : `${whole(rows)} rows`;
  const notice = make("p", { class: "notice" }, make("strong", {}, `Cut off after ${count}. `), "There is more than is shown here");
  if (download) notice.append(": ", make("a", { href: download }, "download the whole"), ".");
  else notice.append(". Ask for less, or take the data from the release.");
  return notice;
}

export function whole(number: number): string {
  return number.toLocaleString("en").replaceAll(",", "\u00a0");
}

export function plural(number: number, one: string, many: string): string {
  return `${whole(number)} ${number === 1 ? one : many}`;
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 0)} s`;
}

/** Return the target of the first link of a relation (RFC 8288), or null. */
export function linkOf(header: string, relation: string): string | null {
  for (const [, target = "", parameters = ""] of header.matchAll(/<([^>]*)>([^<]*)/g)) {
    const [, relations = ""] = /;\s*rel="?([^";,]*)"?/i.exec(parameters) ?? [];
    if (relations.split(" ").includes(relation)) return target;
  }
  return null;
}

function downloadLink(format: Format, asked: Asked): HTMLElement {
  const name = `answer.${format.name === "spreadsheet" ? "csv" : format.name}`;
  const address = `${asked.endpoint}?${new URLSearchParams({ query: asked.query, format: format.name })}`;
  if (address.length < LONGEST_ADDRESS) return make("a", { href: address, download: name }, format.label);
  const button = make("button", { type: "button", class: "as-link" }, format.label);
  button.addEventListener("click", () => void save(name, format, asked));
  return button;
}

/** Save the answer to a query that is too long for an address. */
async function save(name: string, format: Format, { endpoint, query }: Asked): Promise<void> {
  const response = await fetch(endpoint, { method: "POST", body: new URLSearchParams({ query, format: format.name }) });
  const file = URL.createObjectURL(await response.blob());
  make("a", { href: file, download: name }).click();
  URL.revokeObjectURL(file);
}
