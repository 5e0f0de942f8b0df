// Shows the names of chosen files in a drop target.
(() => {
  document.addEventListener("change", (event) => {
    const drop = event.target.closest("[data-drop]");
    if (!drop || event.target.type !== "file") return;
    const names = [...event.target.files].map((file) => file.name);
    const text = drop.querySelector("[data-drop-text]");
    text.dataset.usual ??= text.textContent;
    text.textContent = names.length > 3 ? `${names.length} files` : names.join(", ") || text.dataset.usual;
  });
  for (const [name, isOver] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
    document.addEventListener(name, (event) => event.target.closest?.("[data-drop]")?.classList.toggle("over", isOver));
  }
})();
