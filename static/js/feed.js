// "3 new · show": counts changed things of a kind that are not on this page, never moving what is.
(() => {
  const seen = new Map();

  function onNews(kind, names) {
    const bar = document.querySelector(`[data-feed="${kind}"]`);
    if (!bar) return;
    const unseen = seen.get(bar) ?? new Set();
    seen.set(bar, unseen);
    for (const name of names) if (!document.getElementById(name)) unseen.add(name);
    if (!unseen.size) return;
    bar.querySelector("span").textContent = `${unseen.size} ${bar.dataset.noun} · show`;
    if (bar.hidden) window.syncstore.announce(`${unseen.size} ${bar.dataset.noun}`);
    bar.hidden = false;
  }

  document.addEventListener("htmx:sse:before:message", (event) => {
    const { event: name, data } = event.detail.message;
    if (name?.endsWith("-feed")) onNews(name.slice(0, -5), data.split(" "));
  });

  // A row that changed gets a short highlight.
  document.addEventListener("htmx:sse:after:message", (event) => {
    const { event: name, data } = event.detail.message;
    if (name || !data) return;
    for (const [, id] of data.matchAll(/<hx-partial hx-target="#([^"]+)"/g)) {
      const row = document.getElementById(id);
      if (!row) continue;
      row.classList.remove("changed");
      requestAnimationFrame(() => row.classList.add("changed"));
    }
  });
})();
