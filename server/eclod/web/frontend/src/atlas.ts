// A map of places in Europe or elsewhere, without tiles: nothing depends on a tile server, and no third party sees who looks at what.
import {
  LatLng,
  Map as LeafletMap,
  DivIcon,
  LayerGroup,
  Marker,
  Point,
  Polygon,
  control,
  type CRS,
} from "leaflet/dist/leaflet-src.esm.js";
import { drawCountries } from "./countries";
import { grouped } from "./grouping";
import type { CountryCount, Place } from "./places";
import { equalAreaAround, extent } from "./projection";

export { LatLng };

const EUROPE = { middle: new LatLng(53, 12), corners: [new LatLng(35, -10), new LatLng(35, 33), new LatLng(70, 27)] };
const FAR_FROM_EUROPE = 3_600_000; // metres
const NEAREST_ZOOM = 9; // the outlines are drawn for a scale of 1:50 million; nearer they would pretend
const ZOOM_OF_ONE_PLACE = { inEurope: 5.25, elsewhere: 3.5 }; // outlines outside Europe are coarser
const MARKER_DISTANCE = 26; // pixels, so that a finger can meet one marker
const MARKER_DISTANCE_OF_MANY = 40; // where groups are large and their markers too
const MANY_PLACES = 100;
const LISTED_IN_POPUP = 8;
const MANY_IN_GROUP = 20; // more than this are not listed but looked at nearer

/**
 * Draw places as markers and counts as shades of countries, on outlines of the countries; resolves when all is drawn.
 *
 * The map begins with all of Europe when a place is there, or as near as all `places` are shown; with an `outline`, the rings
 * of one area, as near as all of it is.
 */
export async function drawMap(
  element: HTMLElement,
  places: readonly Place[],
  counts: ReadonlyMap<string, CountryCount & { count: number }>,
  begin: "europe" | "places" = "europe",
  outline: readonly LatLng[][] = [],
): Promise<LeafletMap> {
  const overview = counts.size > 0 || places.length > 1;
  const crs = equalAreaAround(middleOf(places, overview));
  const touch = window.matchMedia("(pointer: coarse)").matches;
  const map = new LeafletMap(element, {
    crs,
    minZoom: 1.5,
    maxZoom: NEAREST_ZOOM,
    zoomSnap: 0.25,
    zoomDelta: 0.75,
    attributionControl: false,
    zoomControl: false,
    scrollWheelZoom: false,
    dragging: !touch, // one finger scrolls the page, two move the map
    zoomAnimation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
  });
  control.zoom({ position: "topright", zoomInTitle: "Nearer", zoomOutTitle: "Farther" }).addTo(map);
  map.on("focus", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
  if (outline.length > 0) fit(map, crs, outline.flat());
  else show(map, crs, places, overview, begin);
  await drawCountries(map, crs, new URL("countries.json", import.meta.url), counts);
  // What lies inside an even number of rings is a hole, or nothing: rings may be in any order.
  if (outline.length > 0) new Polygon([...outline], { className: "outline", interactive: false }).addTo(map);
  drawMarkers(map, crs, places);
  element.dataset["drawn"] = "true";
  return map;
}

/** The middle of the projection: Europe's for an overview, the place itself for one place. */
function middleOf(places: readonly Place[], overview: boolean): LatLng {
  const first = places[0];
  if (!first || (overview && places.some(({ at }) => inEurope(at)))) return EUROPE.middle;
  return first.at;
}

function inEurope(at: LatLng): boolean {
  return at.distanceTo(EUROPE.middle) < FAR_FROM_EUROPE;
}

function show(map: LeafletMap, crs: CRS, places: readonly Place[], overview: boolean, begin: "europe" | "places"): void {
  const europeans = places.filter(({ at }) => inEurope(at));
  const first = places[0];
  if (!overview && first) {
    map.setView(first.at, inEurope(first.at) ? ZOOM_OF_ONE_PLACE.inEurope : ZOOM_OF_ONE_PLACE.elsewhere);
    return;
  }
  fit(map, crs, !first || (begin === "europe" && europeans.length > 0) ? EUROPE.corners : places.map(({ at }) => at));
}

function fit(map: LeafletMap, crs: CRS, corners: readonly LatLng[]): void {
  const box = extent(crs, corners);
  const size = map.getSize();
  const room = Math.min(size.x / Math.max(box.getSize().x, 1e-6), size.y / Math.max(box.getSize().y, 1e-6));
  map.setView(crs.pointToLatLng(box.getCenter(), 0), Math.min(Math.log2(room * 0.96), 6));
}

function drawMarkers(map: LeafletMap, crs: CRS, places: readonly Place[]): void {
  const layer = new LayerGroup().addTo(map);
  const draw = (): void => {
    layer.clearLayers();
    const zoom = map.getZoom();
    const items = places.map((place) => {
      const { x, y } = crs.latLngToPoint(place.at, zoom);
      return { x, y, place };
    });
    for (const group of grouped(items, places.length > MANY_PLACES ? MARKER_DISTANCE_OF_MANY : MARKER_DISTANCE)) {
      const members = group.members.map(({ place }) => place);
      const at = members.length === 1 && members[0] ? members[0].at : crs.pointToLatLng(new Point(group.x, group.y), zoom);
      const marker = markerOf(at, members).addTo(layer);
      if (members.length > MANY_IN_GROUP && zoom < NEAREST_ZOOM) {
        marker.on("click", () => map.setView(at, Math.min(zoom + 1.5, NEAREST_ZOOM)));
      } else {
        marker.bindPopup(() => popupOf(members), { maxWidth: 260, minWidth: 120 });
      }
    }
  };
  map.on("zoomend", draw);
  draw();
}

function markerOf(at: LatLng, members: readonly Place[]): Marker {
  const many = members.length > 1;
  const size = many ? 24 + 4 * Math.min(Math.log2(members.length), 5) : 16;
  const icon = new DivIcon({
    className: many ? "pin pin-many" : "pin",
    html: many ? String(members.length) : "",
    iconSize: [size, size],
  });
  const title = members.length === 1 ? (members[0]?.label ?? "") : `${members.length} places`;
  // The list beside the map is the way for keyboards and screen readers.
  return new Marker(at, { icon, title, keyboard: false, alt: title });
}

function popupOf(members: readonly Place[]): HTMLElement {
  const list = document.createElement("ul");
  list.className = "popup-list";
  for (const { label, href } of members.slice(0, LISTED_IN_POPUP)) {
    const item = list.appendChild(document.createElement("li"));
    const text = item.appendChild(document.createElement(href ? "a" : "span"));
    text.textContent = label;
    if (href) text.setAttribute("href", href);
  }
  if (members.length > LISTED_IN_POPUP) {
    list.appendChild(document.createElement("li")).textContent = `and ${members.length - LISTED_IN_POPUP} more`;
  }
  return list;
}
