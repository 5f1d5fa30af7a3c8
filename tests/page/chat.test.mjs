/* The page against a sandbox alone: the test is the bot. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./world.mjs";

async function begin(t) {
  const world = new World(t);
  const sandbox = await world.sandbox();
  return { sandbox, bot: sandbox.bot, open: (options) => world.window(sandbox, options) };
}

test("the first visit needs nothing but a name and Enter", async (t) => {
  const { sandbox, bot, open } = await begin(t);
  const window = await open();
  const { page } = window;
  await page.waitForFunction(() => document.activeElement?.id === "first-name");
  await page.keyboard.type("Анна");
  await page.keyboard.press("Enter");
  await window.button("/start").waitFor();
  const { users } = await (await fetch(`${sandbox.address}/sandbox/users`)).json();
  const id = Number(new URL(page.url()).hash.slice(1));
  assert.equal(users.find((person) => person.id === id)?.first_name, "Анна");
  await page.keyboard.type("hello");
  await page.keyboard.press("Enter");
  const update = await bot.next();
  assert.equal(update.message.text, "hello");
  assert.equal(update.message.from.first_name, "Анна");
  await window.button("/start").waitFor({ state: "hidden" });
});

test("two people in two windows each see their own chat, live", async (t) => {
  const { bot, open } = await begin(t);
  const [anna, boris] = [await open(), await open()];
  const ids = [await anna.becomes("Anna"), await boris.becomes("Boris")];
  await anna.writes("I am Anna");
  await boris.writes("I am Boris");
  for (let i = 0; i < 2; i++) {
    const { message } = await bot.next();
    await bot.say(message.chat.id, `You wrote: ${message.text}`);
  }
  await anna.shows(["I am Anna", "You wrote: I am Anna"]);
  await boris.shows(["I am Boris", "You wrote: I am Boris"]);
  assert.notEqual(ids[0], ids[1]);
  await anna.page.getByRole("link", { name: "Boris" }).first().waitFor();
});

test("the address keeps the person, and a reload the chat", async (t) => {
  const { sandbox, bot, open } = await begin(t);
  const window = await open();
  const id = await window.becomes("Vera");
  await bot.say(id, "still here");
  await window.sees("still here");
  await window.page.reload();
  await window.shows(["still here"]);
  assert.equal(await window.page.title(), "Vera · Lunokhod sandbox");
});

test("the address names the bot of several whose chat is shown", async (t) => {
  const { sandbox, bot, open } = await begin(t);
  const window = await open();
  const id = await window.becomes("Anna");
  await bot.say(id, "of the first");
  const moon = `${sandbox.address.replace(/\/$/, "")}/bot222:moon-token-moon-token-moon-x/sendMessage`;
  await fetch(`${moon}?chat_id=${id}&text=of+the+second`);
  await window.shows(["of the first"]);
  await window.page.goto(`${sandbox.address}?bot_id=222#${id}`);
  await window.shows(["of the second"]);
  await window.writes("hello, second");
  await window.shows(["of the second", "hello, second"]);
});

test("an edit is shown in its place and marked, a deleted message goes", async (t) => {
  const { bot, open } = await begin(t);
  const window = await open();
  const id = await window.becomes("Galya");
  const first = await bot.say(id, "one");
  const second = await bot.say(id, "two");
  await bot.say(id, "three");
  await window.shows(["one", "two", "three"]);
  assert.equal(await window.message("one").getByText("edited").count(), 0);
  await bot.call("editMessageText", { chat_id: id, message_id: first.message_id, text: "ONE" });
  await window.message("ONE").getByText("edited").waitFor();
  await bot.call("deleteMessage", { chat_id: id, message_id: second.message_id });
  await window.shows(["ONE", "three"]);
});

test("what is pinned stands above the chat until it is unpinned, live and after a reload", async (t) => {
  const { bot, open } = await begin(t);
  const window = await open();
  const { page } = window;
  const id = await window.becomes("Zoya");
  const [first, second] = [await bot.say(id, "first"), await bot.say(id, "second")];
  const bar = page.locator("#pinned-text");
  for (const { message_id } of [first, second]) await bot.call("pinChatMessage", { chat_id: id, message_id });
  await bar.filter({ hasText: "second" }).waitFor();
  await bot.call("unpinChatMessage", { chat_id: id, message_id: second.message_id });
  await bar.filter({ hasText: "first" }).waitFor();
  await page.reload();
  await bar.filter({ hasText: "first" }).waitFor();
  await bot.call("unpinAllChatMessages", { chat_id: id });
  await page.locator("#pinned").waitFor({ state: "hidden" });
});

test("an inline button reaches the bot, and its answer the person", async (t) => {
  const { bot, open } = await begin(t);
  const window = await open();
  const id = await window.becomes("Dina");
  const keyboard = (label) => ({ inline_keyboard: [[{ text: label, callback_data: "vote:1" }, { text: "Site", url: "https://example.org/" }]] });
  const sent = await bot.say(id, "Vote!", { reply_markup: keyboard("Up 0") });
  await window.button("Up 0").focus();
  await window.page.keyboard.press("Enter");
  const { callback_query: query } = await bot.next();
  assert.equal(query.data, "vote:1");
  assert.equal(query.from.id, id);
  assert.equal(query.message.message_id, sent.message_id);
  assert.equal(await window.button("Up 0").getAttribute("aria-busy"), "true");
  await bot.call("answerCallbackQuery", { callback_query_id: query.id, text: "Thank you" });
  await window.page.getByRole("status").filter({ hasText: "Thank you" }).waitFor();
  await bot.call("editMessageText", { chat_id: id, message_id: sent.message_id, text: "Voted", reply_markup: keyboard("Up 1") });
  await window.button("Up 1").waitFor();
  assert.equal(await window.page.evaluate(() => document.activeElement.textContent), "Up 1");
  await window.button("Up 1").click();
  const { callback_query: again } = await bot.next();
  await bot.call("answerCallbackQuery", { callback_query_id: again.id, text: "Only once!", show_alert: true });
  const dialog = window.page.getByRole("dialog");
  await dialog.getByText("Only once!").waitFor();
  await window.page.keyboard.press("Enter");
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await window.page.getByRole("link", { name: "Site" }).getAttribute("href"), "https://example.org/");
});

test("the bot's keyboard comes, sends, folds when it is for one time, and goes", async (t) => {
  const { bot, open } = await begin(t);
  const window = await open();
  const id = await window.becomes("Eva");
  await bot.say(id, "Choose", { reply_markup: { keyboard: [["Yes"], [{ text: "No" }]], resize_keyboard: true } });
  await window.button("Yes").click();
  assert.equal((await bot.next()).message.text, "Yes");
  await window.button("No").waitFor();
  await bot.say(id, "Sure?", { reply_markup: { keyboard: [["Once"]], one_time_keyboard: true } });
  await window.button("Once").click();
  assert.equal((await bot.next()).message.text, "Once");
  await window.button("Once").waitFor({ state: "hidden" });
  await window.button("Keyboard of the bot").click();
  await window.button("Once").waitFor();
  await bot.say(id, "Done", { reply_markup: { remove_keyboard: true } });
  await window.button("Keyboard of the bot").waitFor({ state: "hidden" });
  assert.equal(await window.button("Once").isVisible(), false);
});

test("what people and bots write is text, not HTML", async (t) => {
  const { sandbox, bot, open } = await begin(t);
  const window = await open();
  const name = `<img src=x onerror="alert(1)">"'&amp;`;
  const id = await window.becomes(name);
  const evil = `<script>alert(2)</script><b>${name}</b>`;
  await window.writes(evil);
  await bot.next();
  await bot.say(id, name, { reply_markup: { inline_keyboard: [[{ text: evil, callback_data: "x" }]] } });
  await window.shows([evil, name]);
  assert.equal(await window.page.locator("#person-name").textContent(), name);
  assert.equal(await window.page.locator("img, #messages script, #messages b").count(), 0);
  assert.equal(await window.page.title(), `${name} · Lunokhod sandbox`);
});

test("formatted text is formatted, by UTF-16 offsets", async (t) => {
  const { bot, open } = await begin(t);
  const window = await open();
  const id = await window.becomes("Zoya");
  const text = "🌗🌘 bold italic code here hidden end";
  const entity = (type, part, more = {}) => ({ type, offset: text.indexOf(part), length: part.length, ...more });
  await bot.say(id, text, { entities: [entity("bold", "bold italic"), entity("italic", "italic"), entity("code", "code"),
    entity("text_link", "here", { url: "https://example.org/?a=1&b=2" }), entity("spoiler", "hidden")] });
  const words = window.message("🌗").locator(".words");
  // Telegram splits the bold part where the italic one begins.
  await words.locator("b", { hasText: /^bold $/ }).waitFor();
  await words.locator("b", { hasText: /^italic$/ }).locator("i", { hasText: /^italic$/ }).waitFor();
  await words.locator("code", { hasText: /^code$/ }).waitFor();
  assert.equal(await words.getByRole("link", { name: "here" }).getAttribute("href"), "https://example.org/?a=1&b=2");
  const spoiler = words.locator(".spoiler");
  await spoiler.press("Enter");
  assert.equal(await spoiler.getAttribute("aria-expanded"), "true");
});

test("a document goes to the bot and can be downloaded from the chat", async (t) => {
  const { sandbox, bot, open } = await begin(t);
  const window = await open();
  await window.becomes("Ida");
  const file = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("the far side") };
  await window.page.getByLabel("Send a document").setInputFiles(file);
  const { message } = await bot.next();
  assert.equal(message.document.file_name, "notes.txt");
  assert.equal(message.document.file_size, 12);
  const href = await window.page.getByRole("link", { name: /notes\.txt/ }).getAttribute("href");
  assert.equal(await (await fetch(sandbox.address + href)).text(), "the far side");
});

test("the developer panel shows what the bot asks for", async (t) => {
  const { bot, open } = await begin(t);
  const window = await open();
  const id = await window.becomes("Kira");
  const panel = window.page.getByRole("complementary", { name: "Developer's panel" });
  assert.equal(await panel.isVisible(), false);
  await window.button("Developer").click();
  await bot.say(id, "seen in the panel");
  const call = panel.getByRole("listitem").filter({ hasText: "seen in the panel" });
  await call.getByText("sendMessage").click();
  await call.locator("pre", { hasText: String(id) }).waitFor();
  await window.page.keyboard.press("Escape");
  await panel.waitFor({ state: "hidden" });
});

test("a phone's width shows people or chat, and nothing sticks out", async (t) => {
  const { bot, open } = await begin(t);
  const window = await open({ viewport: { width: 360, height: 640 } });
  const id = await window.becomes("Lada");
  await bot.say(id, "W".repeat(500), { reply_markup: { inline_keyboard: [[{ text: "A".repeat(60), callback_data: "a" }, { text: "B", callback_data: "b" }]] } });
  await window.sees("WWW");
  const sticksOut = () => document.documentElement.scrollWidth > innerWidth || document.querySelector("#messages").scrollWidth > innerWidth;
  assert.equal(await window.page.evaluate(sticksOut), false);
  assert.equal(await window.page.getByRole("navigation", { name: "People" }).isVisible(), false);
  await window.page.getByRole("link", { name: "Back to the people" }).click();
  await window.page.getByRole("navigation", { name: "People" }).waitFor();
  await window.page.getByRole("link", { name: `Lada ${id}` }).click();
  await window.sees("WWW");
});

test("the developer's panel knows the size of a file that the bot has sent", async (t) => {
  const { sandbox, bot, open } = await begin(t);
  const window = await open();
  const id = await window.becomes("Lika");
  const form = new FormData();
  form.append("chat_id", id);
  form.append("document", new Blob(["x".repeat(12345)]), "moon.txt");
  const answer = await fetch(`${sandbox.address}/bot123456:sandbox-token-sandbox-token-x/sendDocument`, { method: "POST", body: form });
  assert.equal(answer.status, 200);
  const { requests } = await (await fetch(`${sandbox.address}/sandbox/requests`)).json();
  const sent = requests.find((call) => call.method === "sendDocument");
  assert.deepEqual(sent.files, [{ name: "document", file_name: "moon.txt", size: 12345 }]);
  await window.button("Developer").click();
  const panel = window.page.getByRole("tabpanel", { name: "Calls" });
  await panel.getByText("sendDocument").click();
  await panel.getByText(/Sent 12\.4 kB/).waitFor();
});
