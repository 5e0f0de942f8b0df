// A picture that fails gives way to the icon behind it.
(() => {
  document.addEventListener("error", (event) => {
    if (event.target instanceof HTMLImageElement && event.target.closest(".thumb")) event.target.remove();
  }, true);
  document.addEventListener("DOMContentLoaded", () => {
    for (const image of document.querySelectorAll(".thumb > img")) if (image.complete && !image.naturalWidth && image.loading !== "lazy") image.remove();
  });
})();
