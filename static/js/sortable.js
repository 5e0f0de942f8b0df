// Lists to drag: data-sortable on the list, a handle data-grip in each item; moves with Alt-arrows too.
// After a move the form around the list is sent, or "sorted" is dispatched on the list.
(() => {
  let library = null;

  function load() {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = "/static/vendor/sortable.js";
      script.onload = () => resolve(window.Sortable);
      script.onerror = reject;
      document.head.append(script);
    });
    return library;
  }

  function moved(list, item) {
    list.dispatchEvent(new CustomEvent("sorted", { bubbles: true }));
    const place = [...list.children].indexOf(item) + 1;
    window.syncstore.announce(`Moved to place ${place} of ${list.children.length}`);
    if (list.dataset.sortable === "send") list.closest("form")?.requestSubmit();
  }

  async function start() {
    const lists = [...document.querySelectorAll("[data-sortable]:not([data-sortable-on])")];
    if (!lists.length) return;
    const Sortable = await load();
    for (const list of lists) {
      list.dataset.sortableOn = "";
      new Sortable(list, { handle: "[data-grip]", animation: 120, onEnd: (event) => moved(list, event.item) });
    }
  }

  document.addEventListener("keydown", (event) => {
    const item = event.target.closest?.("[data-grip]")?.closest("[data-sortable] > *");
    if (!item || !event.altKey || !["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    const isBack = event.key === "ArrowUp" || event.key === "ArrowLeft";
    const neighbour = isBack ? item.previousElementSibling : item.nextElementSibling;
    if (!neighbour) return;
    neighbour[isBack ? "before" : "after"](item);
    event.target.closest("[data-grip]").focus();
    moved(item.parentElement, item);
  });

  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:after:swap", start);
})();
