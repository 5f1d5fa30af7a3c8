/* Groups, channels and topics in the page: bots of examples/ in them, and the test as the bot. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./world.mjs";

async function begin(t, options) {
  const world = new World(t);
  const sandbox = await world.sandbox();
  const window = await world.window(sandbox, options);
  const post = async (path, json) => {
    const response = await fetch(`${sandbox.address}/sandbox/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(json) });
    assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
    return response.json();
  };
  return { world, sandbox, bot: sandbox.bot, window, page: window.page, post, open: (more) => world.window(sandbox, more) };
}

/* The page at another address, as a person who types it. */
function goes(window, hash) {
  return window.page.evaluate((to) => new Promise((resolve) => {
    addEventListener("hashchange", resolve, { once: true });
    location.hash = to;
  }), hash);
}

test("a support bot opens a topic for each person, and takes the answers back", async (t) => {
  const { world, sandbox, window, page, open } = await begin(t);
  await world.host(sandbox, "examples/topics.lua").said(/msg=running/);
  const staff = await window.becomes("Staff");
  const forum = await window.founds("Desk", "Supergroup with topics");
  await window.sees("Staff added");
  await window.writes("/desk");
  await window.sees("Вопросы будут приходить сюда.");
  const boris = await open();
  await boris.becomes("Boris");
  await boris.writes("The Moon is dark");
  const topics = page.getByRole("navigation", { name: "Topics" });
  await topics.getByRole("link", { name: "Boris" }).click();
  await window.shows(["The topic “Boris” was created", "The Moon is dark"]);
  await window.writes("We light it");
  await boris.sees("We light it");
  await topics.getByRole("button", { name: "Menu of the topic" }).click();
  await page.getByRole("menuitem", { name: "Close the topic" }).click();
  await window.sees("Staff closed the topic");
  await topics.getByRole("link", { name: "Boris" }).getByRole("img", { name: "closed" }).waitFor();
  await topics.getByRole("button", { name: "New topic" }).click();
  await page.getByLabel("Name of the topic").fill("News");
  await page.keyboard.press("Enter");
  await window.shows(["The topic “News” was created"]);
  await boris.writes("Thank you");
  await topics.getByRole("link", { name: /Boris.*1 unread/ }).waitFor();
  await topics.getByRole("link", { name: "All" }).click();
  await window.sees("We light it");
  assert.match(page.url(), new RegExp(`#${forum}&as=${staff}$`));
});

test("a request to join is decided by the bot, and seen in the group", async (t) => {
  const { world, sandbox, window, page, post } = await begin(t);
  await world.host(sandbox, "examples/door.lua").said(/msg=running/);
  await post("users", { id: 8, first_name: "Boris" });
  const anna = await window.becomes("Anna");
  const group = await window.founds("Moon", "Supergroup");
  await window.writes("/link");
  await window.message("https://t.me/").getByRole("link").click();
  const invitation = page.getByRole("dialog", { name: "Invitation" });
  await invitation.getByLabel("Who").selectOption("8");
  await invitation.getByLabel("Bio").fill("I like it there");
  await invitation.getByRole("button", { name: "Ask to join" }).click();
  await invitation.waitFor({ state: "detached" });
  await goes(window, `#${group}&as=8`);
  await page.locator("#gate").getByText("Boris has asked to join.").waitFor();
  await goes(window, "#8");
  await window.button("8").click();
  await window.sees("Верно, заходите!");
  await goes(window, `#${group}&as=8`);
  await window.sees("Boris joined the group");
  await page.locator("#gate").waitFor({ state: "hidden" });
  await window.writes("Here I am");
  await window.message("Here I am").and(page.locator(".mine")).waitFor();
  await goes(window, `#${group}&as=${anna}`);
  await window.message("Here I am").and(page.locator(":not(.mine)")).getByText("Boris").first().waitFor();
});

