/* Inline mode: results above the field, and what is chosen of them. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { ROOT, World } from "./world.mjs";

async function begin(t, options) {
  const world = new World(t);
  const sandbox = await world.sandbox();
  const window = await world.window(sandbox, options);
  const { bot } = sandbox;
  const { username } = await bot.call("getMe");
  const results = window.page.getByRole("listbox", { name: "Results of the bot" });
  return { bot, username, window, page: window.page, results, option: (name) => results.getByRole("option", { name }) };
}

const article = (id, title, more = {}) => ({ type: "article", id, title, input_message_content: { message_text: `sent ${title}` }, ...more });

async function nextOf(bot, kind) {
  for (;;) {
    const update = await bot.next();
    if (update[kind]) return update[kind];
  }
}

test("inline.lua offers phrases, counts what was chosen, and is asked by its name", async (t) => {
  const world = new World(t);
  const dev = await world.dev({ "inline.lua": await readFile(`${ROOT}/examples/inline.lua`, "utf8") });
  const window = await world.window(dev);
  await window.writes("/start");
  await window.sees("Выбирали чаще всего");
  const { bot } = await (await fetch(`${dev.address}/sandbox/bot`)).json();
  await window.field.pressSequentially(`@${bot.username} луна`);
  const option = window.page.getByRole("option", { name: "Луна ближе, чем кажется" });
  await option.waitFor();
  await window.field.press("Enter");
  const sent = window.message("Луна ближе, чем кажется");
  await sent.getByRole("button", { name: `via @${bot.username}` }).waitFor();
  assert.equal(await window.field.inputValue(), "");
  await option.waitFor({ state: "hidden" });
  await window.writes("/start");
  await window.sees("1 × Луна ближе, чем кажется");
});

test("a result is chosen by keyboard, and edited by its inline_message_id", async (t) => {
  const { bot, username, window, results, option } = await begin(t);
  await window.becomes("Anna");
  await window.field.pressSequentially(`@${username} moon`);
  const query = await nextOf(bot, "inline_query");
  assert.deepEqual([query.query, query.offset, query.chat_type], ["moon", "", "sender"]);
  const buttons = { reply_markup: { inline_keyboard: [[{ text: "More", callback_data: "more" }]] } };
  await bot.call("answerInlineQuery", { inline_query_id: query.id, results: [article("1", "First"), article("2", "<b>Second</b>", { description: "of two", ...buttons })] });
  await option("First").waitFor();
  await window.field.press("ArrowDown");
  await window.field.press("ArrowDown");
  await results.locator("[aria-selected=true]").filter({ hasText: "Second" }).waitFor();
  await window.field.press("Enter");
  await window.sees("sent <b>Second</b>");
  const chosen = await nextOf(bot, "chosen_inline_result");
  assert.deepEqual([chosen.result_id, chosen.query], ["2", "moon"]);
  await bot.call("editMessageText", { inline_message_id: chosen.inline_message_id, text: "edited by its id" });
  await window.sees("edited by its id");
});

test("more results come at the end of the list, and the bot is asked once for what Telegram remembers", async (t) => {
  const { bot, username, window, results, option } = await begin(t);
  await window.becomes("Boris");
  await window.field.fill(`@${username} x`);
  const first = await nextOf(bot, "inline_query");
  const many = Array.from({ length: 20 }, (_, i) => article(`a${i}`, `Moon ${i}`));
  await bot.call("answerInlineQuery", { inline_query_id: first.id, results: many, next_offset: "20", cache_time: 3600 });
  await option("Moon 19").scrollIntoViewIfNeeded();
  const second = await nextOf(bot, "inline_query");
  assert.equal(second.offset, "20");
  await bot.call("answerInlineQuery", { inline_query_id: second.id, results: [article("b0", "Mars")], cache_time: 3600 });
  await option("Mars").waitFor();
  await window.field.fill("");
  await results.waitFor({ state: "hidden" });
  await window.field.fill(`@${username} x`);
  await option("Moon 0").waitFor();
  await option("Moon 19").scrollIntoViewIfNeeded();
  await option("Mars").click();
  await window.sees("sent Mars");
  assert.equal((await nextOf(bot, "chosen_inline_result")).result_id, "b0");
});

test("photos and stickers that Telegram has stand in a grid, and are sent", async (t) => {
  const { bot, username, window, page, results } = await begin(t);
  const id = await window.becomes("Vera");
  const pixel = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
    canvas.getContext("2d").fillRect(0, 0, 64, 64);
    return canvas.toDataURL("image/jpeg").split(",")[1];
  });
  const photo = await bot.upload("sendPhoto", { chat_id: id }, "photo", "moon.jpg", Buffer.from(pixel, "base64"));
  await window.field.fill(`@${username} p`);
  const query = await nextOf(bot, "inline_query");
  await bot.call("answerInlineQuery", { inline_query_id: query.id, results: [{ type: "photo", id: "1", title: "Black", photo_file_id: photo.photo.at(-1).file_id, caption: "as it is" }] });
  await results.locator("img").first().waitFor();
  await results.getByRole("option", { name: "Black" }).click();
  const sent = window.message("as it is");
  await sent.locator("img.photo").waitFor();
});

test("buttons write a question into the field, the button over the results starts the bot", async (t) => {
  const { bot, username, window, page } = await begin(t);
  const id = await window.becomes("Galya");
  await bot.say(id, "Look it up", { reply_markup: { inline_keyboard: [[{ text: "Search", switch_inline_query_current_chat: "stars" }]] } });
  await window.button("Search").click();
  assert.equal(await window.field.inputValue(), `@${username} stars`);
  const query = await nextOf(bot, "inline_query");
  await bot.call("answerInlineQuery", { inline_query_id: query.id, results: [], button: { text: "Sign in first", start_parameter: "login" } });
  await page.getByText("No results.").waitFor();
  await window.button("Sign in first").click();
  assert.equal((await nextOf(bot, "message")).text, "/start login");
  await page.getByText("No results.").waitFor({ state: "hidden" });
});

test("a button asks in another chat, which is chosen first", async (t) => {
  const { bot, username, window, page, option } = await begin(t);
  const id = await window.becomes("Eva");
  const group = -1000000000777;
  const answer = await fetch(new URL("/sandbox/chats", page.url()), { method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ id: group, type: "supergroup", title: "Crew", members: [id] }) });
  assert.equal(answer.status, 200);
  await page.getByRole("link", { name: /Crew/ }).waitFor();
  await bot.say(id, "Share it", { reply_markup: { inline_keyboard: [[{ text: "In a group", switch_inline_query_chosen_chat: { query: "moon", allow_group_chats: true } },
    { text: "Anywhere", switch_inline_query: "mars" }]] } });
  await window.button("Anywhere").click();
  await page.getByRole("dialog", { name: "Choose a chat" }).getByRole("button", { name: /Chat with the bot/ }).click();
  assert.equal((await nextOf(bot, "inline_query")).query, "mars");
  await window.button("In a group").click();   /* there is one, so nothing is asked */
  const query = await nextOf(bot, "inline_query");
  assert.deepEqual([query.query, query.chat_type], ["moon", "supergroup"]);
  assert.equal(await window.field.inputValue(), `@${username} moon`);
  await bot.call("answerInlineQuery", { inline_query_id: query.id, results: [article("1", "First")] });
  await option("First").click();
  await window.sees("sent First");
});

test("a name that no bot has is text", async (t) => {
  const { bot, window } = await begin(t);
  await window.becomes("Dina");
  const asked = window.page.waitForResponse(/sandbox\/inline/);
  await window.field.fill("@nobody_here hello");
  await asked;   /* and nothing is shown, which would take Enter for a choice */
  await window.field.press("Enter");
  assert.equal((await nextOf(bot, "message")).text, "@nobody_here hello");
});
