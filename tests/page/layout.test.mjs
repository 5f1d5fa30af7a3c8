/* How messages look, and what never lies over what. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./world.mjs";

async function begin(t, options) {
  const world = new World(t);
  const sandbox = await world.sandbox();
  const window = await world.window(sandbox, options);
  return { bot: sandbox.bot, window, page: window.page };
}

/* A photo as a browser makes it. */
async function jpeg(page, width, height) {
  const data = await page.evaluate(([w, h]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
    canvas.getContext("2d").fillRect(0, 0, w, h);
    return canvas.toDataURL("image/jpeg").split(",")[1];
  }, [width, height]);
  return Buffer.from(data, "base64");
}

const phone = { viewport: { width: 390, height: 700 }, isMobile: true, hasTouch: true };

test("on a phone neither toasts nor new messages cover the field, Send or the keyboard", async (t) => {
  const { bot, window, page } = await begin(t, phone);
  const id = await window.becomes("Anna");
  for (let i = 0; i < 20; i++) await bot.say(id, `line ${i}`);
  await bot.say(id, "Press", { reply_markup: { inline_keyboard: [[{ text: "Up", callback_data: "up" }]] } });
  await bot.say(id, "Choose", { reply_markup: { keyboard: [["Yes"], ["No"]] } });
  await window.button("Yes").waitFor();
  await window.button("Up").click();
  const { callback_query: query } = await bot.next();
  await page.locator("#messages").evaluate((node) => { node.scrollTop = 0; });
  await bot.say(id, "news");
  await window.button("New messages ↓").waitFor();
  await bot.call("answerCallbackQuery", { callback_query_id: query.id, text: "A long answer of the bot, which takes more than one line on a phone, and stays for a while" });
  await page.locator("#toast").waitFor();
  const covered = await page.evaluate(() => {
    const box = (id) => document.getElementById(id).getBoundingClientRect();
    const touch = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    return ["toast", "newest"].flatMap((over) => ["composer", "keyboard", "send", "text"].filter((under) => touch(box(over), box(under))).map((under) => `${over} on ${under}`));
  });
  assert.deepEqual(covered, []);
});

test("a photo fills its bubble, a lone emoji has none, and their time lies on them", async (t) => {
  const { bot, window, page } = await begin(t);
  const id = await window.becomes("Boris");
  await bot.upload("sendPhoto", { chat_id: id }, "photo", "moon.jpg", await jpeg(page, 300, 200));
  await page.locator("img.photo").waitFor();
  const inside = await page.waitForFunction(() => {
    const image = document.querySelector("img.photo");
    if (!image.complete || !image.naturalWidth) return null;
    const bubble = image.closest(".bubble"), [a, b, stamp] = [image, bubble, bubble.querySelector(".stamp")].map((node) => node.getBoundingClientRect());
    return { isFull: Math.abs(a.width - b.width) < 1 && Math.abs(a.height - b.height) < 1, isOn: stamp.bottom < a.bottom && stamp.right < a.right && stamp.top > a.top };
  });
  assert.deepEqual(await inside.jsonValue(), { isFull: true, isOn: true });
  await window.writes("🚀");
  const bubble = page.locator(".bubble:has(.lone)");
  await bubble.waitFor();
  assert.equal(await bubble.evaluate((node) => getComputedStyle(node).backgroundColor), "rgba(0, 0, 0, 0)");
  assert.ok(await bubble.evaluate((node) => parseFloat(getComputedStyle(node.querySelector(".lone")).fontSize) > 30));
});

test("mentions, tags, commands and links have a colour of their own in both kinds of bubble, and the time stands in the last line", async (t) => {
  const { bot, window, page } = await begin(t);
  const id = await window.becomes("Vera");
  const text = "@somebody #tag $USD /help https://example.org/";
  await bot.say(id, text);
  await window.writes(text);
  await window.message("#tag").nth(1).waitFor();
  const plain = await page.locator(".words").evaluateAll((nodes) => nodes.flatMap((node) => {
    const own = getComputedStyle(node).color;
    return [...node.querySelectorAll(".named, .command, a")].filter((part) => getComputedStyle(part).color === own).map((part) => part.textContent);
  }));
  assert.deepEqual(plain, []);
  assert.equal(await page.locator(".words .named").count(), 6);
  await bot.say(id, "short");
  await window.sees("short");
  const isBeside = await window.message("short").evaluate((node) => {
    const range = document.createRange();
    range.selectNodeContents(node.querySelector(".words").firstChild);
    const line = range.getBoundingClientRect(), stamp = node.querySelector(".stamp").getBoundingClientRect();
    return stamp.left >= line.right && stamp.top < line.bottom && stamp.bottom > line.top;
  });
  assert.equal(isBeside, true);
});
