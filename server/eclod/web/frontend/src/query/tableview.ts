// Results as a table: sorted by its headings, filtered, a page at a time. In place of Yasr's own, which writes style
// elements into the page (our policy has none), leads to IRIs instead of pages and sorts with the mouse only.
import { plural, whole } from "./answer";
import { numberOf, numericColumns, type Answer, type Row, type Value } from "./columns";
import type { Links } from "./names";
import { make } from "./page";
import { choice, View } from "./view";

const SIZES = [50, 200, 1000];
const collator = new Intl.Collator("en", { numeric: true });

interface Order {
  readonly column: string;
  readonly descending: boolean;
}

/** What is shown of an answer. */
interface Shown {
  readonly answer: Answer;
  readonly numeric: ReadonlySet<string>;
  rows: readonly Row[];
  order: Order | null;
  page: number;
  /** Each row as text to filter by, made when it is first filtered. */
  texts: ReadonlyMap<Row, string> | null;
}

/** Return the table view; it leads to our pages. */
export function tableView(links: Links): new (...args: ConstructorParameters<typeof View>) => View {
  return class TableView extends View {
    readonly label = "Table";
    readonly priority = 10;
    private size = SIZES[0] ?? 50;
    private inFull = false;

    protected fits(answer: Answer): boolean {
      return answer.columns.length > 0;
    }

    protected show(answer: Answer, element: HTMLElement): void {
      if (answer.rows.length === 0) {
        element.append(make("p", {}, "Nothing in the data matches this query."));
        return;
      }
      const shown: Shown = { answer, numeric: new Set(numericColumns(answer)), rows: answer.rows, order: null, page: 0, texts: null };
      const table = make("div", { class: "scroll", role: "region", "aria-label": "Rows of the answer", tabindex: "0" });
      const pages = make("div", { class: "pages" });
      const draw = (): void => {
        const from = shown.page * this.size;
        const rows = shown.rows.slice(from, from + this.size);
        table.replaceChildren(make("table", { class: "results" }, headOf(shown, sort), bodyOf(shown, rows, (value) => this.cell(value, links))));
        pages.replaceChildren(...pagesOf(shown, this.size, turn));
      };
      const sort = (column: string): void => {
        shown.order = { column, descending: shown.order?.column === column && !shown.order.descending };
        shown.rows = sorted(shown.rows, shown.order);
        shown.page = 0;
        draw();
        table.querySelector<HTMLElement>("[aria-sort] button")?.focus();
      };
      const turn = (page: number): void => {
        shown.page = page;
        draw();
        table.scrollIntoView({ block: "nearest" });
      };
      const filter = (text: string): void => {
        shown.texts ??= text ? textsOf(answer, links) : null;
        shown.rows = filtered(shown, text);
        if (shown.order) shown.rows = sorted(shown.rows, shown.order);
        shown.page = 0;
        draw();
      };
      element.append(make("div", { class: "choices" }, ...this.controls(filter, draw, answer.rows.length)), table, pages);
      draw();
    }

    private controls(filter: (text: string) => void, draw: () => void, rows: number): HTMLElement[] {
      const field = make("input", { type: "search", autocomplete: "off", spellcheck: "false" });
      field.addEventListener("input", () => filter(field.value));
      const full = make("input", { type: "checkbox" });
      full.checked = this.inFull;
      full.addEventListener("change", () => {
        this.inFull = full.checked;
        draw();
      });
      const controls: HTMLElement[] = [
        make("label", { class: "choice" }, make("span", {}, "Filter"), field),
        make("label", { class: "switch" }, full, "Whole IRIs and datatypes"),
      ];
      if (rows > (SIZES[0] ?? 50)) {
        const sizes = SIZES.map((size) => [String(size), String(size)] as const);
        controls.push(
          choice("Rows on a page", sizes, String(this.size), (value) => {
            this.size = Number(value);
            filter(field.value);
          }),
        );
      }
      return controls;
    }

    private cell(value: Value, links: Links): Node {
      if (value.type === "uri") return linkTo(value.value, this.inFull ? `<${value.value}>` : links.short(value.value), links);
      const language = value["xml:lang"] ?? "";
      if (this.inFull && value.type !== "bnode") {
        const type = language ? `@${language}` : value.datatype ? `^^${links.short(value.datatype)}` : "";
        return make("span", {}, `"${textOf(value)}"`, make("small", { class: "soft" }, type));
      }
      if (!language || language === "en") return new Text(textOf(value));
      const tag = make("abbr", { class: "tongue", title: `language: ${language}` }, language);
      return make("span", {}, make("span", { lang: language, dir: "auto" }, textOf(value)), tag);
    }
  };
}

