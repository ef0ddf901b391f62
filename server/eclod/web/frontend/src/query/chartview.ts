// Results as a chart: bars, lines or points, from columns that the reader may change.
import type { Chart } from "chart.js";
import { plural } from "./answer";
import { numericColumns, type Answer } from "./columns";
import type { Links } from "./names";
import { make } from "./page";
import { chartData, pointPairs, proposed, type Chosen, type Kind } from "./series";
import { choice, View } from "./view";

const KINDS: readonly (readonly [Kind, string])[] = [["bars", "bars"], ["lines", "lines"], ["points", "points"]];

/** Return the chart view. */
export function chartView(links: Links): new (...args: ConstructorParameters<typeof View>) => View {
  return class ChartView extends View {
    readonly label = "Chart";
    readonly priority = 1;
    private chart: Chart | null = null;
    private chosen: { answer: Answer; what: Chosen } | null = null;
    private readonly scheme = window.matchMedia("(prefers-color-scheme: dark)");
    private redraw: (() => void) | null = null;

    protected fits(answer: Answer): boolean {
      return numericColumns(answer).length > 0;
    }

    protected async show(answer: Answer, element: HTMLElement): Promise<void> {
      this.destroy();
      const { drawChart } = await import("./chart");
      if (this.chosen?.answer.rows !== answer.rows) this.chosen = { answer, what: proposed(answer) };
      const controls = make("div", { class: "choices" });
      const canvas = make("canvas", { role: "img" });
      const note = make("p", { class: "note" });
      element.append(controls, make("div", { class: "chart-canvas" }, canvas), note);

      const draw = (): void => {
        const what = this.chosen?.what ?? proposed(answer);
        const data = chartData(answer, what, links);
        this.chart?.destroy();
        this.chart = drawChart(canvas, what, data, what.kind === "points" ? pointPairs(answer, what) : []);
        canvas.setAttribute("aria-label", `Chart of “${what.numbers}” by “${what.labels}”; the table has the same numbers.`);
        canvas.dataset["drawn"] = "true";
        note.textContent = noteOf(data.leftOut);
      };
      const choose = (change: Partial<Chosen>): void => {
        this.chosen = { answer, what: { ...(this.chosen?.what ?? proposed(answer)), ...change } };
        controls.replaceChildren(...controlsOf(answer, this.chosen.what, choose), saveButton(canvas));
        draw();
      };
      choose({});
      this.redraw = draw;
      this.scheme.addEventListener("change", draw);
    }

    destroy(): void {
      if (this.redraw) this.scheme.removeEventListener("change", this.redraw);
      this.redraw = null;
      this.chart?.destroy();
      this.chart = null;
    }
  };
}

function controlsOf(answer: Answer, chosen: Chosen, choose: (change: Partial<Chosen>) => void): HTMLElement[] {
  const numeric = numericColumns(answer).map((column) => [column, column] as const);
  const all = answer.columns.map((column) => [column, column] as const);
  const points = chosen.kind === "points";
  const changeKind = (kind: string): void => {
    const first = numeric[0]?.[0] ?? "";
    const labels = kind === "points" ? first : proposed(answer).labels;
    choose({ kind: kind as Kind, labels, series: kind === "points" ? "" : chosen.series });
  };
  const controls = [
    choice("Chart", KINDS.filter(([kind]) => kind !== "points" || numeric.length > 1), chosen.kind, changeKind),
    choice(points ? "Across" : "Labels", points ? numeric : all, chosen.labels, (labels) => choose({ labels })),
    choice(points ? "Upwards" : "Numbers", numeric, chosen.numbers, (numbers) => choose({ numbers })),
  ];
  if (!points && all.length > 2) {
    controls.push(choice("Series", [["", "none"], ...all], chosen.series, (series) => choose({ series })));
  }
  return controls;
}

function noteOf({ labels, series }: { labels: number; series: number }): string {
  const parts = [];
  if (labels) parts.push(plural(labels, "further row is", "further rows are"));
  if (series) parts.push(plural(series, "further series is", "further series are"));
  return parts.length ? `${parts.join(" and ")} not drawn; sort or filter in the query to choose others.` : "";
}

function saveButton(canvas: HTMLCanvasElement): HTMLElement {
  const button = make("button", { type: "button", class: "quiet" }, "Save as image");
  button.addEventListener("click", () => {
    const copy = make("canvas");
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const pen = copy.getContext("2d");
    if (!pen) return;
    pen.fillStyle = getComputedStyle(document.body).backgroundColor;
    pen.fillRect(0, 0, copy.width, copy.height);
    pen.drawImage(canvas, 0, 0);
    make("a", { href: copy.toDataURL("image/png"), download: "chart.png" }).click();
  });
  return button;
}
