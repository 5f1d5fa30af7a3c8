/* `lunokhod dev` in the page: the admin's chat, what the developer's panel shows of the host, and a host that is killed and comes back. */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { World, openTab } from "./world.mjs";

const COUNTER = `
local bot, db = require "bot", require "db"
db.exec "CREATE TABLE IF NOT EXISTS counts(person INTEGER PRIMARY KEY, name TEXT, n INTEGER)"
bot.command("count", function(message)
  local row = db.one([[INSERT INTO counts VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n]],
    message.from.id, message.from.first_name)
  message:answer("counted " .. row.n)
end, { description = "count once more" })
bot.command("boom", function(message)
  if db.one "SELECT n FROM counts" == nil then error "nobody has counted" end
  message:answer "no boom"
end)
`;

async function begin(t, options = {}) {
  const world = new World(t);
  const dev = await world.dev({ "counter.lua": COUNTER, ...options.files }, options.arguments);
  const window = await world.window(dev, options.window);
  await window.page.locator("#chat").waitFor();
  return { dev, window, page: window.page };
}

test("whoever opens the page is the admin, kills the bot, and finds it restored with its data", async (t) => {
  const { window, page } = await begin(t, { arguments: ["--backup-interval", "1"] });
  assert.equal(await page.locator("#person-name").textContent(), "Admin");
  await window.writes("/count");
  await window.sees("counted 1");
  const backups = await openTab(page, "Backups");
  await backups.getByRole("button", { name: "Back up now" }).click();
  await page.getByRole("status").filter({ hasText: "A backup was made" }).waitFor();
  const host = await openTab(page, "Host");
  await host.getByText("runs", { exact: true }).waitFor();
  const pid = await host.locator("dd").nth(1).textContent();
  await host.getByRole("button", { name: "kill -9" }).click();
  await page.getByRole("alert").filter({ hasText: "Restored from the backup in message" }).waitFor();
  await host.getByText("killed by signal 9").waitFor();
  assert.notEqual(await host.locator("dd").nth(1).textContent(), pid);
  await window.writes("/count");
  await window.sees("counted 2");
  const table = await openTab(page, "Backups");
  await table.getByText(/restored from message \d+/).waitFor();
});

test("the admin goes back to an earlier backup by a reply", async (t) => {
  const { window, page } = await begin(t, { arguments: ["--backup-interval", "3600"] });
  const first = window.message("lunokhod.sqlite.zst").first();
  let asked = 0;
  const goesBack = async () => {
    await first.hover();
    await first.getByRole("button", { name: "Menu of the message" }).click();
    await page.getByRole("menuitem", { name: "Reply" }).click();
    await window.writes("/restore");
    await page.getByRole("group", { name: "Buttons of the message" }).nth(asked++).getByRole("button").first().click();
    await window.message("Done:").nth(asked - 1).waitFor();
  };
  await window.writes("/count");
  await window.sees("counted 1");
  await goesBack();   /* to what is live: it is saved in this message, which stays, and another one becomes the live one */
  await window.writes("/count");
  await window.sees("counted 2");
  await goesBack();
  await window.writes("/count");
  await window.message("counted 2").nth(1).waitFor();
});

test("a failed handler is told with file and line, and its update is handed out again", async (t) => {
  const { window, page } = await begin(t);
  await window.writes("/boom");
  const notice = page.getByRole("alert").filter({ hasText: "A handler failed" });
  await notice.getByText("counter.lua:10").waitFor();
  await notice.getByRole("button", { name: "Show" }).click();
  const failed = page.getByRole("tabpanel", { name: "Failed" });
  await failed.getByText("nobody has counted").waitFor();
  await failed.getByRole("button", { name: "Show" }).click();
  await failed.getByText("stack traceback").waitFor();
  await window.writes("/count");
  await window.sees("counted 1");
  await failed.getByRole("button", { name: "Again" }).click();
  await window.sees("no boom");
  await failed.getByText("Nothing has failed.").waitFor();
});

test("a reload that failed is told until one succeeds", async (t) => {
  const { dev, window, page } = await begin(t);
  const file = path.join(dev.directory, "counter.lua");
  await writeFile(file, `${COUNTER}\nlocal x = = 1\n`);
  const notice = page.getByRole("alert").filter({ hasText: "The reload failed" });
  await notice.getByText(/counter\.lua:\d+/).waitFor();
  await writeFile(file, COUNTER.replace("counted ", "reckoned "));
  await notice.waitFor({ state: "hidden" });
  await window.writes("/count");
  await window.sees("reckoned 1");
  const host = await openTab(page, "Host");
  await host.getByRole("button", { name: "Reload the scripts" }).click();
  await page.getByRole("status").filter({ hasText: "Reloaded: 1 files." }).waitFor();
});