test("two people and the bot talk in a group, and see who is who and who has read", async (t) => {
  const { bot, window: anna, page, open, post } = await begin(t);
  await bot.call("getUpdates", { allowed_updates: ["message", "my_chat_member"] });
  await post("users", { id: 8, first_name: "Boris" });
  const id = await anna.becomes("Anna");
  const group = await anna.founds("Craters", "Group", { with: ["Boris"], bot: "member" });
  assert.equal((await bot.next()).my_chat_member.new_chat_member.status, "member");
  assert.ok((await bot.next()).message.new_chat_members[0].is_bot);
  const boris = await open();
  await goes(boris, `#${group}&as=8`);
  await anna.writes("Who comes along?");
  await boris.message("Who comes along?").getByText("Anna", { exact: true }).waitFor();
  await boris.writes("I do");
  await anna.message("I do").getByText("Boris", { exact: true }).waitFor();
  const tick = anna.message("Who comes along?").locator(".tick");
  assert.equal(await tick.getAttribute("aria-label"), "sent");
  assert.deepEqual([(await bot.next()).message.from.id, (await bot.next()).message.from.id], [id, 8]);
  await bot.say(group, "Two of you");
  await bot.call("getUpdates", { offset: -1 });   /* confirms what came before the last */
  await boris.message("Two of you").getByText("bot", { exact: true }).waitFor();
  await anna.message("Who comes along?").getByRole("img", { name: "read" }).waitFor();
  await page.getByRole("button", { name: "You are Anna. As whom to write" }).click();
  await page.getByRole("menuitemradio", { name: /Boris/ }).click();
  await anna.message("I do").and(page.locator(".mine")).waitFor();
});

test("members are added, promoted and removed, and whoever is out may join again", async (t) => {
  const { bot, window, page, post } = await begin(t);
  await bot.call("getUpdates", { allowed_updates: ["message", "my_chat_member", "chat_member"] });
  await post("users", { id: 8, first_name: "Boris" });
  const anna = await window.becomes("Anna");
  const group = await window.founds("Seas", "Supergroup", { bot: "left" });
  await window.button("Seas").click();
  const info = page.getByRole("dialog", { name: "Supergroup" });
  const add = async (name) => {
    await info.getByRole("button", { name: "Add somebody" }).click();
    await page.getByRole("dialog", { name: "Add somebody" }).getByLabel("Filter").fill(name);
    await page.keyboard.press("Enter");
    await info.getByLabel(`What ${name} is here`).waitFor();
  };
  const { first_name: name } = await bot.call("getMe");
  await add(name);
  assert.equal((await bot.next()).my_chat_member.from.id, anna);
  await info.getByLabel(`What ${name} is here`).selectOption("administrator");
  await add("Boris");
  await info.getByLabel("What Boris is here").selectOption("out");
  await window.sees("Anna removed Boris");
  await info.getByRole("button", { name: "New link by request" }).click();
  await info.getByText("by request · by Anna").waitFor();
  await info.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Title").fill("Oceans");
  await page.keyboard.press("Enter");
  await window.sees("Anna renamed the chat to “Oceans”");
  await page.keyboard.press("Escape");
  await info.waitFor({ state: "hidden" });
  await goes(window, `#${group}&as=8`);
  await window.button("Ask to join").waitFor();
  await window.button("Join").click();
  await window.sees("Boris joined the group");
  const kinds = [];
  while (kinds.at(-1) !== "new_chat_title") kinds.push(Object.keys((await bot.next()).message ?? {}).find((key) => key.startsWith("new_chat_t")));
});

test("a channel's posts are the bot's and the owner's, and subscribers only read", async (t) => {
  const { bot, window, page, post } = await begin(t);
  await bot.call("getUpdates", { allowed_updates: ["channel_post"] });
  await post("users", { id: 8, first_name: "Boris" });
  await window.becomes("Anna");
  const channel = await window.founds("Herald", "Channel", { with: ["Boris"] });
  await bot.say(channel, "An eclipse tomorrow");
  await window.sees("An eclipse tomorrow");
  await window.writes("Bring glasses");
  const { channel_post: told } = await bot.next();
  assert.deepEqual([told.text, told.from, told.sender_chat.id], ["Bring glasses", undefined, channel]);
  await goes(window, `#${channel}&as=8`);
  await page.getByText("Only administrators write in a channel.").waitFor();
  assert.equal(await window.field.isVisible(), false);
  await window.shows(["An eclipse tomorrow", "Bring glasses"]);
});

test("a group becomes a supergroup, and its people go on there", async (t) => {
  const { bot, window, page } = await begin(t);
  await bot.call("getMe");
  await window.becomes("Anna");
  const group = await window.founds("Small", "Group");
  await window.sees("Anna added");
  await window.button("Small").click();
  await window.button("Make it a supergroup").click();
  await window.sees("The group became a supergroup");
  await page.waitForURL((url) => Number(url.hash.match(/-\d+/)[0]) < group);
  await window.writes("We have grown");
  await window.sees("We have grown");
});

