// Results on a map: points where the answer has coordinates, else countries shaded by a number.
import type { Place } from "../places";
import { plural, whole } from "./answer";
import { countryCode, countryColumn, naming, numberOf, numericColumns, pointReader, thingColumn, type Answer, type Row } from "./columns";
import type { Links } from "./names";
import { make } from "./page";
import { choice, View } from "./view";

/** Return the map view; it leads to our pages. */
export function mapView(links: Links): new (...args: ConstructorParameters<typeof View>) => View {
  return class MapView extends View {
    readonly label = "Map";
    readonly priority = 1;
    private shade = "";

    protected fits(answer: Answer): boolean {
      return pointReader(answer) !== null || (countryColumn(answer) !== null && numericColumns(answer).length > 0);
    }

    protected async show(answer: Answer, element: HTMLElement): Promise<void> {
      await (pointReader(answer) ? showPoints(answer, element, links) : this.showCountries(answer, element));
    }

    private async showCountries(answer: Answer, element: HTMLElement): Promise<void> {
      const numeric = numericColumns(answer);
      const number = numeric.includes(this.shade) ? this.shade : (numeric[0] ?? "");
      if (numeric.length > 1) {
        const again = (value: string): void => {
          this.shade = value;
          element.replaceChildren();
          void this.showCountries(answer, element);
        };
        element.append(make("div", { class: "choices" }, choice("Shade by", numeric.map((each) => [each, each]), number, again)));
      }
      await shadeCountries(answer, number, element, links);
    }
  };
}

async function showPoints(answer: Answer, element: HTMLElement, links: Links): Promise<void> {
  const reader = pointReader(answer);
  if (!reader) return;
  const { drawMap, LatLng } = await import("../atlas");
  const names = naming(answer, reader.columns);
  const thing = thingColumn(answer);
  const places = new Map<string, Place>();
  let without = 0;
  for (const row of answer.rows) {
    const point = reader.read(row);
    if (!point) {
      without += 1;
      continue;
    }
    // A thing that is in several rows, for one in each language, is one place.
    const href = thing && row[thing]?.type === "uri" ? links.to(row[thing].value) : null;
    const label = labelOf(row, names, links);
    const key = `${point.latitude} ${point.longitude} ${href ?? label}`;
    if (!places.has(key)) places.set(key, { at: new LatLng(point.latitude, point.longitude), label, href });
  }
  const missing = without ? ` ${plural(without, "row has", "rows have")} no coordinates.` : "";
  const canvas = frame(element, `${plural(places.size, "place", "places")}.${missing}`);
  await drawMap(canvas, [...places.values()], new Map(), "places");
}

async function shadeCountries(answer: Answer, number: string, element: HTMLElement, links: Links): Promise<void> {
  const { drawMap } = await import("../atlas");
  const country = countryColumn(answer) ?? "";
  const names = naming(answer, [number]);
  const counts = new Map<string, { code: string; label: string; href: string | null; count: number }>();
  for (const row of answer.rows) {
    const code = countryCode(row[country]);
    const count = numberOf(row[number]);
    if (!code || count === null || counts.has(code)) continue;
    const label = `${labelOf(row, names, links)}: ${whole(count)}`;
    counts.set(code, { code, label, href: links.to(row[country]?.value ?? ""), count });
  }
  const canvas = frame(element, `${plural(counts.size, "country", "countries")}, shaded by “${number}”; the stronger the colour, the more.`);
  await drawMap(canvas, [], counts);
}

function labelOf(row: Row, names: readonly string[], links: Links): string {
  const value = names.map((name) => row[name]).find((each) => each !== undefined);
  if (!value) return "";
  return value.type === "uri" ? links.short(value.value) : value.value;
}

function frame(element: HTMLElement, caption: string): HTMLElement {
  const canvas = make("div", { class: "map-canvas answer-map", role: "group", "aria-label": "Map of the answer" });
  element.append(canvas, make("p", { class: "note" }, `${caption} The table lists them.`));
  return canvas;
}
