// Addresses that open the page with a query in the editor.
import { endpointOf } from "./releases";

const LONGEST = 6000; // characters; servers and proxies refuse longer addresses

/** Return the address that opens the page with a query, not yet asked; that of the bare page when the query is too long. */
export function addressOf(query: string, release: string): string {
  const { pathname } = new URL(endpointOf(release));
  // Addresses are read by people too: what may stand in a query string as it is, does (RFC 3986, section 3.4).
  const edit = encodeURIComponent(query).replace(/%(3A|2F|3F|3B|2C|40)/g, (code) => decodeURIComponent(code));
  const address = `${pathname}?edit=${edit.replace(/%20/g, "+")}`;
  return address.length <= LONGEST ? address : pathname;
}

/** Return the query of an address: `?edit=`, or `#query=` as other services that use Yasgui share theirs; "" for none. */
export function queryInAddress({ search, hash }: Location): string {
  return new URLSearchParams(search).get("edit") ?? new URLSearchParams(hash.slice(1)).get("query") ?? "";
}
