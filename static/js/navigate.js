// The page a person asked for last is the one they get: a slower answer to an earlier click never replaces it.
(() => {
  let pending = null;

  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.target !== document.body) return;
    pending?.request.abort();
    pending = ctx;
  });

  document.addEventListener("htmx:finally:request", (event) => {
    if (pending === event.detail.ctx) pending = null;
  });
})();
