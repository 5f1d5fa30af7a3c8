/* What people do beside writing: replies, edits, reactions, the menu of commands, polls, payments. The test is the bot. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./world.mjs";

async function begin(t, options) {
  const world = new World(t);
  const sandbox = await world.sandbox();
  const window = await world.window(sandbox, options);
  return { sandbox, bot: sandbox.bot, window, page: window.page, open: (more) => world.window(sandbox, more) };
}

test("a reply, an edit by ArrowUp, a reaction and a deletion reach the bot or the chat", async (t) => {
  const { bot, window, page } = await begin(t);
  const id = await window.becomes("Anna");
  await bot.call("getUpdates", { allowed_updates: ["message", "edited_message", "message_reaction"] });
  const asked = await bot.say(id, "which one?");
  await window.sees("which one?");
  await window.chooses("which one?", "Reply");
  await page.getByText("Reply to").waitFor();
  await window.writes("this one");
  const { message } = await bot.next();
  assert.equal(message.reply_to_message.message_id, asked.message_id);
  await page.locator("#aim").waitFor({ state: "hidden" });
  await window.field.press("ArrowUp");
  assert.equal(await window.field.inputValue(), "this one");
  await window.writes("that one");
  assert.equal((await bot.next()).edited_message.text, "that one");
  await window.message("that one").getByText("edited").waitFor();
  await window.chooses("which one?", "👍");
  assert.equal((await bot.next()).message_reaction.new_reaction[0].emoji, "👍");
  await window.message("which one?").getByRole("group", { name: "Reactions" }).waitFor();
  await window.chooses("that one", "Delete");
  await window.shows(["which one?"]);
});

test("the menu shows the bot's commands, and a slash completes them", async (t) => {
  const { bot, window, page } = await begin(t);
  await bot.call("setMyCommands", { commands: [{ command: "start", description: "begin" }, { command: "stop", description: "<b>end</b>" }] });
  await window.becomes("Boris");
  await window.button("Menu").click();
  const list = page.getByRole("listbox", { name: "Commands of the bot" });
  await list.getByRole("option", { name: "/stop <b>end</b>" }).click();
  assert.equal((await bot.next()).message.text, "/stop");
  await window.field.pressSequentially("/st");
  await list.getByRole("option", { name: "/start" }).waitFor();
  await window.field.press("ArrowDown");
  await window.field.press("Enter");
  assert.equal((await bot.next()).message.text, "/start");
});

test("a forced reply has its placeholder, and typing is seen", async (t) => {
  const { bot, window, page } = await begin(t);
  const id = await window.becomes("Vera");
  await bot.say(id, "hello");
  await window.sees("hello");
  await bot.call("sendChatAction", { chat_id: id, action: "typing" });
  await page.getByText("typing…").waitFor();
  const asked = await bot.say(id, "How much?", { reply_markup: { force_reply: true, input_field_placeholder: "in grams" } });
  await page.getByText("typing…").waitFor({ state: "hidden" });
  await page.getByPlaceholder("in grams").waitFor();
  await page.getByPlaceholder("in grams").fill("200");
  await page.keyboard.press("Enter");
  assert.equal((await bot.next()).message.reply_to_message.message_id, asked.message_id);
});

test("polls are voted in, contacts and places shared by keyboard, dice and contacts shown", async (t) => {
  const { bot, window, page } = await begin(t);
  const id = await window.becomes("Galya");
  await bot.call("sendPoll", { chat_id: id, question: "Tea?", options: [{ text: "Yes" }, { text: "No" }], is_anonymous: false });
  await page.getByRole("button", { name: /^Yes/ }).click();
  assert.equal((await bot.next()).poll.total_voter_count, 1);
  assert.deepEqual((await bot.next()).poll_answer.option_ids, [0]);
  await page.getByText("1 · 100 %").waitFor();
  await bot.say(id, "Who are you?", { reply_markup: { keyboard: [[{ text: "My number", request_contact: true }, { text: "My place", request_location: true }]] } });
  await window.button("My number").click();
  assert.equal((await bot.next()).message.contact.user_id, id);
  await window.button("My place").click();
  assert.ok((await bot.next()).message.location);
  await bot.call("sendDice", { chat_id: id });
  await page.locator(".dice").waitFor();
  await bot.call("sendContact", { chat_id: id, phone_number: "+7123", first_name: "Moon" });
  await page.getByText("+7123").waitFor();
});

test("an invoice is paid, or refused with the bot's reason", async (t) => {
  const { bot, window, page } = await begin(t);
  const id = await window.becomes("Dina");
  const invoice = { chat_id: id, title: "A stone", description: "of the Moon", payload: "stone", currency: "XTR", prices: [{ label: "stone", amount: 5 }] };
  await bot.call("sendInvoice", invoice);
  const pay = page.getByRole("button", { name: /^Pay .*5$/ });
  await pay.click();
  const { pre_checkout_query: refused } = await bot.next();
  await bot.call("answerPreCheckoutQuery", { pre_checkout_query_id: refused.id, ok: false, error_message: "sold out" });
  await page.getByText("The bot has refused: sold out").waitFor();
  await pay.click();
  const { pre_checkout_query: query } = await bot.next();
  await bot.call("answerPreCheckoutQuery", { pre_checkout_query_id: query.id, ok: true });
  assert.equal((await bot.next()).message.successful_payment.total_amount, 5);
  await window.sees("paid 5 ⭐");
});

test("the bot is blocked and unblocked", async (t) => {
  const { bot, window, page } = await begin(t);
  await window.becomes("Eva");
  await window.writes("hi");
  await bot.next();
  await window.button("More").click();
  await page.getByRole("menuitem", { name: "Block the bot" }).click();
  assert.equal((await bot.next()).my_chat_member.new_chat_member.status, "kicked");
  await page.getByText("You have blocked the bot.").waitFor();
  await window.button("Unblock the bot").click();
  assert.equal((await bot.next()).my_chat_member.new_chat_member.status, "member");
  await page.getByText("You have blocked the bot.").waitFor({ state: "hidden" });
});

test("the list shows the last messages, and a badge for what is unread", async (t) => {
  const { bot, window, page } = await begin(t);
  const zoya = await window.becomes("Zoya");
  await bot.say(zoya, "first");
  await window.sees("first");
  await window.becomes("Ida");
  await bot.say(zoya, "second");
  const entry = page.getByRole("link", { name: /Zoya/ });
  await entry.getByText("second").waitFor();
  await entry.getByRole("img", { name: "unread" }).waitFor();
  await entry.click();
  await window.sees("second");
  await entry.getByRole("img", { name: "unread" }).waitFor({ state: "hidden" });
});
