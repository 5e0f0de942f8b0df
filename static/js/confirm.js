// Asks before a form with data-confirm is sent, in a dialog that says the consequence; data-confirm-name must be typed.
(() => {
  const passed = new WeakSet();

  function wish(form, submitter) {
    const carrier = submitter?.dataset.confirm ? submitter : form;
    return carrier.dataset.confirm ? carrier : null;
  }

  function ask(carrier, go) {
    const dialog = document.getElementById("confirm");
    if (!dialog) {
      if (window.confirm(carrier.dataset.confirm)) go();
      return;
    }
    const { confirm, confirmButton, confirmName } = carrier.dataset;
    const yes = dialog.querySelector("[data-confirm-yes]");
    const typed = dialog.querySelector("[data-confirm-typed]");
    const input = typed.querySelector("input");
    const isGrave = Boolean(confirmName) || carrier.matches("[data-confirm-danger]") || Boolean(carrier.querySelector?.('[data-variant="destructive"]'));
    const chosen = (carrier.form ?? carrier).querySelector?.("[data-selection-bar]:not([hidden])")?.dataset.chosen;
    dialog.querySelector("h2").textContent = [confirmButton || "Go on", chosen].filter(Boolean).join(" ") + "?";
    dialog.querySelector("[data-confirm-text]").textContent = confirm;
    yes.querySelector("span:last-child").textContent = confirmButton || "Go on";
    yes.dataset.variant = isGrave ? "destructive" : "primary";
    yes.classList.toggle("solid", isGrave);
    typed.hidden = !confirmName;
    input.value = "";
    dialog.querySelector("[data-confirm-wanted]").textContent = confirmName || "";
    const check = () => { yes.disabled = Boolean(confirmName) && input.value.trim() !== confirmName; };
    input.oninput = check;
    check();
    dialog.returnValue = "";
    dialog.addEventListener("close", () => { if (dialog.returnValue === "yes") go(); }, { once: true });
    dialog.showModal();
    (confirmName ? input : yes).focus();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const carrier = wish(form, event.submitter);
    if (!carrier || passed.has(form)) {
      passed.delete(form);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    ask(carrier, () => {
      passed.add(form);
      form.requestSubmit(submitter);
    });
  }, true);
})();
