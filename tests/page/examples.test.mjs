/* What a developer sees of the shipped examples within a minute: a shop bought from, backed up, killed and restored. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { ROOT, World, openTab } from "./world.mjs";

test("in the shop a map is bought, its purchase is in the backup, and a killed host still knows it", async (t) => {
  const world = new World(t);
  const dev = await world.dev({ "shop.lua": await readFile(`${ROOT}/examples/shop.lua`, "utf8") }, ["--backup-interval", "3600"]);
  const window = await world.window(dev);
  const { page } = window;
  await window.writes("/shop");
  await page.getByRole("button", { name: /^Карта Луны/ }).click();
  await page.getByRole("button", { name: /^Pay .*50/ }).click();
  await window.sees("paid 50 ⭐");
  await window.sees("Спасибо! Ваше: Карта Луны.");
  const backups = await openTab(page, "Backups");
  await backups.getByRole("button", { name: "Back up now" }).click();
  const saved = backups.getByRole("row").filter({ hasText: "purchases +1" });
  await saved.getByText(/stock ~1/).waitFor();
  const host = await openTab(page, "Host");
  await host.getByRole("button", { name: "kill -9" }).click();
  await page.getByRole("alert").filter({ hasText: "Restored from the backup in message" }).waitFor();
  await window.writes("/refund");
  await window.sees("Звёзды вернулись.");
  await window.writes("/refund");
  await window.sees("Вы ничего не покупали.");
  const restored = await openTab(page, "Backups");
  await restored.getByRole("row").filter({ hasText: "restored from message" }).waitFor();
  assert.equal(await page.getByRole("alert").filter({ hasText: "A handler failed" }).count(), 0);
});
