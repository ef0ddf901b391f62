// The answer as it came, and the answer to a question for yes or no.
import type { Plugin, Yasr } from "@zazuko/yasr";
import { whole } from "./answer";
import { make } from "./page";

const SHOWN = 100_000; // characters
const INDENTED = 1_000_000; // characters of JSON that are parsed again to be indented

/** The view of the raw response; Yasr's own puts an answer on one long line whole into an editor and stalls. */
export class RawView implements Plugin<never> {
  readonly label = "Response";
  readonly priority = 2;

  constructor(private readonly yasr: Yasr) {}

  canHandleResults(): boolean {
    return !!this.yasr.results && !this.yasr.results.hasError();
  }

  draw(): void {
    const { results } = this.yasr;
    const raw = results?.getOriginalResponseAsString() ?? "";
    const text = results?.getType() === "json" && raw.length <= INDENTED ? JSON.stringify(JSON.parse(raw), null, 2) : raw;
    const block = make("pre", { tabindex: "0", "aria-label": "Response" }, make("code", {}, text.slice(0, SHOWN)));
    this.yasr.resultsEl.append(block);
    if (text.length <= SHOWN) return;
    const note = `The first ${whole(SHOWN)} of ${whole(text.length)} characters; the downloads have all of it.`;
    this.yasr.resultsEl.append(make("p", { class: "note after" }, note));
  }

  getIcon(): Element | undefined {
    return undefined;
  }
}

/** The view of a yes or no; Yasr's own says true or false and reads like an error. */
export class YesNoView implements Plugin<never> {
  readonly priority = 20;
  readonly hideFromSelection = true;

  constructor(private readonly yasr: Yasr) {}

  canHandleResults(): boolean {
    return this.yasr.results?.getBoolean() !== undefined;
  }

  draw(): void {
    this.yasr.resultsEl.append(make("p", { class: "answer" }, this.yasr.results?.getBoolean() ? "Yes" : "No"));
  }

  getIcon(): Element | undefined {
    return undefined;
  }
}
