// Suggestions below a search box while somebody types: a combobox as in the ARIA Authoring Practices ("Editable Combobox
// With List Autocomplete"). Enter searches as it does without it; an arrow key chooses, and then Enter goes there.

interface Suggestion {
  label: string;
  language: string;
  kind: string;
  detail: string;
  href: string;
}

const PAUSE = 80; // milliseconds after a key before anything is asked
const SHORTEST = 2;

export function addSuggestions(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLInputElement>("input[type=search]");
  if (!field) return;
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = `${field.id}-suggestions`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  list.hidden = true;
  field.after(list);
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
  })) {
    field.setAttribute(name, value);
  }

  const kind = form.querySelector<HTMLInputElement>("input[name=kind]")?.value ?? "";
  let chosen = -1;
  let waiting: number | undefined;
  let asking: AbortController | undefined;

  field.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(ask, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close();
    const last = list.children.length - 1;
    if (list.hidden || last < 0) return;
    if (event.key === "ArrowDown") choose(chosen < last ? chosen + 1 : 0);
    else if (event.key === "ArrowUp") choose(chosen > 0 ? chosen - 1 : last);
    else if (event.key === "Enter" && chosen >= 0) list.children[chosen]?.querySelector("a")?.click();
    else return;
    event.preventDefault();
  });
  field.addEventListener("blur", () => window.setTimeout(close, 200)); // a click on a suggestion comes after

  async function ask(): Promise<void> {
    asking?.abort();
    const text = field!.value.trim();
    if (text.length < SHORTEST) return close();
    asking = new AbortController();
    const parameters = new URLSearchParams(kind ? { q: text, kind } : { q: text });
    try {
      const answer = await fetch(`/suggest?${parameters}`, { signal: asking.signal });
      if (answer.ok) show(((await answer.json()) as { suggestions: Suggestion[] }).suggestions);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) close(); // without suggestions the form works
    }
  }

  function show(suggestions: Suggestion[]): void {
    list.replaceChildren(...suggestions.map(item));
    chosen = -1;
    field!.removeAttribute("aria-activedescendant");
    open(suggestions.length > 0 && document.activeElement === field);
  }

  function item(suggestion: Suggestion, position: number): HTMLLIElement {
    const option = document.createElement("li");
    option.id = `${list.id}-${position}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const link = document.createElement("a");
    link.href = suggestion.href;
    link.tabIndex = -1;
    link.textContent = suggestion.label;
    if (suggestion.language) link.lang = suggestion.language;
    const more = document.createElement("span");
    more.textContent = [suggestion.kind, suggestion.detail].filter(Boolean).join(" · ");
    option.append(link, more);
    option.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    option.addEventListener("click", ({ target }) => {
      if (target !== link) link.click();
    });
    return option;
  }

  function choose(position: number): void {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = position;
    const option = list.children[chosen];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    field!.setAttribute("aria-activedescendant", option?.id ?? "");
  }

  function close(): void {
    asking?.abort();
    open(false);
  }

  function open(whether: boolean): void {
    list.hidden = !whether;
    field!.setAttribute("aria-expanded", String(whether));
  }
}
