// The saved queries as examples to start from, by topic (the first tag).
import { make } from "./page";

interface SavedQuery {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly text: string;
  readonly href: string;
}

/** A query to start from. */
export interface Example {
  readonly summary: string;
  readonly query: string;
}

const NARROW = "(max-width: 59.99rem)"; // there the examples are between the editor and the answer, and closed at first
const MANY = 10; // examples from which on a filter helps

/** List the saved queries in a section, in place of what is below its heading; `load` is called with the chosen one. */
export async function listExamples(section: HTMLElement, load: (example: Example) => void): Promise<Example[]> {
  const response = await fetch("/queries?format=json");
  if (!response.ok) return [];
  const queries = (await response.json()) as SavedQuery[];
  const groups = new Map<string, SavedQuery[]>();
  for (const query of queries) {
    const tag = query.tags[0] ?? "other";
    groups.set(tag, [...(groups.get(tag) ?? []), query]);
  }
  const narrow = window.matchMedia(NARROW);
  const details = make("details", { open: narrow.matches ? undefined : "" });
  const choose = (example: Example): void => {
    if (narrow.matches) details.open = false;
    load(example);
  };
  const examples: Example[] = [];
  const sections = [...groups].sort().map(([tag, members]) => {
    const list = make("ul", { class: "examples" });
    for (const member of members) {
      const example = { summary: member.summary, query: member.text };
      examples.push(example);
      list.append(item(member, example, choose));
    }
    return make("div", { class: "example-group" }, make("h3", {}, tag), list);
  });
  const heading = section.querySelector("h2") ?? make("h2", {}, "Examples");
  details.append(make("summary", {}, heading), ...(queries.length >= MANY ? [filterOf(sections)] : []));
  details.append(make("div", { class: "example-list" }, ...sections));
  section.querySelector("ul")?.remove();
  section.prepend(details);
  return examples;
}

function item(saved: SavedQuery, example: Example, load: (example: Example) => void): HTMLElement {
  const link = make("a", { href: `/sparql?${new URLSearchParams({ edit: example.query })}`, title: saved.description }, saved.summary);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    load(example);
  });
  const page = make("a", { href: saved.href, class: "example-page", "aria-label": `Page of the query: ${saved.summary}` }, "page");
  return make("li", {}, link, " ", page);
}

function filterOf(sections: readonly HTMLElement[]): HTMLElement {
  const field = make("input", { type: "search", "aria-label": "Filter the examples", placeholder: "Filter", autocomplete: "off" });
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const section of sections) {
      const tag = section.querySelector("h3")?.textContent ?? "";
      for (const entry of section.querySelectorAll("li")) {
        const text = `${tag} ${entry.textContent} ${entry.querySelector("a")?.title ?? ""}`.toLowerCase();
        entry.hidden = !words.every((word) => text.includes(word));
      }
      section.hidden = section.querySelector("li:not([hidden])") === null;
    }
  });
  return field;
}
