// Rows of a list, and cards with data-walk: j and k walk, x selects, a goes to the actions of the selection,
// Enter opens, e edits, o and t choose a side; checked rows bring the selection bar.
(() => {
  const rows = () => [...document.querySelectorAll("main .rows > tbody > tr, main [data-walk]")].filter((row) => row.querySelector("[data-row-link]"));
  let lastBox = null;

  function walk(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("at"));
    all[at]?.classList.remove("at");
    const next = all[Math.max(0, Math.min(at + step, all.length - 1))];
    next.classList.add("at");
    next.querySelector("[data-row-link]").focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  const current = () => document.querySelector("main .rows tr.at, main [data-walk].at");

  function edit() {
    const target = current()?.querySelector("[data-edit], [data-row-link]") ?? document.querySelector("main [data-edit]");
    if (!target?.matches("input, textarea")) return target?.click();
    target.focus();
    target.select();
  }

  // data-key="o" names the key of a control: in the row one stands on, else outside of any row.
  function press(key) {
    const outside = [...document.querySelectorAll(`main [data-key="${key}"]`)].find((each) => !each.closest(".rows"));
    (current()?.querySelector(`[data-key="${key}"]`) ?? outside)?.click();
  }

  window.syncstore.rowKeys = {
    j: () => (rows().length ? walk(1) : press("j")),
    k: () => (rows().length ? walk(-1) : press("k")),
    o: () => press("o"),
    t: () => press("t"),
    x: () => current()?.querySelector("td.pick input")?.click(),
    Enter: () => current()?.querySelector("[data-row-link]")?.click(),
    a: () => document.querySelector("[data-selection-bar]:not([hidden]) button")?.focus(),
    e: edit,
  };

  function count(form) {
    const boxes = [...form.querySelectorAll("td.pick input[type=checkbox]")];
    const checked = boxes.filter((box) => box.checked).length;
    const bar = form.querySelector("[data-selection-bar]");
    const all = form.querySelector("[data-check-all]");
    if (all) {
      all.checked = checked > 0 && checked === boxes.length;
      all.indeterminate = checked > 0 && checked < boxes.length;
    }
    if (!bar) return;
    bar.hidden = checked === 0;
    const everything = bar.querySelector("[data-everything]");
    if (everything) {
      everything.hidden = checked < boxes.length || Number(bar.dataset.total) <= boxes.length;
      if (everything.hidden) everything.querySelector("input").checked = false;
    }
    const isAll = everything?.querySelector("input").checked;
    const total = isAll ? Number(bar.dataset.total) : checked;
    bar.dataset.chosen = `${total.toLocaleString()} ${total === 1 ? bar.dataset.noun : bar.dataset.plural}`;
    bar.querySelector("[data-selection-count]").textContent = `${bar.dataset.chosen} selected`;
  }

  document.addEventListener("click", (event) => {
    const box = event.target.closest("td.pick input[type=checkbox]");
    if (box) {
      const boxes = [...box.closest("tbody").querySelectorAll("td.pick input[type=checkbox]")];
      if (event.shiftKey && lastBox?.isConnected) {
        const [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(box)].sort((a, b) => a - b);
        boxes.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
      }
      lastBox = box;
    }
    if (event.target.closest("[data-clear-selection]")) {
      const form = event.target.closest("form");
      form.querySelectorAll("td.pick input:checked").forEach((each) => { each.checked = false; });
      count(form);
    }
    const form = box?.closest("[data-selectable]");
    if (form) count(form);
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-selectable]");
    if (!form) return;
    if (event.target.matches("[data-check-all]")) {
      form.querySelectorAll("td.pick input[type=checkbox]").forEach((box) => { box.checked = event.target.checked; });
    }
    count(form);
  });

  // A live swap replaces a row: its tick is kept by the morph, the count is taken again. Rows may come ticked, too.
  for (const shown of ["DOMContentLoaded", "htmx:after:swap"]) {
    document.addEventListener(shown, () => document.querySelectorAll("[data-selectable]").forEach(count));
  }
})();
