// The workbench: tabs with an editor and an answer each, and one bar and one list of examples that go with the open tab.
import Yasgui from "@zazuko/yasgui";
import type { Yasqe } from "@zazuko/yasqe";
import { describeAnswer, plural, type Received } from "./answer";
import { complete, declarePrefixes, goTo, markProblem } from "./editor";
import { listExamples, type Example } from "./examples";
import { make, type Page } from "./page";
import { drawProblem, problemIn } from "./problem";
import { endpointOf, ReleaseChoice, releaseOf } from "./releases";
import { addressOf, queryInAddress } from "./share";

type Tab = InstanceType<typeof Yasgui.Tab>;

/** What is beside the editor and the answer of one tab. */
interface Fitted {
  readonly head: HTMLElement;
  /** Requests under way: more than one for a moment, when a query is run again before it is answered. */
  running: number;
  started: number;
}

const STORAGE = "eclod";
const LONGEST_GET = 2000; // characters of a query that is asked by GET, so that the browser may keep the answer
const TICK = 1000;

export class Workbench {
  private readonly yasgui: Yasgui;
  private readonly run = make("button", { type: "button", class: "button" }, "Run");
  private readonly clock = make("span", { class: "note clock", "aria-hidden": "true" });
  private readonly share = make("button", { type: "button", class: "quiet" }, "Copy link");
  private readonly releases: ReleaseChoice;
  private readonly bar: HTMLElement;
  private readonly fitted = new WeakMap<Tab, Fitted>();
  private readonly untouched = new Set<string>([""]);
  private readonly opening: string;

  constructor(private readonly page: Page) {
    this.opening = openingQuery(page);
    this.untouched.add(this.opening);
    this.releases = new ReleaseChoice(page.release, (release) => this.tab()?.setEndpoint(endpointOf(release)));
    this.bar = make(
      "div",
      { class: "workbench-bar" },
      this.run,
      make("span", { class: "choice" }, make("label", { for: "release" }, "Release"), this.releases.element),
      this.share,
      this.clock,
      make("span", { class: "note keys" }, ...keys(page.seconds)),
    );
    const place = make("div", { class: "workbench" });
    page.form.closest(".columns")?.classList.add("with-workbench");
    page.form.replaceWith(place);
    this.yasgui = new Yasgui(place, this.settings());
    this.addNewTabButton();
  }

  /** Put the button for a new tab beside the tabs; Yasgui's stands in the list of tabs, which holds nothing but tabs. */
  private addNewTabButton(): void {
    const list = this.yasgui.tabElements as unknown as { addTabEl?: HTMLElement; _tabsListEl?: HTMLElement };
    list.addTabEl?.remove();
    delete list.addTabEl;
    const button = make("button", { type: "button", class: "new-tab", "aria-label": "New query", title: "New query" }, "+");
    button.addEventListener("click", () => this.yasgui.addTab(true));
    list._tabsListEl?.after(button);
  }

  /** Show the query that the page was opened with, or else the tabs as they were left. */
  open(): void {
    this.yasgui.on("tabSelect", () => this.fit());
    this.yasgui.on("tabAdd", () => queueMicrotask(() => this.fit())); // the tab is drawn after the event
    this.yasgui.on("tabClose", () => queueMicrotask(() => this.tab() ?? this.yasgui.addTab(true)));
    this.run.addEventListener("click", () => this.runOrStop());
    this.share.addEventListener("click", () => void this.copyLink());
    window.addEventListener("pagehide", () => this.keep());
    const release = releaseOf(this.page.endpoint);
    const query = queryInAddress(location) || this.page.query || (release ? this.opening : "");
    if (query) this.load(query, release);
    this.fit();
    void this.releases.fill();
    void this.fillExamples();
  }

