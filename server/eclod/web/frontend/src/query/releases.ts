// Which release is asked: the current one, or a past one that answers as it did.
import { make } from "./page";

interface Listed {
  readonly current: string;
  readonly releases: readonly { readonly id: string; readonly created: string }[];
}

/** Return the endpoint that asks a release; the current one has no id. */
export function endpointOf(release: string): string {
  return new URL(release ? `/releases/${encodeURIComponent(release)}/sparql` : "/sparql", location.href).href;
}

/** Return the release that an endpoint asks, or "" for the current one. */
export function releaseOf(endpoint: string): string {
  const [, release = ""] = /^\/releases\/([^/]+)\/sparql$/.exec(new URL(endpoint, location.href).pathname) ?? [];
  return decodeURIComponent(release);
}

/** A choice among the releases; filled once the list of them is there. */
export class ReleaseChoice {
  readonly element = make("select", { id: "release" });

  constructor(current: string, chosen: (release: string) => void) {
    this.element.append(make("option", { value: "" }, current ? `current (${current})` : "current"));
    this.element.addEventListener("change", () => chosen(this.element.value));
  }

  /** Add the past releases; what cannot be listed cannot be chosen. */
  async fill(): Promise<void> {
    const response = await fetch("/releases?format=json");
    if (!response.ok) return;
    const { current, releases } = (await response.json()) as Listed;
    for (const { id, created } of releases) {
      if (id !== current && !this.offers(id)) this.element.append(make("option", { value: id }, `${day(created)} (${id})`));
    }
  }

  /** Show the release that is asked now, also one that is not listed any more. */
  show(release: string): void {
    if (!this.offers(release)) this.element.append(make("option", { value: release }, release));
    this.element.value = release;
  }

  private offers(release: string): boolean {
    return [...this.element.options].some(({ value }) => value === release);
  }
}

function day(created: string): string {
  const date = new Date(created);
  return Number.isNaN(date.getTime()) ? created : date.toLocaleDateString("en-GB", { dateStyle: "medium", timeZone: "UTC" });
}
