// Country outlines for the maps: Natural Earth 1:50m, kept as it is around Europe, coarse elsewhere.
import { feature } from "topojson-client";
import { filter, planarRingArea, presimplify, simplify } from "topojson-simplify";

const EUROPE = { west: -32, south: 27, east: 50, north: 72 };
const ANTARCTICA = "010";

// Weights are areas in square degrees (Visvalingam): a point that makes a smaller triangle is left out.
const FINE = 0.0007;
const COARSE = 0.1;
const SMALLEST_ISLAND = { europe: 0.004, elsewhere: 0.5 };

function inEurope([longitude, latitude]) {
  return (
    longitude > EUROPE.west && longitude < EUROPE.east && latitude > EUROPE.south && latitude < EUROPE.north
  );
}

/** Return a TopoJSON topology with one object, `countries`; each has its English name and ISO 3166-1 numeric code. */
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
    .map(({ type, arcs, id, properties }) => ({ type, arcs, id, properties: { name: properties.name } }));
  return quantised(kept);
}

/** Delta-encode the arcs on a grid of about a kilometre (TopoJSON, section 2.1.3). */
function quantised(topology, cells = 40000) {
  const [west, south, east, north] = topology.bbox;
  const scale = [(east - west) / cells, (north - south) / cells];
  const arcs = topology.arcs.map((arc) => {
    let x = 0;
    let y = 0;
    const deltas = [];
    for (const [longitude, latitude] of arc) {
      const column = Math.round((longitude - west) / scale[0]);
      const row = Math.round((latitude - south) / scale[1]);
      const last = deltas.length && column === x && row === y;
      if (!last) deltas.push([column - x, row - y]);
      x = column;
      y = row;
    }
    if (deltas.length === 1) deltas.push([0, 0]);
    return deltas;
  });
  return { type: "Topology", objects: topology.objects, arcs, transform: { scale, translate: [west, south] } };
}