test("a group that the sandbox has forgotten is told of, and leaves the list", async (t) => {
  const { bot, window, page, post } = await begin(t, { forgives: /status of 400/ });   /* what was being asked of the group */
  await bot.call("getMe");
  await window.becomes("Anna");
  const group = await window.founds("Dust", "Group");
  await window.sees("Anna added");
  await post("reset", {});
  await page.getByText(`There is no group ${group} here.`).waitFor();
  await page.getByRole("link", { name: "Dust" }).waitFor({ state: "detached" });
  await window.becomes("Boris");
});

test("a message is forwarded by keyboard, to a group and back to the bot", async (t) => {
  const { bot, window, page } = await begin(t);
  await bot.call("getUpdates", { allowed_updates: ["message"] });
  const id = await window.becomes("Anna");
  const group = await window.founds("Notes", "Group");
  assert.ok((await bot.next()).message.new_chat_members);
  await goes(window, `#${id}`);
  await bot.say(id, "worth keeping");
  await window.message("worth keeping").getByRole("button", { name: "Menu of the message" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Reply" }).waitFor();
  while (!await page.evaluate(() => document.activeElement.textContent === "Forward")) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Forward to" }).getByLabel("Filter").waitFor();
  await page.keyboard.type("not");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Chat “Notes”" }).waitFor();
  const forwarded = window.message("worth keeping");
  await forwarded.getByText(/^Forwarded from /).waitFor();
  const { message } = await bot.next();
  assert.deepEqual([message.chat.id, message.from.id, message.text], [group, id, "worth keeping"]);
  assert.ok(message.forward_origin.sender_user.is_bot);
  await window.chooses("worth keeping", "Forward");
  await page.getByRole("button", { name: /^Chat with the bot/ }).click();
  await page.getByRole("region", { name: "Chat with the bot" }).waitFor();
  assert.equal((await bot.next()).message.chat.id, id);
});

test("search finds words in the chat, the newest first, and keys step through them", async (t) => {
  const { bot, window, page } = await begin(t);
  const id = await window.becomes("Anna");
  for (const text of ["Craters of the Moon", "nothing", "the MOON again", "<b>moon</b>"]) await bot.say(id, text);
  await window.sees("<b>moon</b>");
  await window.field.press("Control+f");
  const field = page.getByRole("searchbox", { name: "Search in this chat" });
  await field.fill("moon");
  const status = page.getByRole("search").getByRole("status");
  const found = page.locator(".message.found");
  await status.getByText("1 of 3").waitFor();
  await found.getByText("<b>moon</b>").waitFor();
  await field.press("Enter");
  await found.getByText("the MOON again").waitFor();
  await field.press("ArrowUp");
  await found.getByText("Craters of the Moon").waitFor();
  await field.press("ArrowDown");
  await status.getByText("2 of 3").waitFor();
  await field.fill("no such thing");
  await status.getByText("Nothing found").waitFor();
  await field.press("Escape");
  await field.waitFor({ state: "hidden" });
  assert.equal(await found.count(), 0);
});

test("the list counts what is unread in groups, and a phone shows all of it", async (t) => {
  const { bot, window, page } = await begin(t, { viewport: { width: 390, height: 844 } });
  await bot.call("getMe");
  const id = await window.becomes("Anna");
  await page.getByRole("link", { name: "Back to the people" }).click();
  const group = await window.founds("A rather long name of a group, W".padEnd(100, "W"), "Supergroup with topics");
  await window.sees("Anna added");
  await goes(window, `#${id}`);
  await page.getByRole("region", { name: "Chat with the bot" }).waitFor();
  for (const text of ["one", "two", "three"]) await bot.say(group, text);
  await page.getByRole("link", { name: "Back to the people" }).click();
  const entry = page.getByRole("link", { name: /A rather long/ });
  await entry.getByText("three").waitFor();
  await entry.getByRole("img", { name: "3 unread" }).waitFor();
  const sticksOut = () => document.documentElement.scrollWidth > innerWidth;
  assert.equal(await page.evaluate(sticksOut), false);
  await entry.click();
  await window.sees("three");
  assert.equal(await page.evaluate(sticksOut), false);
  await page.locator("#group-open").click();
  await page.getByLabel("What Anna is here").waitFor();
  assert.equal(await page.evaluate(() => { const box = document.querySelector("dialog[open]"); return box.scrollWidth > box.clientWidth; }), false);
});
