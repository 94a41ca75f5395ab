// Amal at Firefox: signs in through the demo door, goes into a meeting, and says every second what arrives. `node firefox.mjs URL PATH`; ends with its stdin.
import puppeteer from "puppeteer-core";

const [url, path] = process.argv.slice(2);
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
  headless: true,
  extraPrefsFirefox: {
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
  },
});
process.on("unhandledRejection", (why) => {
  if (!exchanged(why)) throw why;
});
process.stdin.resume();
process.stdin.on("end", () => void browser.close().then(() => process.exit(0)));

/** @param {object} what */
function tell(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** A fresh page that keeps its connections where we can read them. */
async function open() {
  const page = await browser.newPage();
  page.on("pageerror", (why) => tell({ fault: String(why) }));
  await page.evaluateOnNewDocument(() => {
    window.connections = [];
    const Real = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Real {
      constructor(...how) {
        super(...how);
        window.connections.push(this);
      }
    };
  });
  return page;
}

/** Whether Firefox exchanged the document under our hands, which a loaded machine makes likely: not a fault of the page. @param {unknown} why */
function exchanged(why) {
  return /detached|context .*(destroyed|discarded)|no such frame|navigat/i.test(String(why));
}

/** Press the button of that name, as soon as it is there. @param {import("puppeteer-core").Page} page @param {string} name */
async function press(page, name) {
  await page.locator(`::-p-xpath(//button[not(@hidden) and contains(normalize-space(.), "${name}")])`).click();
}

/** Sign in and go to the waiting room. */
async function attend() {
  const page = await open();
  try {
    await page.goto(`${url}/demo`);
    await Promise.all([page.waitForNavigation(), press(page, "Amal Mansour")]);
    await page.goto(url + path);
    await press(page, "Go to the waiting room");
    return page;
  } catch (why) {
    await page.close().catch(() => undefined);
    throw why;
  }
}

/** Do it until it is done without the document being exchanged meanwhile. @template T @param {() => Promise<T>} act @returns {Promise<T>} */
async function steadily(act) {
  for (;;) {
    try {
      return await act();
    } catch (why) {
      if (!exchanged(why)) throw why;
      console.error(`again: ${why}`);
    }
  }
}

const page = await steadily(attend);
for (;;) {
  const told = await page
    .evaluate(async () => {
      const shown = (/** @type {string} */ state) => !document.querySelector(`[data-state-${state}]`).hidden;
      const told = { audio: 0, video: 0, frames: 0, waits: shown("waiting"), stage: shown("stage") };
      for (const pc of window.connections) {
        if (pc.connectionState === "closed") continue;
        for (const one of (await pc.getStats()).values()) {
          if (one.type !== "inbound-rtp") continue;
          told[one.kind] += one.bytesReceived ?? 0;
          told.frames += one.framesDecoded ?? 0;
        }
      }
      const video = document.querySelector("[data-other]");
      return { ...told, width: video.videoWidth, messages: [...document.querySelectorAll("[data-log] .talk__text")].map((one) => one.textContent) };
    })
    .catch((why) => {
      if (!exchanged(why)) throw why;
      return null;
    });
  if (told) tell(told);
  await new Promise((go) => setTimeout(go, 1000));
}