test("tables are shown live, and asked read-only", async (t) => {
  const name = `<img src=x onerror="alert(1)">`;
  const { dev, window, page } = await begin(t);
  await fetch(`${dev.address}/sandbox/users`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ id: 1001, first_name: name }) });
  const tables = await openTab(page, "Tables");
  await window.writes("/count");
  await tables.getByRole("cell", { name: "1", exact: true }).waitFor();
  await window.writes("/count");
  await tables.getByRole("cell", { name: "2", exact: true }).waitFor();
  await tables.getByRole("cell", { name }).waitFor();
  await tables.getByLabel("One SELECT").fill("DELETE FROM counts");
  await tables.getByRole("button", { name: "Run" }).click();
  await tables.locator(".failed").waitFor();
  await tables.getByLabel("One SELECT").fill("SELECT n + 40 AS answer FROM counts");
  await tables.getByRole("button", { name: "Run" }).click();
  await tables.getByRole("cell", { name: "42" }).waitFor();
  assert.equal(await page.locator(".tab img").count(), 0);
});

test("calls have sizes and a curl without the token; updates are shown as sent; the log can be searched", async (t) => {
  const { window, page } = await begin(t, { window: { permissions: ["clipboard-read", "clipboard-write"] } });
  await window.writes("/count");
  await window.sees("counted 1");
  const calls = await openTab(page, "Calls");
  await page.getByLabel("Filter", { exact: true }).fill("counted 1");
  const call = calls.getByRole("listitem").filter({ hasText: "sendMessage" });
  await call.getByText("sendMessage").click();
  const { requests } = await (await fetch(new URL("/sandbox/requests", page.url()))).json();
  const sent = requests.find((one) => one.method === "sendMessage" && one.parameters.text === "counted 1");
  assert.equal(sent.answer_size, Buffer.byteLength(JSON.stringify(sent.answer).replace(/[^\x00-\x7f]/g, "\\u0000")));
  await call.getByText(`answered ${sent.answer_size} B`).waitFor();
  await call.getByRole("button", { name: "Copy as curl" }).click();
  await page.getByRole("status").filter({ hasText: "Copied." }).waitFor();
  const curl = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(curl, /^curl "http:\/\/127\.0\.0\.1:\d+\/bot\$BOT_TOKEN\/sendMessage" .*'text=counted 1'/);
  assert.doesNotMatch(await page.content() + curl, /a-token-for-the-sandbox/);
  await page.getByLabel("Filter", { exact: true }).fill("");
  const updates = await openTab(page, "Updates");
  await updates.locator("summary").filter({ hasText: "/count" }).click();
  await updates.locator("pre").filter({ hasText: "update_id" }).waitFor();
  const log = await openTab(page, "Log");
  await log.getByText("msg=running").waitFor();
  await page.getByLabel("Filter", { exact: true }).fill("the token is good");
  await log.getByText("msg=running").waitFor({ state: "hidden" });
  await log.getByText("the token is good").waitFor();
});

test("the host is stopped and started, and faults come and go", async (t) => {
  const { window, page } = await begin(t);
  await window.writes("/count");
  await window.sees("counted 1");
  const host = await openTab(page, "Host");
  await host.getByRole("button", { name: "Stop" }).click();
  await host.getByText("stopped", { exact: true }).waitFor();
  await host.getByRole("button", { name: "Start" }).click();
  await host.getByText("runs", { exact: true }).waitFor();
  await window.writes("/count");
  await window.sees("counted 2");
  await host.getByLabel("Method").fill("getChatMember");
  await host.getByLabel("Times").fill("3");
  await host.getByRole("button", { name: "Add" }).click();
  await host.getByRole("cell", { name: "3 more" }).waitFor();
  await host.getByRole("button", { name: "End all faults" }).click();
  await host.getByText("No faults are arranged.").waitFor();
  await host.getByLabel("Telegram's rate limits hold").check();
  await page.waitForFunction(async () => (await (await fetch("/sandbox/status")).json()).limits);
});

test("a host that can't start says why and where, and starts once it can", async (t) => {
  const { dev, page, window } = await begin(t, { files: { "counter.lua": "local x = = 1\n" } });
  await page.getByRole("alert").filter({ hasText: "The host can't start" }).getByText("counter.lua:1").waitFor();
  await writeFile(path.join(dev.directory, "counter.lua"), COUNTER);
  const host = await openTab(page, "Host");
  await host.getByText("runs", { exact: true }).waitFor();
  await window.writes("/count");
  await window.sees("counted 1");
});

test("the page speaks Russian, on a phone too, and nothing sticks out", async (t) => {
  const { page } = await begin(t, { window: { locale: "ru-RU", viewport: { width: 360, height: 640 } } });
  await page.getByRole("button", { name: "Разработчик" }).click();
  for (const name of ["Вызовы", "Обновления", "Журнал", "Сбои", "Таблицы", "Копии", "Хост"]) {
    await page.getByRole("tab", { name, exact: true }).click();
    await page.getByRole("tabpanel", { name, exact: true }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, name);
  }
  await page.getByRole("button", { name: "Закрыть" }).click();
  assert.equal(await page.locator("html").getAttribute("lang"), "ru");
  assert.equal(await page.getByLabel("Сообщение", { exact: true }).getAttribute("placeholder"), "Сообщение");
});
