// Two elements for pages of other sites: <eclod-cluster> shows a thing, <eclod-picker> finds the identifier of one.
// One file without a build; it makes no <style> and no markup from text, so that it works under a strict policy:
//   script-src and connect-src need this service, nothing else.

const HERE = new URL("..", import.meta.url).href.replace(/\/$/, "");

const LOOK = `
:host { --paper: #fff; --ink: #13272d; --soft: #4b6067; --line: #b4c5c9; --link: #075c68; --wash: #f0f5f5;
  color-scheme: light dark; display: block; max-width: 26rem; margin-block: 8px;
  color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
:host([hidden]) { display: none; }
@media (prefers-color-scheme: dark) { :host { --paper: #11191c; --ink: #e6eeee; --soft: #a5b6b9; --line: #47606a;
  --link: #82cdd4; --wash: #19252a; } }
* { box-sizing: border-box; margin: 0; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 14px 18px; display: grid;
  gap: 6px; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: 13px; }
.name { font-size: 19px; line-height: 1.25; font-weight: 700; }
a { color: var(--link); }
.about { display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical; overflow: hidden; }
.field { position: relative; display: grid; gap: 4px; }
input { width: 100%; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 6px;
  padding: 8px 10px; }
input:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
ul { position: absolute; z-index: 10; top: 100%; left: 0; right: 0; list-style: none; padding: 4px; background: var(--paper);
  border: 1px solid var(--line); border-radius: 6px; max-height: 18rem; overflow-y: auto; }
li { padding: 6px 8px; border-radius: 4px; cursor: pointer; }
li[aria-selected="true"] { background: var(--wash); outline: 1px solid var(--line); }
li span { display: block; }
`;

const WORDS = {
  en: { website: "Website", more: "More about it", failed: "This cannot be shown now.", choose: "Choose one from the list.", gone: "This is no longer published.",
        several: "This turned out to be several things.",
        label: "Search by name", none: "Nothing found", found: (n) => `${n} found` },
  fr: { website: "Site web", more: "En savoir plus", failed: "Affichage impossible pour le moment.", choose: "Choisissez dans la liste.", gone: "Ceci n’est plus publié.",
        several: "Il s’agit en fait de plusieurs choses.",
        label: "Rechercher par nom", none: "Aucun résultat", found: (n) => `${n} résultats` },
  de: { website: "Website", more: "Mehr dazu", failed: "Das kann gerade nicht gezeigt werden.", choose: "Wählen Sie etwas aus der Liste.", gone: "Das ist nicht mehr veröffentlicht.",
        several: "Es hat sich gezeigt, dass das mehrere sind.",
        label: "Nach Namen suchen", none: "Nichts gefunden", found: (n) => `${n} gefunden` },
};

const outward = { target: "_blank", rel: "noopener" };
const sheet = new CSSStyleSheet();
sheet.replaceSync(LOOK);

function made(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === "") continue;
    if (key in element && key !== "list") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter(Boolean));
  return element;
}

function languageOf(element) {
  return (element.closest("[lang]")?.lang || navigator.language || "en").toLowerCase();
}

function wordsFor(element) {
  return WORDS[languageOf(element).split("-")[0]] ?? WORDS.en;
}

const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

// One text of several: in the language of the page, in English, or whichever there is.
function text(value, language) {
  const all = list(value).map((v) => (typeof v === "object" ? { text: v["@value"] ?? v["@id"], lang: v["@language"] ?? "" } : { text: v, lang: "" }));
  const short = language.split("-")[0];
  return (all.find((v) => v.lang === short) ?? all.find((v) => v.lang.startsWith("en")) ?? all.find((v) => !v.lang) ?? all[0])?.text ?? "";
}

