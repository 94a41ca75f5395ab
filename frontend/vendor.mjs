// Remakes static/vendor, tests/vendor and templates/macros/icons.html from the npm registry: `npm install && npm run vendor`.
// Maintainers only; what it makes is committed, with version, licence and SHA-256 in static/vendor/MANIFEST.json.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import rtlcss from "rtlcss";
import * as sass from "sass";

const ICONS = [
  "arrow-left", "arrow-right", "bell", "bell-off", "calendar-days", "calendar-plus", "camera", "captions", "check", "circle-alert",
  "circle-check", "circle-help", "clock", "download", "ellipsis", "globe", "hourglass", "house", "info", "keyboard", "languages", "log-out",
  "mail", "map-pin", "message-square", "mic", "mic-off", "monitor-up", "phone", "phone-off", "printer", "qr-code", "refresh-cw",
  "search", "settings", "signal-low", "triangle-alert", "user", "user-plus", "users", "video", "video-off", "volume-2", "x",
];
const out = "static/vendor";
const version = (name) => JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8"));
const manifest = {};

function put(path, content, from) {
  writeFileSync(path, content);
  const about = version(from);
  manifest[path] = { from, version: about.version, licence: about.license, sha256: createHash("sha256").update(content).digest("hex") };
}

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "licences"), { recursive: true });
mkdirSync("tests/vendor", { recursive: true });

// The few colours of GOV.UK that no Sass setting reaches: button green, tag and select blue.
const OURS = { "#0f7a52": "#0b5351", "#083d29": "#073b3a", "#1d70b8": "#0b5351", "#0f385c": "#073b3a", "#d2e2f1": "#e3f0ef" };
const css = sass
  .compile("frontend/govuk.scss", { style: "compressed", quietDeps: true })
  .css.replace(/#[0-9a-f]{6}/g, (colour) => OURS[colour] ?? colour);
put(join(out, "govuk.css"), css, "govuk-frontend");
put(join(out, "govuk.rtl.css"), rtlcss.process(css), "govuk-frontend");
// Not ours to check: without the first line the type checker reads the minified text.
const socket = readFileSync("node_modules/socket.io-client/dist/socket.io.esm.min.js", "utf8").replace(/\n?\/\/# sourceMappingURL.*/, "");
put(join(out, "socket.io.esm.min.js"), `// @ts-nocheck\n${socket}`, "socket.io-client");
put("tests/vendor/axe.min.js", readFileSync("node_modules/axe-core/axe.min.js"), "axe-core");

const paths = ICONS.map((name) => {
  const svg = readFileSync(join("node_modules/lucide-static/icons", `${name}.svg`), "utf8");
  const inner = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s*\n\s*/g, "").trim();
  return `  ${JSON.stringify(name)}: ${JSON.stringify(inner)},`;
});
put(
  "templates/macros/icons.html",
  `{# Icons of Lucide (ISC licence), made by "npm run vendor". Decoration only: a word always stands beside. icon("mic") #}\n{% set paths = {\n${paths.join("\n")}\n} %}\n` +
    `{% macro icon(name) -%}\n<svg class="icon icon--{{ name }}" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{{ paths[name] | safe }}</svg>\n{%- endmacro %}\n`,
  "lucide-static",
);

// govuk-frontend's package carries no licence file; its text is kept here.
copyFileSync("frontend/licences/govuk-frontend.txt", join(out, "licences", "govuk-frontend.txt"));
for (const name of ["socket.io-client", "axe-core", "lucide-static"]) {
  copyFileSync(join("node_modules", name, "LICENSE"), join(out, "licences", `${name}.txt`));
}
writeFileSync(join(out, "MANIFEST.json"), JSON.stringify(manifest, null, 2) + "\n");
