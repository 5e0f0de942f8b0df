// Says when the network is gone and from when the page is.
(() => {
  function show() {
    const bar = document.querySelector("[data-offline]");
    if (!bar) return;
    bar.hidden = navigator.onLine;
    const since = bar.querySelector("[data-offline-since]");
    if (!navigator.onLine && !since.textContent) since.textContent = new Date().toLocaleTimeString();
    if (navigator.onLine) since.textContent = "";
  }
  addEventListener("online", show);
  addEventListener("offline", show);
  document.addEventListener("DOMContentLoaded", show);

  document.addEventListener("htmx:error", (event) => {
    if (event.detail?.ctx?.response || document.querySelector(".toast-card[data-network]")) return;
    const place = document.getElementById("toasts");
    if (!place || event.detail?.error?.name === "AbortError") return;
    const card = document.createElement("div");
    card.className = "toast-card";
    card.dataset.kind = "error";
    card.dataset.network = "";
    card.setAttribute("role", "alert");
    const text = document.createElement("div");
    text.textContent = "SyncStore did not answer. What you see may be old. Try again in a moment.";
    card.append(text);
    place.append(card);
  });
})();
