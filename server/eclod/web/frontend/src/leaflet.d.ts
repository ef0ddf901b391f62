// Leaflet's ES module, which can be bundled in parts, has the types of its main entry.
declare module "leaflet/dist/leaflet-src.esm.js" {
  export * from "leaflet";
  export function extend(target: object, ...sources: object[]): object;
}
