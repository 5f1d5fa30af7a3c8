/* What a developer sees of the shipped examples within a minute: a shop bought from, backed up, killed and restored. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { ROOT, World } from "./world.mjs";

test("in the shop a map is bought, its purchase is in the backup, and a killed host still knows it", async (t) => {
  const world = new World(t);
  const dev = await world.dev({ "shop.lua": await readFile(`${ROOT}/examples/shop.lua`, "utf8") }, ["--backup-interval", "3600"]);
  const window = await world.window(dev, { viewport: { width: 1366, height: 800 } });
  const { page } = window;
  const backups = page.getByRole("tabpanel", { name: "Backups" });   /* a wide window opens it by itself */
  const strip = page.locator("#host-strip");
  await window.writes("/shop");
  await page.getByRole("button", { name: /^Карта Луны/ }).click();
  await page.getByRole("button", { name: /^Pay .*50/ }).click();
  await window.sees("paid 50 ⭐");
  await window.sees("Спасибо! Ваше: Карта Луны.");
  await strip.getByText(/unsaved changes: \d+, saved within 60 min/).waitFor();
  await backups.getByRole("button", { name: "Back up now" }).click();
  const saved = backups.getByRole("row").filter({ hasText: "purchases +1" });
  await saved.getByText(/stock ~1/).waitFor();
  await strip.getByText(/all saved/).waitFor();
  await strip.getByRole("button", { name: "kill -9" }).click();
  await page.getByRole("alert").filter({ hasText: "Restored from the backup in message" }).waitFor();
  await window.writes("/refund");
  await window.sees("Звёзды вернулись.");
  await window.writes("/refund");
  await window.sees("Вы ничего не покупали.");
  await backups.getByRole("row").filter({ hasText: "restored from message" }).waitFor();
  await page.getByRole("complementary", { name: "Developer's panel" }).getByRole("button", { name: "Close" }).click();
  await page.reload();
  await window.sees("Вы ничего не покупали.");
  await page.waitForFunction(() => document.body.classList.contains("kept"));
  assert.equal(await strip.isVisible(), false);   /* whoever has closed the panel finds it closed */
  assert.equal(await page.getByRole("alert").filter({ hasText: "A handler failed" }).count(), 0);
});