  private settings(): ConstructorParameters<typeof Yasgui>[1] {
    return {
      persistenceId: STORAGE,
      persistenceLabelConfig: "query",
      populateFromUrl: false, // it would run what the address says; here it is shown only
      autofocus: false,
      copyEndpointOnNewTab: false,
      tabName: "Query",
      endpointCatalogueOptions: { getData: () => [], keys: [], renderItem: () => undefined },
      requestConfig: {
        endpoint: endpointOf(""),
        method: ((yasgui: Yasgui) => ((yasgui.getTab()?.getQuery().length ?? 0) < LONGEST_GET ? "GET" : "POST")) as never,
        acceptHeaderSelect: "application/sparql-results+json,*/*;q=0.5",
        acceptHeaderGraph: "text/turtle,*/*;q=0.5",
      },
      yasqe: {
        value: this.opening,
        showQueryButton: false,
        pluginButtons: (() => undefined) as never, // with no buttons of ours it draws none of its own: the bar has them
        screenReaderLabel: "Query in SPARQL; Escape and then Tab leaves the editor",
        extraKeys: { "Ctrl-Space": complete as never, Tab: false, "Shift-Tab": false } as never,
        viewportMargin: 20,
      } as never,
      // Answers are not kept in the browser: whoever comes back asks again and gets what the release says.
      yasr: { maxPersistentResponseSize: 0, prefixes: this.page.prefixes, defaultPlugin: "table" },
    };
  }

  private tab(): Tab | undefined {
    return this.yasgui.getTab();
  }

  /** Bring the bar and the examples to the open tab, and listen to its editor once. */
  private fit(): void {
    const tab = this.tab();
    const yasqe = tab?.getYasqe();
    const panel = tab && document.getElementById(tab.getId());
    if (!tab || !yasqe || !panel) return;
    panel.querySelector(".editorwrapper")?.append(this.bar, ...(this.page.examples ? [this.page.examples] : []));
    this.releases.show(releaseOf(tab.getEndpoint()));
    if (!this.fitted.has(tab)) this.listen(tab, yasqe);
    this.showState();
  }

  private listen(tab: Tab, yasqe: Yasqe): void {
    const fitted: Fitted = { head: make("div", { class: "answer-head", role: "status" }), running: 0, started: 0 };
    this.fitted.set(tab, fitted);
    const yasr = tab.getYasr();
    yasr?.rootEl.before(fitted.head);
    yasr?.rootEl.addEventListener("click", openElsewhere, true);
    if (yasr) yasr.config.errorRenderers = [async ({ text }) => this.drawError(tab, text)];
    const ended = (): void => {
      fitted.running -= 1;
      panelOf(tab)?.classList.toggle("asking", fitted.running > 0);
      this.showState();
    };
    yasqe.on("queryBefore", () => {
      declarePrefixes(yasqe, this.page.prefixes);
      this.page.notice?.remove();
      fitted.running += 1;
      fitted.started = Date.now();
      fitted.head.replaceChildren();
      panelOf(tab)?.classList.add("asking");
      this.showState();
    });
    yasqe.on("query", () => {
      history.replaceState(null, "", addressOf(tab.getQuery(), releaseOf(tab.getEndpoint())));
    });
    yasqe.on("queryResponse", (_yasqe: Yasqe, response: unknown, duration: number) => {
      if (response instanceof Error) return; // comes with an event of its own
      fitted.head.replaceChildren(...this.describe(tab, response as Received, duration));
      ended();
    });
    yasqe.on("error", ended);
  }

  private describe(tab: Tab, received: Received, duration: number): Node[] {
    const results = tab.getYasr()?.results;
    const json = results?.getAsJson();
    const graph = results?.getType() === "ttl";
    const rows = results?.getBindings()?.length ?? 0;
    const truncated = json && "truncated" in json ? (json.truncated as object) : null;
    const yesOrNo = results?.getBoolean() !== undefined;
    const amount = yesOrNo ? "Answered" : graph ? plural(rows, "statement", "statements") : plural(rows, "row", "rows");
    const formats = this.page.formats.filter(({ holds }) => holds === (graph ? "graph" : "table"));
    const asked = { endpoint: tab.getEndpoint(), query: tab.getQuery() };
    return describeAnswer(received, asked, amount, duration, truncated, formats);
  }

  private drawError(tab: Tab, text: string): HTMLElement {
    const problem = problemIn(text);
    const yasqe = tab.getYasqe();
    if (yasqe && problem.line !== null) markProblem(yasqe, problem.line, problem.column ?? 1, problem.detail);
    return drawProblem(problem, (line, column) => yasqe && goTo(yasqe, line, column));
  }

  private runOrStop(): void {
    const tab = this.tab();
    if (!tab) return;
    if (this.fitted.get(tab)?.running) tab.getYasqe()?.abortQuery();
    else tab.query().catch(() => undefined); // drawn by the view of errors
  }

