// One box for a scanner: Enter sends what is in it, and the box is empty for the next code at once.
(() => {
  const KEY = "scan-asks-quantity";

  function asks() {
    try {
      return localStorage.getItem(KEY) === "1";
    } catch {
      return false;
    }
  }

  function dress(root) {
    for (const place of root.querySelectorAll("[data-scan-mode]")) {
      place.hidden = false;
      place.querySelector("input").checked = asks();
    }
  }

  document.addEventListener("change", (event) => {
    if (!event.target.closest("[data-scan-mode]")) return;
    try {
      localStorage.setItem(KEY, event.target.checked ? "1" : "0");
    } catch {
      // a browser that keeps nothing asks again next time
    }
    document.getElementById("code")?.focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "code" || !event.target.closest("[data-scan]")) return;
    if (!asks() || !event.target.value.trim()) return;
    event.preventDefault();
    const quantity = document.getElementById("scan-quantity");
    quantity.focus();
    quantity.select();
  });

  // By now the form was read (its own listener came first), and the next code may be on its way.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-scan]") || !event.defaultPrevented) return;
    for (const input of event.target.querySelectorAll("#code, #scan-quantity")) input.value = "";
    event.target.querySelector("#code").focus();
  });

  document.addEventListener("DOMContentLoaded", () => dress(document));
  document.addEventListener("htmx:after:swap", () => dress(document));
})();
