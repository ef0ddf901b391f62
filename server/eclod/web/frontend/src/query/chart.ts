// Charts of the numbers of an answer, in the colours of the page.
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  ScatterController,
  Tooltip,
  type ChartConfiguration,
  type ChartDataset,
} from "chart.js";
import type { Chosen, ChartData } from "./series";

Chart.register(
  BarController, BarElement, CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement,
  ScatterController, Tooltip,
);

const BAR_HEIGHT = 26; // pixels for a bar and the room around it
const AXES_HEIGHT = 70;
const SHORTEST = 280;
const LONGEST_LABEL = 34; // characters
/** Series are told apart by more than colour. */
const SHAPES = ["circle", "rect", "triangle", "rectRot", "star", "cross"] as const;
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [4, 4], [12, 4]];

/** Draw a chart in a canvas; whoever draws another destroys this one first. */
export function drawChart(
  canvas: HTMLCanvasElement,
  chosen: Chosen,
  data: ChartData,
  pairs: readonly { x: number; y: number }[],
): Chart {
  const colour = coloursOf(canvas);
  const bars = chosen.kind === "bars";
  const height = bars ? AXES_HEIGHT + BAR_HEIGHT * data.labels.length * Math.max(1, data.series.length * 0.6) : 0;
  if (canvas.parentElement) canvas.parentElement.style.height = `${Math.max(SHORTEST, Math.min(height, 4000))}px`;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 13;
  Chart.defaults.color = colour.text;
  Chart.defaults.borderColor = colour.line;

  const titled = (text: string) => ({ display: true, text, color: colour.text });
  const config: ChartConfiguration<"bar" | "line" | "scatter"> = {
    type: bars ? "bar" : chosen.kind === "lines" ? "line" : "scatter",
    data: { labels: [...data.labels], datasets: datasets(chosen, data, pairs, colour.series) },
    options: {
      animation: false,
      maintainAspectRatio: false,
      responsive: true,
      indexAxis: bars ? "y" : "x",
      interaction: { mode: chosen.kind === "points" ? "nearest" : "index", axis: bars ? "y" : "x", intersect: false },
      plugins: { legend: { display: data.series.length > 1, position: "bottom" } },
      scales: bars
        ? {
            x: { beginAtZero: true, title: titled(chosen.numbers), ticks: whole(data) },
            y: { type: "category", grid: { display: false }, ticks: { autoSkip: false, callback: (_, index) => shortened(data.labels[index] ?? "") } },
          }
        : {
            x: chosen.kind === "points" ? { type: "linear", title: titled(chosen.labels) } : { type: "category", title: titled(chosen.labels) },
            y: { beginAtZero: chosen.kind === "lines", title: titled(chosen.numbers), ticks: whole(data) },
          },
    },
  };
  return new Chart(canvas, config as ChartConfiguration);
}

function datasets(
  chosen: Chosen,
  data: ChartData,
  pairs: readonly { x: number; y: number }[],
  colours: readonly string[],
): ChartDataset<"bar" | "line" | "scatter">[] {
  if (chosen.kind === "points") {
    return [{ label: chosen.numbers, data: [...pairs], backgroundColor: colours[0] ?? "", pointRadius: 4 }] as ChartDataset<"scatter">[];
  }
  return data.series.map(({ name, values }, number) => ({
    label: name,
    data: [...values],
    backgroundColor: colours[number % colours.length] ?? "",
    borderColor: colours[number % colours.length] ?? "",
    ...(chosen.kind === "lines"
      ? { borderWidth: 2, borderDash: DASHES[number % DASHES.length] ?? [], pointStyle: SHAPES[number % SHAPES.length] ?? "circle", pointRadius: 4, spanGaps: true }
      : { maxBarThickness: 22 }),
  })) as ChartDataset<"bar" | "line">[];
}

/** Numbers of things need no fractions on their axis. */
function whole(data: ChartData): { precision?: number } {
  const counts = data.series.length > 0 && data.series.every(({ values }) => values.every((value) => value === null || Number.isInteger(value)));
  return counts ? { precision: 0 } : {};
}

function shortened(label: string): string {
  return label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label;
}

function coloursOf(element: Element): { text: string; line: string; series: string[] } {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return { text: token("--ink"), line: token("--line"), series: [1, 2, 3, 4, 5, 6].map((number) => token(`--series-${number}`)) };
}
