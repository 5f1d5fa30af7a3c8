/* Every word of the page is there in Russian. What people and bots write is not the page's. */

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { ROOT, World } from "./world.mjs";

const PAGE = path.join(ROOT, "host/sandbox/door/page");
const SAME = new Set(["kill -9"]);   /* in both languages */
const NAMES = new Set(["Lunokhod", "sandbox", "/start", "sendData", "English", "anna_moon", "Anna"]);   /* what index.html says of itself */

/* All that the page's scripts give to t(). */
async function keys() {
  const found = new Set();
  for (const name of await readdir(PAGE)) {
    if (!name.endsWith(".js")) continue;
    const text = await readFile(path.join(PAGE, name), "utf8");
    for (const [, words] of text.matchAll(/\bt\("((?:[^"\\]|\\.)*)"/g)) found.add(words);
  }
  return [...found];
}

test("the page says everything in Russian, too", async (t) => {
  const world = new World(t);
  const sandbox = await world.sandbox();
  const { page } = await world.window(sandbox, { locale: "ru-RU" });
  const said = await keys();
  assert.ok(said.length > 200);
  const english = await page.evaluate(async (all) => {
    const { t: translate } = await import("/words.js");
    return all.filter((words) => translate(words) === words);
  }, said);
  assert.deepEqual(english.filter((words) => !SAME.has(words)), []);
  const shown = await page.evaluate(() => [...document.querySelectorAll("body *")].flatMap((node) => [
    ...[...node.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ data }) => data.trim()),
    node.getAttribute("aria-label"), node.title, node.placeholder]).filter(Boolean));
  assert.deepEqual(shown.filter((words) => /[A-Za-z]{3}/.test(words) && !/[А-Яа-я]/.test(words) && !NAMES.has(words)), []);
});
