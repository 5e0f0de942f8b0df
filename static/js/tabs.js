// On a narrow screen a row of tabs slides: the one that is shown comes into view.
(() => {
  function reveal() {
    for (const row of document.querySelectorAll(".tab-row")) {
      const here = row.querySelector("[aria-current]");
      if (!here || row.scrollWidth <= row.clientWidth) continue;
      row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
    }
  }

  document.addEventListener("DOMContentLoaded", reveal);
  document.addEventListener("htmx:after:swap", reveal);
})();
