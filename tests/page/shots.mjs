import { chromium } from "playwright-core";
const U = "http://127.0.0.1:18081/";
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu"] });
const shot = (page, name) => page.screenshot({ path: `/tmp/pg/${name}.png` });
async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (m) => { if (m.type() === "error") console.log("console:", m.text()); });
  page.on("pageerror", (e) => console.log("error:", e.stack));
  await page.goto(U);
  await page.waitForTimeout(1500);
  return page;
}
const say = async (page, text) => { await page.fill("#text", text); await page.press("#text", "Enter"); await page.waitForTimeout(500); };
const p = await open({ viewport: { width: 1440, height: 860 }, locale: "en-US" });
for (const text of ["/start", "Клик", "/boom", "🔥"]) await say(p, text);
await p.waitForTimeout(2500);
await p.click("#developer-toggle");
await p.waitForTimeout(1500);
await shot(p, "d-calls");
for (const tab of ["updates", "log", "failed", "tables", "backups", "host"]) { await p.click(`[data-tab=${tab}]`); await p.waitForTimeout(1300); await shot(p, `d-${tab}`); }
await p.click("text=kill -9"); await p.waitForTimeout(300); await shot(p, "d-killed"); await p.waitForTimeout(2500); await shot(p, "d-restored");
await say(p, "/");
await p.fill("#text", "/"); await p.waitForTimeout(300); await shot(p, "d-commands"); await p.fill("#text", "");
await p.locator(".message.mine .bubble").first().click({ button: "right" }); await p.waitForTimeout(300); await shot(p, "d-menu");
const r = await open({ viewport: { width: 1280, height: 800 }, locale: "ru-RU", colorScheme: "dark" });
await r.click("#developer-toggle"); await r.click("[data-tab=host]"); await r.waitForTimeout(1500); await shot(r, "r-dark");
const m = await open({ viewport: { width: 390, height: 780 }, locale: "ru-RU", hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
await shot(m, "m-chat"); await m.click("#developer-toggle"); await m.waitForTimeout(1200); await shot(m, "m-calls");
await m.click("[data-tab=tables]"); await m.waitForTimeout(1500); await shot(m, "m-tables"); await m.click("#developer-close"); await m.click("#back"); await m.waitForTimeout(500); await shot(m, "m-people");
const k = await open({ viewport: { width: 390, height: 780 }, locale: "en-US", colorScheme: "dark", hasTouch: true, isMobile: true });
await k.click("#developer-toggle"); await k.click("[data-tab=backups]"); await k.waitForTimeout(1500); await shot(k, "k-backups");
await browser.close();
