// Unsaved changes: shows the save bar, saves with Ctrl-S, asks before leaving a form with data-guard.
(() => {
  const start = new WeakMap();
  const forms = () => [...document.querySelectorAll("form:has([data-save-bar]), form[data-guard]")];

  function state(form) {
    return JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrf_token").map(([name, value]) => [name, value instanceof File ? value.name + value.size : value]));
  }

  function show(form) {
    const bar = form.querySelector("[data-save-bar]");
    const hasErrors = Boolean(form.querySelector("[data-error-summary]"));
    if (bar) bar.hidden = !(isDirty(form) || hasErrors || form.hasAttribute("data-unsaved"));
  }

  const isDirty = (form) => start.has(form) && start.get(form) !== state(form);

  function begin() {
    for (const form of forms()) {
      if (start.has(form)) continue;
      start.set(form, state(form));
      show(form);
    }
  }

  const leavesDirty = () => forms().some((form) => form.matches("[data-guard]") && isDirty(form));
  const QUESTION = "You have unsaved changes. Leave without saving?";

  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:after:swap", begin);
  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => event.target.form && start.has(event.target.form) && show(event.target.form));
  }
  document.addEventListener("reset", (event) => setTimeout(() => start.has(event.target) && show(event.target)));
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && start.has(event.target)) start.set(event.target, state(event.target));
  });

  addEventListener("beforeunload", (event) => { if (leavesDirty()) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.target || link.getAttribute("href").startsWith("#") || !leavesDirty()) return;
    if (window.confirm(QUESTION)) {
      forms().forEach((form) => start.set(form, state(form)));
    } else {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    const form = document.activeElement?.form ?? forms().find(isDirty);
    const button = form?.querySelector("[data-save]");
    if (!button) return;
    event.preventDefault();
    form.requestSubmit(button);
  });
})();
