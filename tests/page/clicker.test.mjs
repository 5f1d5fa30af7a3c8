/* A new author's path: sandbox and host as processes, the bots of scripts/, and a person who clicks. */

import { test } from "node:test";
import { World } from "./world.mjs";

test("clicks in the page are counted by the bot", async (t) => {
  const world = new World(t);
  const sandbox = await world.sandbox();
  world.host(sandbox);
  const window = await world.window(sandbox);
  await window.becomes("Анна");
  await window.button("/start").click();
  await window.sees("Приветствую Анна");
  await window.button("Клик").click();
  await window.sees("Кликов: 1 🏆");
  await window.button("Клик").click();
  await window.sees("Кликов: 2 🏆");
  await window.button("Рейтинг").click();
  await window.sees("1: Анна - 2🏆");
  await window.shows(["/start", "Приветствую Анна", "Клик", "Кликов: 1 🏆", "Клик", "Кликов: 2 🏆", "Рейтинг",
    "Всего: 1\n1: Анна - 2🏆"]);
});
