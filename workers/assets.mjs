// Builds static/vendor from node_modules: one stylesheet, one script, lazy libraries, the icons in use.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const vendor = join(root, "static", "vendor");
const modules = join(root, "node_modules");
mkdirSync(vendor, { recursive: true });

function files(folder, extensions) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && extensions.includes(extname(entry.name)))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function buildStyles() {
  const cli = createRequire(join(root, "package.json")).resolve("@tailwindcss/cli/package.json");
  const bin = join(dirname(cli), JSON.parse(readFileSync(cli, "utf8")).bin.tailwindcss);
  execFileSync(process.execPath, [bin, "-i", "static/css/app.css", "-o", "static/vendor/app.css", "--minify"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function buildScript() {
  const parts = [
    join(modules, "htmx.org/dist/htmx.min.js"),
    join(modules, "htmx.org/dist/ext/hx-sse.min.js"),
    ...files(join(root, "static", "js"), [".js"]),
  ];
  const script = parts
    .map((path) => readFileSync(path, "utf8").replace(/^\/\/# sourceMappingURL=.*$/gm, ""))
    .join("\n;\n");
  writeFileSync(join(vendor, "app.js"), script);
}

function copyLazyLibraries() {
  cpSync(join(modules, "chart.js/dist/chart.umd.min.js"), join(vendor, "chart.js"));
  cpSync(join(modules, "sortablejs/Sortable.min.js"), join(vendor, "sortable.js"));
}

// An icon is in use when its name stands as a quoted word in a template or in Python.
function buildIcons() {
  const drawings = join(modules, "lucide-static/icons");
  const known = new Set(readdirSync(drawings).map((name) => name.replace(/\.svg$/, "")));
  const sources = [...files(join(root, "templates"), [".html"]), ...files(join(root, "app"), [".py"])];
  const used = new Set();
  for (const path of sources) {
    for (const [, word] of readFileSync(path, "utf8").matchAll(/["']([a-z][a-z0-9-]*)["']/g)) {
      if (known.has(word)) used.add(word);
    }
  }
  const icons = {};
  for (const name of [...used].sort()) {
    const svg = readFileSync(join(drawings, `${name}.svg`), "utf8");
    icons[name] = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
  }
  writeFileSync(join(vendor, "icons.json"), JSON.stringify(icons));
}

buildStyles();
buildScript();
copyLazyLibraries();
buildIcons();
