// Opens and closes dialogs: data-opens="id", data-closes; the browser traps and returns the focus.
(() => {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      opener.closest("[popover]")?.hidePopover();
      const dialog = document.getElementById(opener.dataset.opens);
      if (dialog && !dialog.open) {
        dialog.showModal();
        dialog.dispatchEvent(new CustomEvent("dialog:open", { bubbles: true }));
      }
      return;
    }
    if (event.target.closest("[data-closes]")) {
      event.target.closest("dialog")?.close();
      return;
    }
    if (event.target instanceof HTMLDialogElement && event.target.open) {
      const box = event.target.getBoundingClientRect();
      const isOutside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
      if (isOutside && event.detail) event.target.close();
    }
  });

  function openWaiting() {
    for (const dialog of document.querySelectorAll("dialog[data-open]")) {
      dialog.removeAttribute("data-open");
      if (!dialog.open) dialog.showModal();
    }
  }

  document.addEventListener("DOMContentLoaded", openWaiting);
  document.addEventListener("htmx:after:swap", openWaiting);
})();
