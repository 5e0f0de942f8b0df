// When a part of a page is swapped, its stream is made anew: it goes on where the old one stopped, not where
// the part was read, since other parts of the page still wait for what lies between.
(() => {
  let heard = "";

  document.addEventListener("htmx:sse:before:message", (event) => { heard = event.detail.message.id || heard; });
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement?.id !== "live") return;
    if (ctx.sourceElement.hasAttribute("data-goes-on") && heard) ctx.request.headers["Last-Event-ID"] = heard;
    else heard = new URL(ctx.request.action, location.href).searchParams.get("since") ?? "";
  });
})();
