// After a swap the focus is where a person expects it: the error summary, the row acted on, or the new page's main.
(() => {
  let lastAsked = null;

  document.addEventListener("htmx:before:request", (event) => {
    const source = event.detail.ctx?.sourceElement;
    lastAsked = source?.id || source?.closest("[id]")?.id || null;
  });

  document.addEventListener("htmx:after:swap", () => {
    const summary = document.querySelector("[data-error-summary]:not([data-seen])");
    if (summary) {
      summary.dataset.seen = "";
      summary.focus();
      return;
    }
    if (document.activeElement && document.activeElement !== document.body) return;
    if (document.querySelector("dialog[open]")) return;
    const place = lastAsked && document.getElementById(lastAsked);
    (place?.matches("a, button, input, select, textarea, [tabindex]") ? place : document.getElementById("main"))?.focus({ preventScroll: true });
  });

  document.addEventListener("DOMContentLoaded", () => document.querySelector("[data-error-summary]")?.focus());

  document.addEventListener("click", (event) => {
    const link = event.target.closest(".error-summary a[href^='#']");
    if (!link) return;
    event.preventDefault();
    const field = document.getElementById(link.hash.slice(1));
    (field?.matches("fieldset") ? field.querySelector("input") : field)?.focus();
  });
})();
