/* The sandbox goes and comes back on the same port, as it does whenever its author builds it anew. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "../support/free_port.mjs";
import { World } from "./world.mjs";

test("the page says that the sandbox is gone, finds it again, and offers the person anew", async (t) => {
  const world = new World(t);
  const first = await world.sandbox(await freePort());
  const window = await world.window(first, { forgives: /net::ERR_/ });
  const id = await window.becomes("Anna");
  await first.bot.say(id, "before");
  await window.sees("before");

  await first.stop();
  const notice = window.page.getByRole("alert").filter({ hasText: "does not answer" });
  await notice.waitFor();
  await window.writes("into the void");
  await window.page.getByRole("status").filter({ hasText: "Not sent" }).waitFor();
  assert.equal(await window.field.inputValue(), "into the void");

  const second = await world.sandbox(first.port);
  await notice.waitFor({ state: "hidden" });
  await window.page.getByText("has forgotten Anna").waitFor();
  await window.page.waitForFunction(() => document.activeElement?.id === "first-name");
  await window.page.keyboard.press("Enter");
  await window.button("/start").waitFor();
  assert.equal(Number(new URL(window.page.url()).hash.slice(1)), id);
  await second.bot.say(id, "after");
  await window.shows(["after"]);
});
