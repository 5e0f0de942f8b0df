// Says something to screen readers without moving anything.
(() => {
  window.syncstore = window.syncstore || {};
  window.syncstore.announce = (text) => {
    const place = document.getElementById("announcer");
    if (!place) return;
    place.textContent = "";
    setTimeout(() => { place.textContent = text; }, 50);
  };
})();
