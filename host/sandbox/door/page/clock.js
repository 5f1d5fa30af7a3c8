/* The clock of the local Telegram, and with `lunokhod dev` of the bot: a part of the developer's panel by which it is turned. */

import { $, button, element, tell, toast } from "./common.js";
import { LANGUAGE, t } from "./words.js";

const STEPS = [["{n} min", 1, 60], ["{n} h", 1, 3600], ["{n} d", 1, 86400], ["{n} d", 7, 604800]];

let clock = { now: 0, ahead_s: 0 };   /* as the sandbox has told it last; seconds */
let shown = () => {};                 /* after a turn */

/* As an input of the kind datetime-local holds it. */
function localText(seconds) {
  const date = new Date(seconds * 1000);
  return new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

async function turn(seconds) {
  const turned = await tell("/sandbox/clock", { json: { advance_s: seconds } });
  if (!turned) return;
  showClock(turned.now, turned.ahead_s);
  const isHostOff = turned.host && !turned.host.ok;
  toast(isHostOff ? t("The clock is turned; the host will start with it.") : t("The clock is turned."));
  shown();
}

function turnTo(text) {
  const at = Math.round(new Date(text).getTime() / 1000);
  if (Number.isFinite(at)) turn(at - clock.now);
}

/* So much, in the largest unit in which it is a whole number or nearly so. */
function spanInWords(seconds) {
  const whole = Math.abs(seconds);
  if (whole < 7200) return t("{n} min", { n: Math.round(whole / 60) });
  return whole < 172800 ? t("{n} h", { n: Math.round(whole / 3600) }) : t("{n} d", { n: Math.round(whole / 86400) });
}

export function showClock(now, ahead_s) {
  clock = { now, ahead_s };
  const time = new Date(now * 1000).toLocaleString(LANGUAGE, { weekday: "short", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const how = { true: "{span} ahead", false: "{span} behind" }[ahead_s > 0];
  $("clock-now").textContent = time;
  $("clock-ahead").textContent = ahead_s ? t(how, { span: spanInWords(ahead_s) }) : t("the real time");
  $("clock-ahead").classList.toggle("tag", ahead_s !== 0);
  $("clock-back").disabled = ahead_s === 0;
  const field = $("clock-at");
  if (document.activeElement !== field && !field.value) field.value = localText(now + 3600);
}

/* The part as an element, once; onTurned() is called after each turn. */
export function clockPart(onTurned) {
  shown = onTurned;
  const at = element("input", { type: "datetime-local", id: "clock-at", "aria-label": t("A time to turn to") });
  const form = element("form", { className: "tools" }, at, element("button", {}, t("Turn to it")));
  form.addEventListener("submit", (event) => { event.preventDefault(); turnTo(at.value); });
  return element("div", { className: "part" }, element("h3", {}, t("Clock")),
    element("p", { className: "tools" }, element("time", { id: "clock-now" }), element("span", { id: "clock-ahead", className: "quiet" })),
    element("p", { className: "tools" }, ...STEPS.map(([words, n, seconds]) => button(`+ ${t(words, { n })}`, () => turn(seconds))),
      button(t("Back to the real time"), () => turn(-clock.ahead_s), { id: "clock-back" })),
    form);
}
