// Keeps "4 minutes ago" true while a page stays open.
(() => {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "always" });

  function words(moment) {
    const seconds = (moment - Date.now()) / 1000;
    const span = Math.abs(seconds);
    if (span >= 7 * 86400) return null;
    if (span < 45) return seconds <= 0 ? "just now" : "in a moment";
    for (const [step, unit] of [[86400, "day"], [3600, "hour"], [60, "minute"]]) {
      if (span >= step) return format.format(Math.trunc(seconds / step), unit);
    }
    return format.format(Math.sign(seconds), "minute");
  }

  setInterval(() => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll("time[data-ago]")) {
      const text = words(Date.parse(element.dateTime));
      if (text && text !== element.textContent) element.textContent = text;
    }
  }, 30_000);
})();
