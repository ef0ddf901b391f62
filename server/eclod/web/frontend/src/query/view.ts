// What the views of results have in common: a plugin of Yasr that reads the rows of the answer.
import type { Plugin, Yasr } from "@zazuko/yasr";
import type { Answer, Row } from "./columns";
import { make } from "./page";

/** A view of a table of results; `fits` says for which. */
export abstract class View implements Plugin<never> {
  abstract readonly label: string;
  abstract readonly priority: number;
  private decided: { answer: Answer; fits: boolean } | null = null;

  constructor(protected readonly yasr: Yasr) {}

  protected abstract fits(answer: Answer): boolean;
  protected abstract show(answer: Answer, element: HTMLElement): Promise<void> | void;

  canHandleResults(): boolean {
    const answer = this.answer();
    if (!answer) return false;
    // Looked at once for an answer, although Yasr asks often.
    if (this.decided?.answer.rows !== answer.rows) this.decided = { answer, fits: this.fits(answer) };
    return this.decided.fits;
  }

  async draw(): Promise<void> {
    const answer = this.answer();
    if (answer) await this.show(answer, this.yasr.resultsEl);
  }

  getIcon(): Element | undefined {
    return undefined;
  }

  private answer(): Answer | null {
    const rows = this.yasr.results?.getBindings() as readonly Row[] | null | undefined;
    return rows ? { columns: this.yasr.results?.getVariables() ?? [], rows } : null;
  }
}

/** Make a select among columns, with its label. */
export function choice(
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  value: string,
  changed: (value: string) => void,
): HTMLElement {
  const select = make("select", {}, ...options.map(([each, text]) => make("option", { value: each }, text)));
  select.value = value;
  select.addEventListener("change", () => changed(select.value));
  return make("label", { class: "choice" }, make("span", {}, label), select);
}
