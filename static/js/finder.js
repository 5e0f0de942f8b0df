// The search dialog: opened by button, / or Ctrl-K; arrows move, Enter opens.
(() => {
  const dialog = () => document.getElementById("finder");
  const hits = () => [...document.querySelectorAll("#hits a")];

  window.syncstore.openFinder = () => {
    const box = dialog();
    if (!box || box.open) return;
    box.showModal();
    box.dispatchEvent(new CustomEvent("dialog:open", { bubbles: true }));
  };

  document.addEventListener("dialog:open", (event) => {
    if (event.target !== dialog()) return;
    const input = event.target.querySelector("[data-finder]");
    input.select();
    input.focus();
    window.htmx.trigger(input, "finder:open");
  });

  function move(step) {
    const all = hits();
    if (!all.length) return;
    const at = all.findIndex((hit) => hit.classList.contains("at"));
    all[at]?.classList.remove("at");
    const next = all[(at + step + all.length) % all.length] ?? all[0];
    next.classList.add("at");
    next.scrollIntoView({ block: "nearest" });
    window.syncstore.announce(next.textContent.trim());
  }

  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[data-finder]")) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      // A search field would only empty itself at the first Escape.
      event.preventDefault();
      dialog().close();
    } else if (event.key === "Enter") {
      const hit = document.querySelector("#hits a.at") ?? hits()[0];
      if (!hit) return;
      event.preventDefault();
      hit.click();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("#hits a")) dialog()?.close();
  });
})();
