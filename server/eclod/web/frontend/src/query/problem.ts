// What the endpoint says when it does not answer (RFC 9457), and how the page shows it.
import { make } from "./page";

/** Why there is no answer; `line` and `column` count from 1. */
export interface Problem {
  readonly title: string;
  readonly detail: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly advice: string;
}

/** Read the body of an error response, or what the browser says when there was no response. */
export function problemIn(text: string): Problem {
  const plain = { line: null, column: null, advice: "" };
  if (/abort/i.test(text) && text.length < 100) {
    return { ...plain, title: "Stopped", detail: "The query was stopped before it was answered." };
  }
  let content: Record<string, unknown>;
  try {
    content = JSON.parse(text) as Record<string, unknown>;
  } catch {
    const detail = /fetch|network|load failed/i.test(text)
      ? "The service did not answer. Check the connection and run the query again."
      : text || "The service did not answer. Run the query again.";
    return { ...plain, title: "No answer", detail };
  }
  return {
    title: stringIn(content["title"]) || "No answer",
    detail: stringIn(content["detail"]),
    line: numberIn(content["line"]),
    column: numberIn(content["column"]),
    advice: stringIn(content["advice"]),
  };
}

function stringIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberIn(value: unknown): number | null {
  return typeof value === "number" && value > 0 ? value : null;
}

/** Show a problem, with a button that leads to its place in the query when it has one. */
export function drawProblem(problem: Problem, show: (line: number, column: number) => void): HTMLElement {
  const sentence = problem.detail.startsWith(problem.title) ? "" : `${problem.title}. `;
  const text = make("p", {}, make("strong", {}, sentence), problem.detail);
  const notice = make("div", { class: "notice problem", role: "alert" }, text);
  if (problem.advice) notice.append(make("p", { class: "note" }, problem.advice));
  const { line, column } = problem;
  if (line !== null) {
    const at = column === null ? `line ${line}` : `line ${line}, column ${column}`;
    const button = make("button", { type: "button", class: "quiet" }, `Go to ${at}`);
    button.addEventListener("click", () => show(line, column ?? 1));
    notice.append(button);
  }
  return notice;
}
