// Toasts leave by themselves unless they carry an error or somebody looks at them.
(() => {
  const STAY = 6000;
  const known = new WeakSet();

  function leave(card) {
    card.classList.add("leaving");
    setTimeout(() => card.remove(), 220);
  }

  function tend() {
    const place = document.getElementById("toasts");
    if (!place) return;
    for (const card of place.querySelectorAll(".toast-card")) {
      if (known.has(card)) continue;
      known.add(card);
      if (card.dataset.kind === "error") continue;
      const wait = () => {
        if (card.matches(":hover, :focus-within")) setTimeout(wait, STAY / 2);
        else leave(card);
      };
      setTimeout(wait, STAY);
    }
    const all = [...place.querySelectorAll(".toast-card:not(.leaving)")];
    all.slice(0, -5).forEach(leave);
  }

  document.addEventListener("click", (event) => {
    const card = event.target.closest("[data-dismiss]")?.closest(".toast-card");
    if (card) leave(card);
    if (event.target.closest("[data-reload]")) {
      event.preventDefault();
      location.reload();
    }
  });
  document.addEventListener("DOMContentLoaded", tend);
  document.addEventListener("htmx:after:swap", tend);
})();
