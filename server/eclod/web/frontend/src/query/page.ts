// What the server wrote into the query page: the form that works without JavaScript, the prefixes, where IRIs lead.

/** A format in which an answer can be had, by the name that `format=` takes. */
export interface Format {
  readonly name: string;
  readonly label: string;
  readonly holds: "table" | "graph";
}

export type Prefixes = Readonly<Record<string, string>>;

/** The parts of the page that the editor takes the place of or takes with it. */
export interface Page {
  readonly form: HTMLFormElement;
  readonly examples: HTMLElement | null;
  readonly notice: HTMLElement | null;
  readonly endpoint: string;
  readonly query: string;
  readonly base: string;
  readonly described: readonly string[];
  readonly release: string;
  readonly seconds: string;
  readonly formats: readonly Format[];
  readonly prefixes: Prefixes;
}

/** Read the page; null when it is not the query page. */
export function readPage(): Page | null {
  const form = document.querySelector<HTMLFormElement>("form[data-query-form]");
  if (!form) return null;
  return {
    form,
    examples: document.querySelector("[data-query-examples]"),
    notice: document.querySelector("[data-query-notice]"),
    endpoint: form.action,
    query: form.querySelector("textarea")?.value ?? "",
    base: form.dataset["base"] ?? "",
    described: (form.dataset["described"] ?? "").split(" ").filter(Boolean),
    release: form.dataset["release"] ?? "",
    seconds: form.dataset["seconds"] ?? "",
    formats: [...form.querySelectorAll<HTMLOptionElement>("option[data-holds]")].map((option) => ({
      name: option.value,
      label: option.textContent?.trim() ?? option.value,
      holds: option.dataset["holds"] === "graph" ? "graph" : "table",
    })),
    prefixes: prefixesIn(document.querySelector("[data-query-prefixes]")?.textContent ?? ""),
  };
}

function prefixesIn(text: string): Prefixes {
  const declarations = text.matchAll(/PREFIX\s+([^\s:]*):\s*<([^>]*)>/g);
  return Object.fromEntries([...declarations].map(([, prefix = "", namespace = ""]) => [prefix, namespace]));
}

/** Make an element with attributes (those that have a value) and content. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
  element.append(...content);
  return element;
}
