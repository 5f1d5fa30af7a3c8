/* Mini Apps: in a frame of the page, which is not trusted. Nothing leaves the machine: the browser answers for the servers. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { ROOT, TOKEN, World } from "./world.mjs";

const SCRIPT = await readFile(`${ROOT}/tests/page/apps/telegram-web-app.js`, "utf8");
const APP = "https://app.example/";

const html = (script) => `<!doctype html><title>App</title><script src="https://telegram.org/js/telegram-web-app.js"></script><p id="seen"></p><script>
  const app = Telegram.WebApp, see = (text) => { document.getElementById("seen").textContent = text; };
  ${script}; app.ready();</script>`;

async function serve(page, pages) {
  await page.route("https://telegram.org/js/telegram-web-app.js", (route) => route.fulfill({ contentType: "text/javascript", body: SCRIPT }));
  for (const [address, body] of Object.entries(pages)) await page.route(`${address}**`, (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body }));
}

async function begin(t, script, options) {
  const world = new World(t);
  const sandbox = await world.sandbox();
  const window = await world.window(sandbox, options);
  const { page } = window;
  await serve(page, { [APP]: html(script) });
  const id = await window.becomes("Anna");
  const sheet = page.getByRole("dialog", { name: "Bot" });
  return { sandbox, bot: sandbox.bot, window, page, id, frame: page.frameLocator("#web-app iframe"), sheet, seen: page.frameLocator("#web-app iframe").locator("#seen") };
}

const keyboard = (url = APP) => ({ reply_markup: { keyboard: [[{ text: "Open", web_app: { url } }]] } });
const below = (url = APP) => ({ reply_markup: { inline_keyboard: [[{ text: "Play", web_app: { url } }]] } });

test("app.lua: the map opens, a crater is chosen, and the bot flies there", async (t) => {
  const world = new World(t);
  const dev = await world.dev({ "app.lua": await readFile(`${ROOT}/examples/app.lua`, "utf8") });
  const window = await world.window(dev);
  const { page } = window;
  await serve(page, { "https://example.org/craters.html": await readFile(`${ROOT}/examples/craters.html`, "utf8") });
  await window.writes("/start");
  await window.button("Открыть карту").click();
  const frame = page.frameLocator("#web-app iframe");
  await frame.getByRole("button", { name: "Тихо" }).click();
  await window.button("Лететь: Тихо").click();
  await page.locator("#web-app").waitFor({ state: "hidden" });
  await window.sees("Летим в кратер Тихо!");
  await window.sees("Data from the button “Открыть карту” went to the bot.");
  await window.button("Открыть карту").waitFor({ state: "hidden" });
});

test("an app below a message has init data that the bot's token has signed, one of the keyboard has none", async (t) => {
  const { bot, window, id, seen } = await begin(t, `see(app.initData || "none")`);
  await bot.say(id, "An app", below());
  await window.button("Play").click();
  await seen.getByText("user=").waitFor();
  const data = new URLSearchParams(await seen.textContent());
  const hash = data.get("hash");
  data.delete("hash");
  const lines = [...data].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`).join("\n");
  const key = createHmac("sha256", "WebAppData").update(TOKEN).digest();
  assert.equal(createHmac("sha256", key).update(lines).digest("hex"), hash);
  assert.equal(JSON.parse(data.get("user")).id, id);
  await bot.call("answerWebAppQuery", { web_app_query_id: data.get("query_id"), result: { type: "article", id: "1", title: "t", input_message_content: { message_text: "from the app" } } });
  await window.sees("from the app");
  await window.button("Close").click();
  await bot.say(id, "The same", keyboard());
  await window.button("Open").click();
  await seen.getByText("none").waitFor();
});

test("only an app of the keyboard sends data, and the bot's menu button opens one", async (t) => {
  const { bot, window, page, id, sheet } = await begin(t, `app.MainButton.setText("Send it").show().onClick; app.MainButton.onClick(() => app.sendData("stolen"))`);
  await bot.call("setChatMenuButton", { menu_button: { type: "web_app", text: "Game", web_app: { url: APP } } });
  await page.reload();
  await window.button("Game").click();
  await window.button("Send it").click();
  await page.getByRole("status").filter({ hasText: "Only an app that the bot's keyboard has opened" }).waitFor();
  assert.equal(await sheet.isVisible(), true);
  await window.writes("the first that the bot hears");
  assert.equal((await bot.next()).message.text, "the first that the bot hears");
  assert.equal(id > 0, true);
});

test("the frame may not touch the page, and other windows are not heard", async (t) => {
  const { bot, window, page, id, sheet, seen } = await begin(t, `
    let touched = "no";
    try { touched = parent.document.title; } catch { /* as it should be */ }
    try { top.location = "about:blank"; touched = "moved"; } catch { /* as it should be */ }
    see("touched: " + touched)`, { forgives: /Unsafe attempt|navigate the top|SecurityError|Failed to set a named property/ });
  await bot.say(id, "An app", keyboard());
  await window.button("Open").click();
  await seen.getByText("touched: no").waitFor();
  await page.evaluate(() => {   /* a message of the right words, from the page's own window */
    window.postMessage(JSON.stringify({ eventType: "web_app_data_send", eventData: { data: "forged" } }), "*");
    window.postMessage(JSON.stringify({ eventType: "web_app_close" }), "*");
  });
  const other = page.locator("#web-app iframe");
  assert.equal(await other.getAttribute("sandbox"), "allow-scripts allow-same-origin allow-forms allow-popups");
  await window.button("Close").click();
  await sheet.waitFor({ state: "hidden" });
  await window.writes("nothing before this");
  assert.equal((await bot.next()).message.text, "nothing before this");
});

test("an app of the page's own address is refused, another address can be given and is kept", async (t) => {
  const { sandbox, bot, window, page, id, seen } = await begin(t, `see("elsewhere")`);
  await bot.say(id, "An app", keyboard("https://nowhere.example/"));
  await serve(page, { "https://nowhere.example/": html(`see("nowhere")`) });
  await window.button("Open").click();
  await seen.getByText("nowhere").waitFor();
  await page.getByText("For the developer").click();
  for (const address of [sandbox.address, "http://app.example/", "javascript:alert(1)//"]) {
    await page.getByLabel("Address").fill(address);
    await page.getByLabel("Address").press("Enter");
    await page.getByText("none of its own address").waitFor();
    assert.equal(await page.locator("iframe").count(), 0, address);
    await page.getByLabel("Address").fill(APP);
    await page.getByLabel("Address").press("Enter");
    await page.getByText("none of its own address").waitFor({ state: "hidden" });
  }
  await seen.getByText("elsewhere").waitFor();
  await window.button("Close").click();
  await window.button("Open").click();
  await seen.getByText("elsewhere").waitFor();
});

test("buttons, popups, closing and storage are answered; data can be sent by hand", async (t) => {
  const { bot, window, page, id, frame, sheet, seen } = await begin(t, `
    app.BackButton.onClick(() => app.showConfirm("Go back?", (is) => see(is ? "back" : "stay")));
    app.BackButton.show();
    app.enableClosingConfirmation();
    app.CloudStorage.call("saveStorageValue", { key: "a", value: "1" }, () =>
      app.CloudStorage.call("getStorageValues", { keys: ["a", "b"] }, (error, values) => see("kept " + JSON.stringify(values))))`);
  await bot.say(id, "An app", keyboard());
  await window.button("Open").click();
  await seen.getByText('kept {"a":"1","b":""}').waitFor();
  await window.button("Back").click();
  const question = page.getByRole("alertdialog");
  await question.getByText("Go back?").waitFor();
  await question.getByRole("button", { name: "OK" }).click();
  await seen.getByText("back", { exact: true }).waitFor();
  await sheet.getByRole("button", { name: "Close", exact: true }).click();
  await question.getByText("Close the app?").waitFor();
  await question.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await frame.locator("#seen").isVisible(), true);
  await page.getByText("For the developer").click();
  await page.getByLabel("sendData").fill('{"by":"hand"}');
  await page.getByLabel("sendData").press("Enter");
  assert.equal((await bot.next()).message.web_app_data.data, '{"by":"hand"}');
  await sheet.waitFor({ state: "hidden" });
});
