/* A sandbox that answers late, as a busy machine does: nothing goes to the wrong chat, and nobody vanishes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./world.mjs";

async function begin(t) {
  const world = new World(t);
  const sandbox = await world.sandbox();
  const window = await world.window(sandbox);
  return { sandbox, bot: sandbox.bot, window, page: window.page };
}

const PEOPLE = "**/sandbox/users?*";

test("what is written right after another chat was chosen goes there", async (t) => {
  const { bot, window, page } = await begin(t);
  await bot.call("getMe");
  const anna = await window.becomes("Anna");
  await window.becomes("Boris");
  await page.route(PEOPLE, () => {});   /* no answer any more */
  await page.getByRole("link", { name: /Anna/ }).click();
  await window.writes("from Anna");
  assert.equal((await bot.next()).message.chat.id, anna);
});

test("a list that was asked for earlier and comes later takes nobody away", async (t) => {
  const { window, page } = await begin(t);
  await window.becomes("Anna");
  const { route, response } = await new Promise((resolve) => {
    page.route(PEOPLE, async (asked) => resolve({ route: asked, response: await asked.fetch() }), { times: 1 });
  });
  await window.becomes("Boris");
  await route.fulfill({ response });
  await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
  assert.equal(await page.getByRole("link", { name: /Boris/ }).count(), 1);
  assert.equal(await page.getByText("Nobody here has the id").count(), 0);
});

test("a new group is offered whoever has just come", async (t) => {
  const { sandbox, window, page } = await begin(t);
  await window.becomes("Anna");
  await fetch(`${sandbox.address}/sandbox/users`, { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"id": 8, "first_name": "Boris"}' });
  await window.button("New group or channel").click();
  await page.getByRole("dialog", { name: "New group or channel" }).getByRole("checkbox", { name: "Boris" }).waitFor();
});
