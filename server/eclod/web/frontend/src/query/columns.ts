// What the columns of an answer hold: numbers, places, countries, names. Decided from their values, then from their names.

/** A term of an answer (SPARQL 1.1 Query Results JSON Format, section 3.2.2). */
export interface Value {
  readonly type: string;
  readonly value: string;
  readonly datatype?: string;
  readonly "xml:lang"?: string;
}

export type Row = Readonly<Record<string, Value | undefined>>;

/** A table of an answer. */
export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** A point in degrees (WGS 84). */
export interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

const XSD = "http://www.w3.org/2001/XMLSchema#";
const WKT = "http://www.opengis.net/ont/geosparql#wktLiteral";
const COUNTRY = "http://publications.europa.eu/resource/authority/country/";
const NUMBERS = new Set(
  ["integer", "decimal", "double", "float", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger",
    "nonPositiveInteger", "negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte"]
    .map((name) => XSD + name),
);
const MOMENTS = new Set(["date", "dateTime", "gYear", "gYearMonth"].map((name) => XSD + name));
const POINT = /^\s*(?:<([^>]*)>\s*)?POINT\s*Z?\s*\(\s*([-+\d.eE]+)\s+([-+\d.eE]+)/i;
/** Coordinate systems of EPSG in degrees have the latitude first (GeoSPARQL 1.1, section 8.5.1). */
const LATITUDE_FIRST = /\/EPSG\/[\d.]+\/(4326|4258)$/i;
const LATITUDE_NAME = /^(lat|latitude|y)$/i;
const LONGITUDE_NAME = /^(lon|lng|long|longitude|x)$/i;
const YEAR_NAME = /year|jahr|année/i;

/** Return the number of a value, or null. */
export function numberOf(value: Value | undefined): number | null {
  if (!value || !value.datatype || !NUMBERS.has(value.datatype)) return null;
  const number = Number(value.value);
  return Number.isFinite(number) ? number : null;
}

/** Return the columns in which every value that there is passes a test, and there is one. */
function columnsWhere({ columns, rows }: Answer, test: (value: Value) => boolean): string[] {
  return columns.filter((column) => {
    const values = rows.flatMap((row) => row[column] ?? []);
    return values.length > 0 && values.every(test);
  });
}

export function numericColumns(answer: Answer): string[] {
  return columnsWhere(answer, (value) => numberOf(value) !== null);
}

/** Return the columns whose values follow each other in time: dates, and whole numbers that are called years. */
export function timeColumns(answer: Answer): string[] {
  const dates = columnsWhere(answer, ({ datatype }) => datatype !== undefined && MOMENTS.has(datatype));
  return [...dates, ...numericColumns(answer).filter((column) => YEAR_NAME.test(column))];
}

/** Return how to read the point of a row, or null when the answer has none: well-known text, or two columns of degrees. */
export function pointReader(answer: Answer): { columns: readonly string[]; read: (row: Row) => Point | null } | null {
  const column = answer.columns.find((each) => answer.rows.some((row) => pointOf(row[each]) !== null));
  if (column !== undefined) return { columns: [column], read: (row) => pointOf(row[column]) };
  const numeric = numericColumns(answer);
  const latitude = numeric.find((each) => LATITUDE_NAME.test(each));
  const longitude = numeric.find((each) => LONGITUDE_NAME.test(each));
  if (latitude === undefined || longitude === undefined) return null;
  return {
    columns: [latitude, longitude],
    read: (row) => point(numberOf(row[latitude]), numberOf(row[longitude])),
  };
}

function pointOf(value: Value | undefined): Point | null {
  if (value?.datatype !== WKT) return null;
  const [, system = "", first, second] = POINT.exec(value.value) ?? [];
  const [x, y] = [Number(first), Number(second)];
  return LATITUDE_FIRST.test(system) ? point(x, y) : point(y, x);
}

function point(latitude: number | null, longitude: number | null): Point | null {
  if (latitude === null || longitude === null) return null;
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}

/** Return the column of countries (EU authority table, whose codes are ISO 3166-1 alpha-3), or null. */
export function countryColumn(answer: Answer): string | null {
  return columnsWhere(answer, ({ type, value }) => type === "uri" && value.startsWith(COUNTRY))[0] ?? null;
}

/** Return the alpha-3 code of a country. */
export function countryCode(value: Value | undefined): string {
  return value?.value.startsWith(COUNTRY) ? value.value.slice(COUNTRY.length) : "";
}

/** Return the columns that name a row, the best first: text that is called a name, other text, things. */
export function naming(answer: Answer, without: readonly string[]): string[] {
  const left = answer.columns.filter((column) => !without.includes(column));
  const text = left.filter((column) => answer.rows.some((row) => row[column]?.type === "literal" && numberOf(row[column]) === null));
  const named = text.filter((column) => /name|label|title/i.test(column));
  return [...new Set([...named, ...text, ...left])];
}

/** Return the column of things whose page tells more about a row, or null. */
export function thingColumn(answer: Answer): string | null {
  return answer.columns.find((column) => answer.rows.some((row) => row[column]?.type === "uri")) ?? null;
}