// Only addresses of the web become links.
function link(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

// An identifier, an address of a page, or `cluster/…`: where this service has it.
function documentOf(source) {
  const found = /(?:^|\/)(?:id|doc)\/([a-z-]+)\/([^/?#.]+)/i.exec(source) ?? /^([a-z-]+)\/([^/?#.]+)$/i.exec(source);
  return found ? `${HERE}/doc/${found[1].toLowerCase()}/${encodeURIComponent(decodeURIComponent(found[2]))}` : null;
}

class Cluster extends HTMLElement {
  static observedAttributes = ["src", "lang"];

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
  }

  attributeChangedCallback() {
    if (this.isConnected) this.show();
  }

  connectedCallback() {
    this.show();
  }

  async show() {
    const source = this.getAttribute("src") ?? "";
    const turn = (this.turn = Symbol(source));
    const words = wordsFor(this);
    let content;
    try {
      const address = documentOf(source);
      if (!address) throw new Error(source);
      const response = await fetch(`${address}?profile=schema&format=jsonld`, { credentials: "omit" });
      if (response.status === 410) content = made("p", { className: "card" }, words.gone);
      else if (response.status === 300) content = made("p", { className: "card" }, words.several, " ", this.more(address, words));
      else content = this.card(await data(response), address, words);
    } catch {
      content = made("p", { className: "card" }, words.failed);
    }
    if (turn === this.turn) this.shadowRoot.replaceChildren(content);
  }

  card(thing, address, words) {
    const language = languageOf(this);
    const place = thing.address ?? thing.location?.address ?? {};
    const where = [place.streetAddress, [text(place.postalCode, language), text(place.addressLocality, language)].filter(Boolean).join(" "), place.addressCountry];
    const areas = list(thing.areaServed).map((area) => text(area.name, language));
    const line = where.map((part) => text(part, language)).filter(Boolean).join(", ") || areas.filter(Boolean).join(", ");
    const fields = list(thing.knowsAbout).map((field) => text(field.name, language)).filter(Boolean).slice(0, 3).join(", ");
    const about = text(thing.description, language);
    const website = link(text(thing.url, language));
    return made("article", { className: "card" },
      made("p", { className: "name" }, made("a", { href: address, ...outward }, text(thing.name, language) || thing["@id"])),
      about && made("p", { className: "about" }, about),
      line && made("p", {}, line),
      fields && made("p", { className: "soft" }, fields),
      made("p", { className: "soft" },
        website && made("a", { href: website, ...outward }, words.website), website && " · ",
        this.more(address, words)));
  }

  more(address, words) {
    return made("a", { href: address, ...outward }, words.more);
  }
}

async function data(response) {
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

class Picker extends HTMLElement {
  static formAssociated = true;
  static observedAttributes = ["label", "placeholder", "required"];

  constructor() {
    super();
    this.internals = this.attachInternals();
    this.chosen = null;
    this.offered = [];
    this.current = -1;
    this.attachShadow({ mode: "open", delegatesFocus: true }).adoptedStyleSheets = [sheet];
  }

  get value() {
    return this.chosen?.iri ?? "";
  }

  get name() {
    return this.getAttribute("name");
  }

  connectedCallback() {
    if (this.input) return;
    const words = wordsFor(this);
    const label = this.getAttribute("label") ?? words.label;
    this.input = made("input", { type: "text", autocomplete: "off", spellcheck: false, placeholder: this.getAttribute("placeholder") ?? "",
      role: "combobox", id: "input", "aria-expanded": "false", "aria-controls": "options", "aria-autocomplete": "list" });
    this.options = made("ul", { id: "options", role: "listbox", hidden: true, "aria-label": label });
    this.status = made("span", { className: "soft", role: "status" });
    const caption = made("label", { htmlFor: "input" }, label);
    this.shadowRoot.append(made("div", { className: "field" }, caption, this.input, this.options), this.status);
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.check();
  }

  attributeChangedCallback(name, _, value) {
    if (this.input && name === "placeholder") this.input.placeholder = value ?? "";
    if (this.input && name === "required") this.check();
  }

  formResetCallback() {
    this.input.value = "";
    this.choose(null);
  }

  // A required field is valid once something is chosen: text alone is no identifier.
  check() {
    const missing = this.hasAttribute("required") && !this.value;
    this.input.setAttribute("aria-required", String(this.hasAttribute("required")));
    this.internals.setValidity(missing ? { valueMissing: true } : {}, missing ? wordsFor(this).choose : "", this.input);
  }

  checkValidity() {
    return this.internals.checkValidity();
  }

  reportValidity() {
    return this.internals.reportValidity();
  }

  typed() {
    this.choose(null);
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), 120);
  }

  async ask() {
    const wanted = this.input.value.trim();
    this.asking?.abort();
    if (wanted.length < 2) return this.close();
    this.asking = new AbortController();
    const asked = new URLSearchParams({ q: wanted, limit: this.getAttribute("limit") ?? "8" });
    if (this.hasAttribute("kind")) asked.set("kind", this.getAttribute("kind"));
    if (this.closest("[lang]")) asked.set("lang", languageOf(this));
    try {
      const response = await fetch(`${HERE}/suggest?${asked}`, { signal: this.asking.signal, credentials: "omit" });
      this.offer((await data(response)).suggestions);
    } catch (error) {
      if (error.name !== "AbortError") this.status.textContent = wordsFor(this).failed;
    }
  }

  offer(found) {
    const words = wordsFor(this);
    this.offered = found;
    this.current = -1;
    this.options.replaceChildren(...found.map((item, number) => {
      const detail = [item.kind, item.detail].filter(Boolean).join(" · ");
      const option = made("li", { id: `option-${number}`, role: "option", "aria-selected": "false" },
        made("span", {}, item.label), detail && made("span", { className: "soft" }, detail));
      option.addEventListener("mousedown", (event) => { event.preventDefault(); this.take(number); });
      return option;
    }));
    this.options.hidden = found.length === 0;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.status.textContent = found.length ? words.found(found.length) : words.none;
  }

  pressed(event) {
    if (this.options.hidden) return;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      this.mark((this.current + moves[event.key] + this.offered.length) % this.offered.length);
    } else if (event.key === "Enter" && this.current >= 0) {
      this.take(this.current);
    } else if (event.key === "Escape") {
      this.close();
    } else {
      return;
    }
    event.preventDefault();
  }

  mark(number) {
    this.current = number;
    [...this.options.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === number)));
    this.options.children[number].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `option-${number}`);
  }

  take(number) {
    const item = this.offered[number];
    this.input.value = item.label;
    this.close();
    this.choose(item);
  }

  choose(item) {
    const before = this.value;
    this.chosen = item;
    this.internals.setFormValue(this.value || null);
    this.check();
    if (this.value !== before) {
      this.status.textContent = this.value;
      const { iri, label, kind, detail } = item ?? {};
      this.dispatchEvent(new CustomEvent("change", { bubbles: true, composed: true, detail: item ? { iri, label, kind, detail } : null }));
    }
  }

  close() {
    this.options.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

customElements.define("eclod-cluster", Cluster);
customElements.define("eclod-picker", Picker);
