import { LatLng } from "leaflet/dist/leaflet-src.esm.js";

/** A point that the page names in its text. */
export interface Place {
  readonly at: LatLng;
  readonly label: string;
  readonly href: string | null;
}

/** How many things the page counts in a country; `code` is ISO 3166-1 alpha-3. */
export interface CountryCount {
  readonly code: string;
  readonly label: string;
  readonly href: string | null;
}

/** Read the places of a list: every element with `data-longitude` and `data-latitude`. */
export function placesIn(list: Element): Place[] {
  return [...list.querySelectorAll<HTMLElement>("[data-longitude]")]
    .map((item) => ({
      at: new LatLng(Number(item.dataset["latitude"]), Number(item.dataset["longitude"])),
      ...labelAndLink(item),
    }))
    .filter(({ at }) => Number.isFinite(at.lat) && Number.isFinite(at.lng));
}

/** Read the counts of a list: every element with `data-country` and `data-count`. */
export function countsIn(list: Element): Map<string, CountryCount & { count: number }> {
  const items = [...list.querySelectorAll<HTMLElement>("[data-country]")].map((item) => {
    const code = item.dataset["country"] ?? "";
    return [code, { code, count: Number(item.dataset["count"]), ...labelAndLink(item) }] as const;
  });
  return new Map(items);
}

/** Read the outline that a list has beside its places: rings of longitude,latitude between blanks and semicolons. */
export function outlineIn(list: HTMLElement): LatLng[][] {
  const rings = (list.dataset["outline"] ?? "").split(";").map((ring) =>
    ring
      .split(" ")
      .map((pair) => pair.split(",").map(Number))
      .filter((pair): pair is [number, number] => pair.length === 2 && pair.every(Number.isFinite))
      .map(([longitude, latitude]) => new LatLng(latitude, longitude)),
  );
  return rings.filter((ring) => ring.length > 3);
}

function labelAndLink(item: HTMLElement): { label: string; href: string | null } {
  const label = item.dataset["label"] ?? item.textContent?.trim().replace(/\s+/g, " ") ?? "";
  return { label, href: item.querySelector("a")?.getAttribute("href") ?? null };
}
