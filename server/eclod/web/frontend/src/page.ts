// What every page gets: buttons that copy an address, Ctrl+Enter to send a query, and a menu that closes again when
// somebody presses Escape or goes elsewhere. Pages are complete without it.

import { addSuggestions } from "./suggest";

const COPIED_SHOWN = 1600; // milliseconds

// Browsers offer the clipboard on https and on this machine only.
if (navigator.clipboard) {
  for (const element of document.querySelectorAll<HTMLElement>("[data-copy]")) addCopyButton(element);
}

for (const field of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-submit-with-enter]")) {
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) field.form?.requestSubmit();
  });
}

for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu-more")) {
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !menu.contains(relatedTarget)) menu.open = false;
  });
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Node && !menu.contains(target)) menu.open = false;
  });
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>('form.search[action="/search"]')) addSuggestions(form);

function addCopyButton(element: HTMLElement): void {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${element.dataset["copy"]}`);
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(element.textContent?.trim() ?? "");
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), COPIED_SHOWN);
  });
  element.after(button);
}
