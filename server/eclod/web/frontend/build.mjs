// Bundles src/ into ../static/dist/: `node build.mjs`, after `npm ci`.
import { build } from "esbuild";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { outlines } from "./outlines.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const target = here("../static/dist");

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });

const result = await build({
  absWorkingDir: here("."),
  entryPoints: [
    ...["page.ts", "map.ts", "map.css", "fonts.css", "figures.ts", "chart.css"].map((name) => `src/${name}`),
    ...["query.ts", "query.css"].map((name) => ({ in: `src/query/${name}`, out: name.replace(/\.\w+$/, "") })),
  ],
  splitting: true,
  outdir: target,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox114", "safari16.4"],
  loader: { ".woff2": "file", ".png": "empty" },
  assetNames: "[name]",
  metafile: true,
  legalComments: "linked",
  logLevel: "warning",
});

const atlas = JSON.parse(await readFile(here("node_modules/world-atlas/countries-50m.json"), "utf8"));
const countries = JSON.stringify(outlines(atlas));
await writeFile(`${target}/countries.json`, countries);

const licences = await licencesOf(JSON.parse(await readFile(here("package-lock.json"), "utf8")).packages);
await writeFile(`${target}/licences.txt`, licences);

const sizes = Object.entries(result.metafile.outputs).map(([path, output]) => [path.split("/").pop(), output.bytes]);
sizes.push(["countries.json", countries.length], ["licences.txt", licences.length]);
for (const [name, bytes] of sizes.sort()) {
  console.log(`${name.padEnd(48)} ${(bytes / 1000).toFixed(1).padStart(7)} kB`);
}

/** The licences of all that may be in the bundles, as these ask for: not every package keeps its own in its code. */
async function licencesOf(packages) {
  const parts = [];
  for (const [folder, { dev, version, license }] of Object.entries(packages)) {
    if (folder === "" || dev) continue;
    const file = (await readdir(here(folder))).find((name) => /^licen[cs]e/i.test(name));
    const text = file ? await readFile(here(`${folder}/${file}`), "utf8") : "";
    parts.push(`${folder.split("node_modules/").pop()} ${version} (${license ?? "licence below"})\n\n${text.trim()}\n`);
  }
  return parts.join(`\n${"-".repeat(72)}\n\n`);
}
