import { CRS, LatLng, Point, Transformation, bounds, extend, type Bounds } from "leaflet/dist/leaflet-src.esm.js";

const RADIUS = 6371007; // of the sphere with the Earth's surface, in metres
const AROUND = 2 * Math.PI * RADIUS;
const RADIANS = Math.PI / 180;

/**
 * Lambert's azimuthal equal-area projection around a point (Snyder 1987, pages 182-190), on the sphere.
 *
 * Regions keep their relative size, as on the maps of the European statistical system, where web Mercator would
 * show the north three times too large. At a given zoom the middle of the map has the scale people know.
 */
export function equalAreaAround(middle: LatLng): CRS {
  const sinMiddle = Math.sin(middle.lat * RADIANS);
  const cosMiddle = Math.cos(middle.lat * RADIANS);

  const projection = {
    bounds: bounds([-2 * RADIUS, -2 * RADIUS], [2 * RADIUS, 2 * RADIUS]),
    project({ lat, lng }: LatLng): Point {
      const sin = Math.sin(lat * RADIANS);
      const cos = Math.cos(lat * RADIANS);
      const east = (lng - middle.lng) * RADIANS;
      const cosDistance = sinMiddle * sin + cosMiddle * cos * Math.cos(east);
      const k = RADIUS * Math.sqrt(2 / Math.max(1 + cosDistance, 1e-9));
      return new Point(
        k * cos * Math.sin(east),
        k * (cosMiddle * sin - sinMiddle * cos * Math.cos(east)),
      );
    },
    unproject({ x, y }: Point): LatLng {
      const rho = Math.hypot(x, y);
      if (rho < 1e-6) return middle;
      const distance = 2 * Math.asin(Math.min(rho / (2 * RADIUS), 1));
      const [sin, cos] = [Math.sin(distance), Math.cos(distance)];
      const lat = Math.asin(cos * sinMiddle + (y * sin * cosMiddle) / rho);
      const east = Math.atan2(x * sin, rho * cosMiddle * cos - y * sinMiddle * sin);
      return new LatLng(lat / RADIANS, middle.lng + east / RADIANS);
    },
  };
  return extend({}, CRS.Earth, {
    code: undefined,
    projection,
    transformation: new Transformation(1 / AROUND, 0.5, -1 / AROUND, 0.5),
    wrapLng: undefined,
    infinite: true,
  }) as CRS;
}

/** Where `places` lie together on the plane of a map, in pixels at zoom 0. */
export function extent(crs: CRS, places: readonly LatLng[]): Bounds {
  return bounds(places.map((place) => crs.latLngToPoint(place, 0)));
}
