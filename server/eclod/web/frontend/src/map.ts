// Maps of places that the page also lists as text. An element with `data-map` holds the map; its value is the id of the list.
import { drawMap } from "./atlas";
import { countsIn, outlineIn, placesIn } from "./places";

for (const element of document.querySelectorAll<HTMLElement>("[data-map]")) {
  const list = document.getElementById(element.dataset["map"] ?? "");
  if (list) void drawMap(element, placesIn(list), countsIn(list), "europe", outlineIn(list));
}
