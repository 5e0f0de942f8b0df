// Draws <canvas data-chart='{"type": "line", …}'>; Chart.js is loaded only when a page has one.
(() => {
  let library = null;

  function load() {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = "/static/vendor/chart.js";
      script.onload = () => resolve(window.Chart);
      script.onerror = reject;
      document.head.append(script);
    });
    return library;
  }

  function colour(name) {
    const probe = document.createElement("span");
    probe.className = "sr-only chart-colour-" + name;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  function dress(config) {
    const grid = colour("grid");
    const text = colour("text");
    const isLine = config.type === "line";
    config.data.datasets.forEach((set, index) => {
      const own = colour(set.tone ?? String((index % 5) + 1));
      set.borderColor ??= own;
      set.backgroundColor ??= config.type === "doughnut" ? config.data.labels.map((_, i) => colour(String((i % 5) + 1))) : own;
      set.borderWidth ??= isLine ? 2 : 0;
      set.pointRadius ??= 0;
      set.pointHitRadius ??= 16;
      set.tension ??= 0.25;
      set.borderRadius ??= 3;
      set.maxBarThickness ??= 28;
    });
    config.options = {
      responsive: true,
      maintainAspectRatio: false,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 300 },
      interaction: { mode: "index", intersect: false },
      ...config.options,
    };
    config.options.plugins = {
      legend: { display: config.data.datasets.length > 1 || config.type === "doughnut", labels: { color: text, boxWidth: 10, boxHeight: 10 } },
      ...config.options.plugins,
    };
    if (config.type !== "doughnut") {
      const scales = config.options.scales ?? {};
      for (const axis of ["x", "y"]) {
        scales[axis] = {
          beginAtZero: axis === "y",
          border: { display: false },
          ...scales[axis],
          grid: { display: axis === "y", color: grid, ...scales[axis]?.grid },
          ticks: { color: text, maxRotation: 0, autoSkipPadding: 16, ...scales[axis]?.ticks },
        };
        if (scales[axis].title) scales[axis].title = { display: true, color: text, ...scales[axis].title };
      }
      config.options.scales = scales;
    }
    return config;
  }

  async function draw(root) {
    const found = [...root.querySelectorAll("canvas[data-chart]")];
    if (root.matches?.("canvas[data-chart]")) found.push(root);
    if (!found.length) return;
    const Chart = await load();
    for (const canvas of found) {
      if (!canvas.isConnected) continue;
      Chart.getChart(canvas)?.destroy();
      Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
      Chart.defaults.font.size = 12;
      new Chart(canvas, dress(JSON.parse(canvas.dataset.chart)));
    }
  }

  document.addEventListener("DOMContentLoaded", () => draw(document.body));
  document.addEventListener("htmx:after:swap", () => draw(document.body));
  // Colours are read when a chart is drawn, and a machine goes dark in the evening.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(document.body));
})();
