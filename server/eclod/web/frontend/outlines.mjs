// Country outlines for the maps: Natural Earth 1:50m, kept as it is around Europe, coarse elsewhere.
import { iso31661 } from "iso-3166";
import { feature } from "topojson-client";
import { filter, planarRingArea, presimplify, simplify } from "topojson-simplify";

const EUROPE = { west: -32, south: 27, east: 50, north: 72 };
const ANTARCTICA = "010";
const KOSOVO = "XKX"; // has no number in ISO 3166-1; this is its code in the EU's country table

// Weights are areas in square degrees (Visvalingam): a point that makes a smaller triangle is left out.
const FINE = 0.0007;
const COARSE = 0.1;
const SMALLEST_ISLAND = { europe: 0.004, elsewhere: 0.5 };

const GRID = 40000; // cells around the world, about a kilometre each

const ALPHA3 = new Map(iso31661.map((country) => [country.numeric, country.alpha3]));

/**
 * Return a TopoJSON topology with one object, `countries`.
 *
 * Each country has `code` (ISO 3166-1 alpha-3), `name` (English) and `label`: [longitude, latitude, degrees], a point
 * well inside its largest part and how wide that part is there.
 */
export function outlines(atlas) {
  const weighted = presimplify({ ...atlas, objects: { countries: atlas.objects.countries } });
  for (const arc of weighted.arcs) {
    for (const point of arc) {
      if (!inEurope(point)) point[2] *= FINE / COARSE;
    }
  }
  const simplified = simplify(weighted, FINE);
  const kept = filter(simplified, (arcs) => {
    const [ring] = feature(simplified, { type: "Polygon", arcs: [arcs] }).geometry.coordinates;
    const smallest = inEurope(ring[0]) ? SMALLEST_ISLAND.europe : SMALLEST_ISLAND.elsewhere;
    return planarRingArea(ring) >= smallest;
  });
  kept.objects.countries.geometries = kept.objects.countries.geometries
    .filter((country) => country.type !== null && country.id !== ANTARCTICA)
    .map((country) => ({
      type: country.type,
      arcs: country.arcs,
      properties: {
        code: ALPHA3.get(country.id) ?? (country.properties.name === "Kosovo" ? KOSOVO : ""),
        name: country.properties.name,
        label: labelPoint(feature(kept, country).geometry),
      },
    }));
  return quantised(kept);
}

function inEurope([longitude, latitude]) {
  return (
    longitude > EUROPE.west && longitude < EUROPE.east && latitude > EUROPE.south && latitude < EUROPE.north
  );
}

/** The middle of the widest stretch along 24 parallels through the largest part of a country. */
function labelPoint(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const ring = polygons.map(([outer]) => outer).sort((a, b) => planarRingArea(b) - planarRingArea(a))[0];
  const latitudes = ring.map(([, latitude]) => latitude);
  const [south, north] = [Math.min(...latitudes), Math.max(...latitudes)];
  let best = [0, 0, 0];
  let bestScore = -1;
  for (let step = 1; step < 24; step++) {
    const latitude = south + ((north - south) * step) / 24;
    const crossings = crossingsOf(ring, latitude);
    // A name needs room above and below as well: prefer the middle among stretches of like width.
    const middle = 1 - Math.abs(step - 12) / 24;
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const width = crossings[i + 1] - crossings[i];
      if (width * middle > bestScore) {
        bestScore = width * middle;
        best = [(crossings[i] + crossings[i + 1]) / 2, latitude, width * Math.cos((latitude * Math.PI) / 180)];
      }
    }
  }
  return best.map((number) => Math.round(number * 100) / 100);
}

function crossingsOf(ring, latitude) {
  const crossings = [];
  for (let i = 1; i < ring.length; i++) {
    const [[x1, y1], [x2, y2]] = [ring[i - 1], ring[i]];
    if (y1 > latitude !== y2 > latitude) crossings.push(x1 + ((latitude - y1) / (y2 - y1)) * (x2 - x1));
  }
  return crossings.sort((a, b) => a - b);
}

/** Delta-encode the arcs on the grid (TopoJSON 1.0, section 2.1.2). */
function quantised(topology) {
  const [west, south, east, north] = topology.bbox;
  const scale = [(east - west) / GRID, (north - south) / GRID];
  const arcs = topology.arcs.map((arc) => {
    const deltas = [];
    let [x, y] = [0, 0];
    for (const [longitude, latitude] of arc) {
      const column = Math.round((longitude - west) / scale[0]);
      const row = Math.round((latitude - south) / scale[1]);
      if (deltas.length === 0 || column !== x || row !== y) deltas.push([column - x, row - y]);
      [x, y] = [column, row];
    }
    if (deltas.length === 1) deltas.push([0, 0]); // an arc has two positions or more
    return deltas;
  });
  return { type: "Topology", objects: topology.objects, arcs, transform: { scale, translate: [west, south] } };
}
