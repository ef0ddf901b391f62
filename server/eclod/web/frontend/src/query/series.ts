// The numbers of an answer as a chart needs them: labels, and for each series a number for each label.
import { naming, numberOf, numericColumns, timeColumns, type Answer } from "./columns";
import type { Links } from "./names";

export type Kind = "bars" | "lines" | "points";

/** What a chart shows: a column of labels (for points: of numbers), one of numbers, and one that parts the rows in series. */
export interface Chosen {
  readonly kind: Kind;
  readonly labels: string;
  readonly numbers: string;
  readonly series: string;
}

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface ChartData {
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  /** Labels and series that are left out because no eye could tell them apart. */
  readonly leftOut: { readonly labels: number; readonly series: number };
}

const MOST_BARS = 40;
const MOST_SERIES = 6;

/** Return what suits an answer before anybody chose: lines over time, else bars of the first name and the last number. */
export function proposed(answer: Answer): Chosen {
  const times = timeColumns(answer);
  const numeric = numericColumns(answer).filter((column) => !times.includes(column));
  const numbers = numeric.at(-1) ?? numericColumns(answer).at(-1) ?? "";
  const names = naming(answer, [numbers, ...times]).filter((column) => !numeric.includes(column));
  const time = times[0];
  if (time !== undefined && time !== numbers) return { kind: "lines", labels: time, numbers, series: names[0] ?? "" };
  const first = names[0];
  if (first !== undefined) return { kind: "bars", labels: first, numbers, series: "" };
  return { kind: numeric.length > 1 ? "points" : "bars", labels: numeric[0] ?? numbers, numbers, series: "" };
}

/** Return the numbers of a chart; rows with the same label and series are added up for bars and lines. */
export function chartData(answer: Answer, chosen: Chosen, links: Links): ChartData {
  const labels = new Map<string, number>();
  const series = new Map<string, Map<string, number>>();
  for (const row of answer.rows) {
    const number = numberOf(row[chosen.numbers]);
    if (number === null) continue;
    const value = row[chosen.labels];
    const label = value === undefined ? "–" : value.type === "uri" ? links.short(value.value) : value.value;
    const partValue = chosen.series ? row[chosen.series] : undefined;
    const part = partValue === undefined ? chosen.numbers : partValue.type === "uri" ? links.short(partValue.value) : partValue.value;
    labels.set(label, labels.size);
    const sums = series.get(part) ?? new Map<string, number>();
    sums.set(label, (sums.get(label) ?? 0) + number);
    series.set(part, sums);
  }
  const all = [...labels.keys()];
  if (chosen.kind === "lines") all.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const shown = chosen.kind === "bars" ? all.slice(0, MOST_BARS) : all;
  const parts = [...series].slice(0, MOST_SERIES);
  return {
    labels: shown,
    series: parts.map(([name, sums]) => ({ name, values: shown.map((label) => sums.get(label) ?? null) })),
    leftOut: { labels: all.length - shown.length, series: series.size - parts.length },
  };
}

/** Return the pairs of numbers of an answer. */
export function pointPairs(answer: Answer, chosen: Chosen): { x: number; y: number }[] {
  return answer.rows.flatMap((row) => {
    const [x, y] = [numberOf(row[chosen.labels]), numberOf(row[chosen.numbers])];
    return x === null || y === null ? [] : [{ x, y }];
  });
}
