// What a person asked for last is what they get: a slower answer to an earlier click never replaces it, and what a part
// of the page before was still asking for, by itself, never lands in what follows.
(() => {
  let pending = null;
  const parts = new Set();

  // What saves something goes on, whoever leaves the page; so does the stream of news.
  const asksForItself = ({ sourceElement, target, request }) =>
    sourceElement === target && request.method === "GET" && sourceElement.id !== "live";

  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    if (asksForItself(ctx)) parts.add(ctx);
    if (ctx.target !== document.body) return;
    pending?.request.abort();
    pending = ctx;
  });

  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    if (asksForItself(ctx) || !(ctx.target === document.body || ctx.sourceElement?.matches("a, form"))) return;
    for (const part of parts) part.request.abort();
    parts.clear();
  });

  document.addEventListener("htmx:finally:request", (event) => {
    parts.delete(event.detail.ctx);
    if (pending === event.detail.ctx) pending = null;
  });
})();
