// How Yasgui is set up here: nothing is asked of another host, what the data says is shown unchanged, views are ours.
import Yasgui from "@zazuko/yasgui";
import type { Plugin } from "@zazuko/yasr";
import { chartView } from "./chartview";
import { checkSyntax, installCompletion } from "./editor";
import { mapView } from "./mapview";
import { Links } from "./names";
import type { Page } from "./page";
import { RawView, YesNoView } from "./plainviews";
import { tableView } from "./tableview";
import { fetchTerms } from "./terms";

/** The parts of Yasr that are changed here; some are private in its types. */
interface Results {
  json?: unknown;
  type?: string;
  res?: { content: string; headers: Headers };
}
interface Innards {
  results?: Results;
  draw(): void;
  updatePluginSelectors(enabled?: string[]): void;
  pluginSelectorsEl?: HTMLElement;
}

/** Prepare the parts of Yasgui before the first tab is made. */
export function installYasgui(page: Page): void {
  const { Yasqe, Yasr } = Yasgui;
  const links = new Links(page.base, page.described, page.prefixes);
  installCompletion(fetchTerms(), page.prefixes);
  Yasqe.prototype.checkSyntax = checkSyntax;
  Yasqe.defaults.editorHeight = "22rem";
  Yasr.registerPlugin("table", tableView(links) as unknown as typeof Plugin);
  Yasr.registerPlugin("boolean", YesNoView as unknown as typeof Plugin);
  Yasr.registerPlugin("response", RawView as unknown as typeof Plugin);
  Yasr.registerPlugin("map", mapView(links) as unknown as typeof Plugin);
  Yasr.registerPlugin("chart", chartView(links) as unknown as typeof Plugin);
  Yasr.defaults.pluginOrder = ["table", "chart", "map", "response"];
  keepLiterals(Yasr.prototype as unknown as Innards);
  tellSelected(Yasr.prototype as unknown as Innards);
}

/** Yasr fills `{{name}}` in literals with other columns of the row; here an answer is read as it came. */
function keepLiterals(yasr: Innards): void {
  const draw = yasr.draw;
  yasr.draw = function (this: Innards) {
    const { results } = this;
    if (results?.res?.headers.get("Content-Type")?.includes("sparql-results+json") && results.json === undefined) {
      results.json = JSON.parse(results.res.content);
      results.type = "json";
    }
    draw.call(this);
  };
}

/** Say to screen readers which view is shown and which do not suit, as the classes say to eyes. */
function tellSelected(yasr: Innards): void {
  const update = yasr.updatePluginSelectors;
  yasr.updatePluginSelectors = function (this: Innards, enabled?: string[]) {
    update.call(this, enabled);
    for (const button of this.pluginSelectorsEl?.querySelectorAll("button") ?? []) {
      button.setAttribute("aria-pressed", String(button.classList.contains("selected")));
      button.disabled = button.classList.contains("disabled");
      button.removeAttribute("aria-label");
    }
  };
}
