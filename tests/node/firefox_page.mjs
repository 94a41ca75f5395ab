// Calls functions of a script in Firefox. stdin: one JSON object {script, calls: [[function, argument], …]}; stdout: one JSON line per call.
import http from "node:http";
import { text } from "node:stream/consumers";
import puppeteer from "puppeteer-core";

const { script, calls } = JSON.parse(await text(process.stdin));
// Cameras are only given to pages of a trustworthy place, and 127.0.0.1 is one.
const server = http.createServer((_asked, answer) => answer.setHeader("Content-Type", "text/html").end(`<script>${script}</script>`));
await new Promise((go) => server.listen(0, "127.0.0.1", go));
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
  headless: true,
  extraPrefsFirefox: { "media.navigator.streams.fake": true, "media.navigator.permission.disabled": true },
});
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  for (const [name, argument] of calls) {
    const told = await page.evaluate((name, argument) => window[name](argument), name, argument);
    process.stdout.write(`${JSON.stringify(told)}\n`);
  }
} finally {
  await browser.close();
  server.close();
}