function headOf({ answer, numeric, order }: Shown, sort: (column: string) => void): HTMLElement {
  const cells = answer.columns.map((column) => {
    const button = make("button", { type: "button", class: "sorter" }, column);
    button.addEventListener("click", () => sort(column));
    const ordered = order?.column !== column ? undefined : order.descending ? "descending" : "ascending";
    return make("th", { scope: "col", class: numeric.has(column) ? "number" : undefined, "aria-sort": ordered }, button);
  });
  return make("thead", {}, make("tr", {}, ...cells));
}

function bodyOf({ answer, numeric }: Shown, rows: readonly Row[], cell: (value: Value) => Node): HTMLElement {
  const lines = rows.map((row) => {
    const cells = answer.columns.map((column) => {
      const value = row[column];
      return make("td", { class: numeric.has(column) ? "number" : undefined }, ...(value ? [cell(value)] : []));
    });
    return make("tr", {}, ...cells);
  });
  return make("tbody", {}, ...lines);
}

function pagesOf({ rows, answer, page }: Shown, size: number, turn: (page: number) => void): Node[] {
  const last = Math.max(0, Math.ceil(rows.length / size) - 1);
  const of = rows.length < answer.rows.length ? ` that match, of ${whole(answer.rows.length)}` : "";
  if (last === 0) return of ? [make("span", { class: "note", role: "status" }, plural(rows.length, "row", "rows") + of)] : [];
  const button = (text: string, to: number): HTMLElement => {
    const turner = make("button", { type: "button", class: "quiet" }, text);
    turner.disabled = to < 0 || to > last;
    turner.addEventListener("click", () => turn(to));
    return turner;
  };
  const range = `${whole(page * size + 1)} to ${whole(Math.min((page + 1) * size, rows.length))} of ${plural(rows.length, "row", "rows")}${of}`;
  return [button("Previous", page - 1), button("Next", page + 1), make("span", { class: "note", role: "status" }, range)];
}

function sorted(rows: readonly Row[], { column, descending }: Order): Row[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [one, other] = [a[column], b[column]];
    if (!one || !other) return Number(!one) - Number(!other); // what is not there comes last
    const [first, second] = [numberOf(one), numberOf(other)];
    if (first !== null && second !== null) return sign * (first - second);
    return sign * collator.compare(textOf(one), textOf(other));
  });
}

function filtered({ answer, texts }: Shown, text: string): readonly Row[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0 ? answer.rows : answer.rows.filter((row) => words.every((word) => texts?.get(row)?.includes(word)));
}

function textsOf({ columns, rows }: Answer, links: Links): Map<Row, string> {
  const textOfRow = (row: Row): string => {
    const values = columns.flatMap((column) => row[column] ?? []);
    return values.map((value) => (value.type === "uri" ? `${value.value} ${links.short(value.value)}` : textOf(value))).join(" ");
  };
  return new Map(rows.map((row) => [row, textOfRow(row).toLowerCase()]));
}

function linkTo(iri: string, text: string, links: Links): Node {
  const address = links.to(iri);
  if (address === null) return new Text(text);
  return make("a", { href: address, title: iri, class: address.startsWith("/") ? undefined : "external" }, text);
}

/** Return a value as text, a triple term (SPARQL 1.2) with its three parts. */
function textOf(value: Value): string {
  if (value.type === "bnode") return `_:${value.value.replace(/^_:/, "")}`;
  if (value.type !== "triple") return value.value;
  const parts = value.value as unknown as Record<"subject" | "predicate" | "object", Value>;
  return `<<( ${textOf(parts.subject)} ${textOf(parts.predicate)} ${textOf(parts.object)} )>>`;
}
