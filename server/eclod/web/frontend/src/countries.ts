import {
  DivIcon,
  GeoJSON,
  LatLng,
  LayerGroup,
  Marker,
  type CRS,
  type Map as LeafletMap,
} from "leaflet/dist/leaflet-src.esm.js";
import type { Feature, FeatureCollection, Geometry } from "geojson";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { CountryCount } from "./places";

interface Country {
  readonly code: string;
  readonly name: string;
  readonly label: readonly [longitude: number, latitude: number, degrees: number];
}

type Counts = ReadonlyMap<string, CountryCount & { count: number }>;

const LEVELS = 5;
const LETTER = 7.2; // pixels a letter of a country's name takes
const FARTHEST = 15_000_000; // metres; what lies around the point opposite the middle has no shape on the map

/** Fetch the outlines and draw them under everything else, shaded by `counts`; with names where there is room when nothing is shaded. */
export async function drawCountries(map: LeafletMap, crs: CRS, url: URL, counts: Counts): Promise<void> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The outlines of the countries cannot be read: ${response.status} ${url.pathname}`);
  const topology = (await response.json()) as Topology<{ countries: GeometryCollection<Country> }>;
  const middle = map.getCenter();
  const countries = feature(topology, topology.objects.countries) as FeatureCollection<Geometry, Country>;
  countries.features = countries.features.filter(({ properties }) => at(properties).distanceTo(middle) < FARTHEST);
  const most = Math.max(1, ...[...counts.values()].map(({ count }) => count));

  new GeoJSON(countries, {
    style: (country) => ({ className: classOf(country?.properties as Country, counts, most) }),
    interactive: counts.size > 0,
    onEachFeature: (country: Feature<Geometry, Country>, layer) => {
      const counted = counts.get(country.properties.code);
      if (counted) layer.bindPopup(() => linkTo(counted));
    },
  }).addTo(map);
  if (counts.size === 0) drawNames(map, crs, countries.features.map(({ properties }) => properties));
}

function at(country: Country): LatLng {
  return new LatLng(country.label[1], country.label[0]);
}

function classOf(country: Country, counts: Counts, most: number): string {
  const count = counts.get(country.code)?.count ?? 0;
  if (count === 0) return "country";
  const level = 1 + Math.round(((LEVELS - 1) * Math.log(count)) / Math.max(Math.log(most), 1));
  return `country counted level-${Math.min(level, LEVELS)}`;
}

function linkTo(counted: CountryCount): HTMLElement {
  const link = document.createElement(counted.href ? "a" : "span");
  link.textContent = counted.label;
  if (counted.href) link.setAttribute("href", counted.href);
  return link;
}

/** Write the names of the countries that are wide enough on the screen for theirs. */
function drawNames(map: LeafletMap, crs: CRS, countries: readonly Country[]): void {
  const layer = new LayerGroup().addTo(map);
  const draw = (): void => {
    layer.clearLayers();
    const pixelsPerDegree = (256 * 2 ** map.getZoom()) / 360;
    for (const country of countries) {
      if (country.label[2] * pixelsPerDegree < country.name.length * LETTER) continue;
      const name = document.createElement("span");
      name.textContent = country.name;
      const icon = new DivIcon({ className: "country-name", html: name, iconSize: [0, 0] });
      new Marker(at(country), { icon, interactive: false, keyboard: false, zIndexOffset: -1000 }).addTo(layer);
    }
  };
  map.on("zoomend", draw);
  draw();
}
