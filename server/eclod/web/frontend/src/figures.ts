// Draws tables of numbers as charts: `<table data-chart="bars">` or `lines`, whose header marks the column of labels with
// `data-chart-labels` and the column of numbers with `data-chart-numbers`. The table stays, with the same numbers.
import { chartData, type Chosen } from "./query/series";
import type { Answer } from "./query/columns";
import type { Links } from "./query/names";

for (const table of document.querySelectorAll<HTMLTableElement>("table[data-chart]")) void draw(table);

async function draw(table: HTMLTableElement): Promise<void> {
  const header = [...table.querySelectorAll("thead th")];
  const labels = header.findIndex((cell) => cell.hasAttribute("data-chart-labels"));
  const numbers = header.findIndex((cell) => cell.hasAttribute("data-chart-numbers"));
  const chosen: Chosen = { kind: table.dataset["chart"] === "lines" ? "lines" : "bars", labels: titleOf(header[labels]), numbers: titleOf(header[numbers]), series: "" };
  const answer = {
    columns: [chosen.labels, chosen.numbers],
    rows: [...table.tBodies].flatMap((body) => [...body.rows]).map((row) => ({
      [chosen.labels]: { type: "literal", value: row.cells[labels]?.textContent?.trim() ?? "" },
      [chosen.numbers]: { type: "literal", value: numberIn(row.cells[numbers]), datatype: "http://www.w3.org/2001/XMLSchema#decimal" },
    })),
  } as unknown as Answer;
  if (answer.rows.length < 2) return;
  const { drawChart } = await import("./query/chart");
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Chart of “${chosen.numbers}” by “${chosen.labels}”; the table has the same numbers.`);
  const room = document.createElement("div");
  room.className = "chart-canvas";
  room.append(canvas);
  (table.closest(".scroll") ?? table).before(room);
  // Names in the cells are names already: nothing is an IRI that would have to be shortened.
  const data = chartData(answer, chosen, {} as Links);
  const redraw = (): (() => void) => {
    const chart = drawChart(canvas, chosen, data, []);
    canvas.dataset["drawn"] = "true";
    return () => chart.destroy();
  };
  let clear = redraw();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    clear();
    clear = redraw();
  });
}

function titleOf(cell: Element | undefined): string {
  return cell?.textContent?.trim() ?? "";
}

function numberIn(cell: HTMLTableCellElement | undefined): string {
  return cell?.querySelector("data")?.value ?? cell?.textContent?.trim() ?? "";
}
