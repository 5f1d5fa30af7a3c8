/* The developer's panel where it changes the world: the clock, faults, and a handler that is mended. */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { World, openTab } from "./world.mjs";

const REMINDER = `
local bot, telegram = require "bot", require "telegram"
bot.job("remind", function(data) telegram.send_message { chat_id = data.chat, text = "it is time" } end)
bot.command("later", function(message)
  bot.after(20 * 3600, "remind", { chat = message.chat.id })
  message:answer "in twenty hours"
end)
bot.command("broken", function(message)
  local stars = nil
  message:answer("there are " .. stars)
end)
`;

async function begin(t, options = {}) {
  const world = new World(t);
  const dev = await world.dev({ "reminder.lua": REMINDER }, options.arguments);
  const window = await world.window(dev, options.window);
  await window.page.locator("#chat").waitFor();
  return { dev, window, page: window.page };
}

test("the clock is turned: a reminder of tomorrow comes, and the chat has tomorrow's date", async (t) => {
  const { window, page } = await begin(t);
  await window.writes("/later");
  await window.sees("in twenty hours");
  const host = await openTab(page, "Host");
  await host.getByText("the real time", { exact: true }).waitFor();
  await host.getByRole("button", { name: "+ 1 d" }).click();
  await window.sees("it is time");
  await host.getByText("24 h ahead").waitFor();
  const days = await page.locator(".message[data-day]").evaluateAll((nodes) => nodes.map((node) => node.dataset.day));
  assert.equal(days.length, 2);
  await host.getByRole("button", { name: "Back to the real time" }).click();
  await host.getByText("the real time", { exact: true }).waitFor();
  const at = new Date(Date.now() + 40 * 86400e3).toISOString().slice(0, 16);
  await host.getByLabel("A time to turn to").fill(at);
  await host.getByRole("button", { name: "Turn to it" }).click();
  await host.getByText(/(39|40|41) d ahead/).waitFor();
});

test("a handler that failed is told by file and line, mended in its file, and its update handed out again", async (t) => {
  const { dev, window, page } = await begin(t);
  await window.writes("/broken");
  const notice = page.getByRole("alert").filter({ hasText: "A handler failed" });
  await notice.getByText("reminder.lua:10").waitFor();
  await notice.getByRole("button", { name: "Show" }).click();
  await page.locator("[data-tab=failed][data-count='1']").waitFor();
  const failed = page.getByRole("tabpanel", { name: "Failed" });
  await failed.getByText("stars").first().waitFor();
  await writeFile(path.join(dev.directory, "reminder.lua"), REMINDER.replace("local stars = nil", "local stars = 7"));
  await notice.waitFor({ state: "hidden" });   /* by the reload */
  await failed.getByRole("button", { name: "Again" }).click();
  await window.sees("there are 7");
  await failed.getByText("Nothing has failed.").waitFor();
});

test("a fault is set for a method, is listed, hits once, and is over", async (t) => {
  const { window, page } = await begin(t);
  const host = await openTab(page, "Host");
  await host.getByLabel("Kind").selectOption("403");
  await host.getByLabel("Method").fill("sendMessage");
  await host.getByRole("button", { name: "Add" }).click();
  const row = host.getByRole("row").filter({ hasText: "sendMessage" });
  await row.getByText("1 more").waitFor();
  await window.writes("/later");
  const calls = await openTab(page, "Calls");
  await calls.getByRole("listitem").filter({ hasText: "sendMessage" }).getByText("403").waitFor();
  await openTab(page, "Host");
  await host.getByText("No faults are arranged.").waitFor();
  await host.getByLabel("Kind").selectOption("429");
  await host.getByLabel("Method").fill("sendMessage");
  await host.getByLabel("Seconds").fill("2");
  await host.getByRole("button", { name: "Add" }).click();
  await host.getByRole("cell", { name: "429, 2 s" }).waitFor();
  await window.writes("/later");
  await window.sees("in twenty hours");   /* the host has waited, and asked again */
  await host.getByText("No faults are arranged.").waitFor();
});
