// Addresses of lists: empty filters are not sent; sorting, paging and views swap only the results.
(() => {
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    const source = ctx.sourceElement;
    if (source?.closest("[data-filters]") && ctx.request.method === "GET" && ctx.request.body) {
      for (const [name, value] of [...ctx.request.body]) if (value === "") ctx.request.body.delete(name);
    }
    const results = source?.closest("#results");
    // A live refresh asks for the list as it stands now, not as it stood when the page was opened.
    if (source && source === results && new URL(ctx.request.action, location.href).pathname === location.pathname) {
      ctx.request.action = location.pathname + location.search;
    }
    if (source?.matches("a") && results && ctx.target === document.body && source.pathname === location.pathname) {
      ctx.target = results;
      ctx.request.headers["HX-Target"] = "div#results";
    }
  });
})();
