// Places menus and hints beside their button; arrows walk through the entries.
(() => {
  const GAP = 4;

  const opener = (box) => document.querySelector(`[popovertarget="${CSS.escape(box.id)}"]`);

  function place(box, button) {
    const at = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = box;
    const isEnd = box.dataset.align !== "start";
    const left = isEnd ? at.right - width : at.left;
    const fitsBelow = at.bottom + GAP + height <= innerHeight;
    const top = fitsBelow || at.top < height ? at.bottom + GAP : at.top - GAP - height;
    box.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    box.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
  }

  document.addEventListener("toggle", (event) => {
    const box = event.target;
    if (!box.matches?.(".menu[popover], .hint-text[popover]")) return;
    const button = opener(box);
    const isOpen = event.newState === "open";
    if (button?.hasAttribute("aria-expanded")) button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen && button) place(box, button);
    if (!isOpen) box.removeAttribute("style"); // else a swap would copy it as an attribute, which our policy refuses
    if (isOpen && box.matches(".menu")) box.querySelector("a, button")?.focus();
  }, true);

  document.addEventListener("keydown", (event) => {
    const box = event.target.closest?.(".menu[popover]");
    if (!box || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const entries = [...box.querySelectorAll("a, button")];
    const at = entries.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
    entries[(next + entries.length) % entries.length]?.focus();
  });

  document.addEventListener("scroll", () => {
    for (const box of document.querySelectorAll(".menu:popover-open, .hint-text:popover-open")) box.hidePopover();
  }, { passive: true });

  // A menu or side menu closes when one of its links was followed.
  document.addEventListener("click", (event) => {
    if (event.target.closest("a")) event.target.closest("[popover]:popover-open")?.hidePopover();
  });

  // … and when one of its forms is sent: what answers it would copy the style that places an open one.
  document.addEventListener("submit", (event) => {
    event.target.closest("[popover]:popover-open")?.hidePopover();
  });

  // News may come while a menu is open: the swap took its place away.
  document.addEventListener("htmx:after:swap", () => {
    for (const box of document.querySelectorAll(".menu:popover-open, .hint-text:popover-open")) {
      const button = opener(box);
      if (!button) continue;
      if (button.hasAttribute("aria-expanded")) button.setAttribute("aria-expanded", "true");
      place(box, button);
    }
  });

  document.addEventListener("htmx:before:swap", () => {
    for (const box of document.querySelectorAll("[popover][style]:not(:popover-open)")) box.removeAttribute("style");
  });
})();
