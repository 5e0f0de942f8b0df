// Single keys, only when nobody is typing and nothing floats above the page.
(() => {
  const isTyping = (element) => element?.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      window.syncstore.openFinder();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open], .menu:popover-open")) return;
    if (event.key === "/") {
      event.preventDefault();
      window.syncstore.openFinder();
    } else if (event.key === "?") {
      event.preventDefault();
      document.getElementById("shortcuts")?.showModal();
    } else if (event.key !== "Enter" || event.target === document.body) {
      const act = window.syncstore.rowKeys[event.key];
      if (act && document.querySelector("main .rows, main [data-walk], main [data-edit], main [data-key]")) {
        event.preventDefault();
        act();
      }
    }
  });
})();
