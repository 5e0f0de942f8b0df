// When a part of a page is swapped, its stream is made anew. It goes on where the old one stopped, since other
// parts still wait for what came after, or where the part was read, whichever is earlier: nothing is missed.
(() => {
  let heard = "";

  const parts = (id) => id.split("-").map(Number);

  function earlier(one, other) {
    const [[ms, nth], [otherMs, otherNth]] = [parts(one), parts(other)];
    return ms < otherMs || (ms === otherMs && nth < otherNth) ? one : other;
  }

  document.addEventListener("htmx:sse:before:message", (event) => { heard = event.detail.message.id || heard; });
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement?.id !== "live") return;
    const read = new URL(ctx.request.action, location.href).searchParams.get("since") ?? "";
    heard = ctx.sourceElement.hasAttribute("data-goes-on") && heard && read ? earlier(heard, read) : read;
    if (heard) ctx.request.headers["Last-Event-ID"] = heard;
  });
})();