  private ticking = 0;

  /** Show whether the open tab waits for an answer, and for how long. */
  private showState(): void {
    window.clearTimeout(this.ticking);
    const tab = this.tab();
    const fitted = tab && this.fitted.get(tab);
    const running = fitted !== undefined && fitted.running > 0;
    this.run.textContent = running ? "Stop" : "Run";
    const waited = running ? Math.floor((Date.now() - fitted.started) / TICK) : 0;
    this.clock.textContent = waited > 0 ? `${waited} s` : "";
    if (running) this.ticking = window.setTimeout(() => this.showState(), TICK / 4);
  }

  private async copyLink(): Promise<void> {
    const tab = this.tab();
    if (!tab) return;
    const address = addressOf(tab.getQuery(), releaseOf(tab.getEndpoint()));
    history.replaceState(null, "", address);
    let said = "In the address bar";
    try {
      await navigator.clipboard.writeText(new URL(address, location.href).href);
      said = "Copied";
    } catch {
      // Browsers offer the clipboard on https and on this machine only.
    }
    if (!address.includes("edit=")) said = "Too long for a link";
    this.share.textContent = said;
    window.setTimeout(() => (this.share.textContent = "Copy link"), 1600);
  }

  private async fillExamples(): Promise<void> {
    if (!this.page.examples) return;
    const examples = await listExamples(this.page.examples, (example) => this.loadExample(example));
    for (const { query } of examples) this.untouched.add(query);
  }

  private loadExample({ summary, query }: Example): void {
    this.load(query, this.tab() ? releaseOf(this.tab()?.getEndpoint() ?? "/sparql") : "");
    this.tab()?.setName(summary);
    this.tab()?.getYasqe()?.focus();
  }

  /** Show a query in the tab that has it, in the open one when nothing of somebody's own is in it, else in a new one. */
  private load(query: string, release: string): void {
    const has = Object.values(this.yasgui._tabs).find((tab) => valueOf(tab) === query && releaseOf(tab.getEndpoint()) === release);
    const open = this.tab();
    if (has) this.yasgui.selectTabId(has.getId());
    else if (open && this.untouched.has(valueOf(open))) {
      open.setQuery(query);
      open.setEndpoint(endpointOf(release));
    } else {
      const tab = this.yasgui.addTab(true);
      tab.setQuery(query);
      tab.setEndpoint(endpointOf(release));
    }
    this.fit();
  }

  /** Keep what is typed and not asked yet; Yasgui does so only when the editor loses the focus. */
  private keep(): void {
    for (const tab of Object.values(this.yasgui._tabs)) {
      tab.getPersistedJson().yasqe.value = valueOf(tab);
      this.yasgui.emit("tabChange", this.yasgui, tab);
    }
  }
}

/** Return the query of a tab, also of one that was not opened yet. */
function valueOf(tab: Tab): string {
  return tab.getYasqe()?.getValue() ?? tab.getPersistedJson().yasqe.value;
}

function panelOf(tab: Tab): HTMLElement | null {
  return document.getElementById(tab.getId());
}

/** Links in an answer open beside it, since the answer is gone once the page is left. */
function openElsewhere(event: Event): void {
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
  if (link && !link.download && !link.getAttribute("href")?.startsWith("#")) {
    link.target = "_blank";
    link.rel = "noopener";
  }
}

function keys(budget: string): (Node | string)[] {
  const limit = Number(budget) > 0 ? `; a query may take up to ${budget} s` : "";
  return [make("kbd", {}, "Ctrl+Enter"), " runs, ", make("kbd", {}, "Ctrl+Space"), ` completes${limit}`];
}

function openingQuery({ prefixes }: Page): string {
  const declared = ["eclod", "skos"].filter((prefix) => prefix in prefixes);
  const prologue = declared.map((prefix) => `PREFIX ${prefix}: <${prefixes[prefix]}>\n`).join("");
  return `${prologue}
SELECT ?cluster ?name ?country WHERE {
  ?cluster a eclod:Cluster ;
    skos:prefLabel ?name ;
    eclod:country ?country .
}
ORDER BY ?name ?cluster ?country
LIMIT 50`;
}
