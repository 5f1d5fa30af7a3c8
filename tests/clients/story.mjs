/* One bot, written with each library in its own way, and what people see of it. A library's file says how to make that bot:
 *
 *   make({ token, root }) -> { poll(), stop(), hook(url) -> handler of node:http, close?() }
 *
 * The bot answers /start with buttons, and edits that message when one is pressed; /files sends a file of each kind; a file that it
 * gets is sent back as text; it answers inline queries, sends a poll at /poll and says what was voted for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TOKEN, World } from "./world.mjs";

export const FILES = {
  photo: "moon.jpg", document: "moon.txt", video: "moon.mp4", audio: "moon.mp3", voice: "moon.ogg", video_note: "note.mp4",
  animation: "moon.gif", sticker: "moon.webp",
};
export const bytesOf = (kind) => Buffer.from(`the bytes of a ${kind}: \0\r\n--\xff`, "latin1");
export const ALLOWED = ["message", "callback_query", "inline_query", "poll_answer"];

/* The file in a message, whatever its kind. */
export function fileOf(message) {
  for (const kind of Object.keys(FILES)) {
    const found = message[kind];
    if (found && kind !== "document") return { kind, file: Array.isArray(found) ? found.at(-1) : found };
  }
  return message.document && { kind: "document", file: message.document };
}

async function speaks(anna) {
  await anna.says("/start");
  const greeting = await anna.seesText("Hello, Anna");
  assert.equal(greeting.reply_markup.inline_keyboard[0][0].text, "More");
  const query = await anna.press(greeting, "more");
  const edited = await anna.seesText("More!");
  assert.equal(edited.message_id, greeting.message_id);
  assert.equal((await anna.answer(query)).text, "done");
}

async function sendsFiles(anna, world) {
  await anna.says("/files");
  for (const kind of Object.keys(FILES)) {
    const message = await anna.sees(kind, (candidate) => fileOf(candidate)?.kind === kind);
    const { file } = fileOf(message);
    const answer = await fetch(`${world.root}/sandbox/files?file_id=${file.file_id}`);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytesOf(kind), kind);
  }
}

async function getsFiles(anna) {
  for (const [kind, name] of Object.entries(FILES)) {
    await anna.sendsFile(kind, name, bytesOf(kind));
    await anna.seesText(`${kind}: ${bytesOf(kind).toString("base64")}`);
  }
}

async function answersInline(anna, world) {
  const query = await world.control("POST", "inline", { from_id: anna.id, query: "moon" });
  const answer = await anna.answer(query);
  assert.equal(answer.results[0].title, "About moon");
}

async function asksInPolls(anna, world) {
  await anna.says("/poll");
  const message = await anna.sees("the poll", (candidate) => candidate.poll?.question === "Which?");
  await world.control("POST", "votes", { chat_id: anna.id, message_id: message.message_id, from_id: anna.id, options: [1] });
  await anna.seesText("Voted for 1");
}

export function tell(name, make) {
  test(`${name}, by polling`, async (t) => {
    const world = await World.open(t);
    const anna = await world.person(5, "Anna");
    const bot = await make({ token: TOKEN, root: world.root });
    world.onEnd(() => bot.stop());
    bot.poll();
    for (const [what, part] of Object.entries({ speaks, sendsFiles, getsFiles, answersInline, asksInPolls })) {
      await t.test(what, () => part(anna, world));
    }
  });

  test(`${name}, by a webhook`, async (t) => {
    const world = await World.open(t);
    const anna = await world.person(5, "Anna");
    const bot = await make({ token: TOKEN, root: world.root });
    if (bot.close) world.onEnd(() => bot.close());
    const state = {};
    const url = await world.listen((request, response) => state.handle(request, response));
    state.handle = await bot.hook(url);
    const info = await (await fetch(`${world.root}/bot${TOKEN}/getWebhookInfo`)).json();
    assert.equal(info.result.url, url);
    for (const [what, part] of Object.entries({ speaks, getsFiles, answersInline })) {
      await t.test(what, () => part(anna, world));
    }
  });
}
