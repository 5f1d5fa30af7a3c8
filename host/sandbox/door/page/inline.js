/* Inline mode: "@bot words" in the field asks that bot. What it answers stands above the field until a result is chosen, which
 * sends it to the chat. Telegram's memory of answers lies in the sandbox. The page asks no server but the sandbox, so pictures
 * that a result names by their address are not fetched: its first letter stands for them. */

import { $, POLL_S, Refusal, ask, button, element, heed, on, pause, tell } from "./common.js";
import { addressed, here, reading, say, session } from "./chat.js";
import { t } from "./words.js";

const PATTERN = /^@(\w{3,32})\s([^]*)$/;
const TYPING_MS = 250;                 /* what is typed on is not asked */
const GRID = new Set(["photo", "gif", "mpeg4_gif", "sticker"]);

/* What is asked, or shown; null: the field holds something else. `next` is the offset of more results, "" without. */
let asked = null;
let openApp = () => {};   /* (url, the bot's name): a Mini App from the button over the results */

/* ---- the list ---- */

function options() {
  return [...$("inline-results").children];
}

function closeList() {
  $("inline").hidden = true;
  $("inline-results").replaceChildren();
  $("text").removeAttribute("aria-activedescendant");
}

export function closeInline() {
  asked?.gone.abort();
  asked = null;
  closeList();
}

function fileOf(result) {
  return result.photo_file_id ?? result.sticker_file_id ?? result.gif_file_id ?? result.mpeg4_file_id;
}

function picture(result, title) {
  const letter = () => element("span", { className: "thumb", "aria-hidden": "true" }, [...title][0]?.toUpperCase() ?? "·");
  const id = fileOf(result);
  if (!id) return letter();
  const image = element("img", { className: "thumb", src: `/sandbox/files?${new URLSearchParams({ file_id: id })}`, alt: "" });
  image.addEventListener("error", () => image.replaceWith(letter()), { once: true });
  return image;
}

function titleOf(result) {
  const name = [result.first_name, result.last_name].filter(Boolean).join(" ");
  return result.title ?? (name || result.caption || result.input_message_content?.message_text || result.type);
}

function row(result, i) {
  const title = titleOf(result);
  const about = result.description ?? result.address ?? result.phone_number ?? "";
  const node = element("li", { role: "option", id: `inline-${i}`, "aria-selected": "false", "aria-label": [title, about].filter(Boolean).join(", ") },
    picture(result, title), element("span", { className: "who" }, element("b", { dir: "auto" }, title), element("small", { dir: "auto" }, about)));
  node.addEventListener("mousedown", (event) => event.preventDefault());   /* the field keeps the focus */
  node.addEventListener("click", () => choose(i));
  return node;
}

/* The button over the results leads into the bot's own chat, or opens a Mini App. */
function showButton(given) {
  const act = () => {
    const { bot } = asked;
    $("text").value = "";
    closeInline();
    if (given.web_app) openApp(given.web_app.url, bot);
    else say(`/start ${given.start_parameter}`);
  };
  $("inline-button").replaceChildren(...(given ? [button(given.text, act, { dir: "auto" })] : []));
}

function show(results) {
  const shown = options().length;
  asked.results.push(...results);
  $("inline-results").classList.toggle("grid", asked.results.length > 0 && asked.results.every(({ type }) => GRID.has(type)));
  $("inline-results").append(...results.map((result, i) => row(result, shown + i)));
  $("inline-none").hidden = asked.results.length > 0;
  $("inline").hidden = false;
  if (!shown) $("inline-results").scrollTop = 0;   /* a browser remembers where a hidden list was */
  askMoreAtEnd();
}

function move(step) {
  const nodes = options();
  if (!nodes.length) return;
  const at = nodes.findIndex((node) => node.getAttribute("aria-selected") === "true");
  const next = nodes[at < 0 ? (step > 0 ? 0 : nodes.length - 1) : (at + step + nodes.length) % nodes.length];
  nodes[at]?.setAttribute("aria-selected", "false");
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
  $("text").setAttribute("aria-activedescendant", next.id);
}

/* ---- asking ---- */

/* One answer of the bot, or undefined where it does not come in time. A bot that is not here is asked nothing. */
async function answerTo(question, offset) {
  const { bot, words, gone: { signal } } = question;
  const json = here({ from_id: session.chat.person.id, username: bot, query: words, offset, cached: true });
  try {
    const { id } = await ask("/sandbox/inline", { json, signal });
    if (id === null) return undefined;
    const answer = await ask("/sandbox/answers", { query: { id, wait: POLL_S }, signal });
    return answer.answered ? { id, ...answer } : undefined;
  } catch (error) {
    if (error instanceof Refusal || signal.aborted) return undefined;
    throw error;
  }
}

async function begin(bot, words) {
  closeInline();
  const mine = { bot, words, results: [], ids: [], next: "", gone: new AbortController() };
  asked = mine;
  await pause(TYPING_MS, mine.gone.signal);
  if (asked !== mine) return;
  const answer = await answerTo(mine, "");
  if (asked !== mine || !answer) return;
  showButton(answer.button);
  add(answer);
}

function add({ id, results, next_offset }) {
  for (let i = 0; i < results.length; i++) asked.ids.push(id);
  asked.next = next_offset ?? "";
  show(results);
}

async function askMore() {
  const mine = asked, offset = mine?.next;
  if (!offset) return;
  mine.next = "";   /* asked for once */
  const answer = await answerTo(mine, offset);
  if (asked === mine && answer) add(answer);
}

function askMoreAtEnd() {
  const { scrollHeight, scrollTop, clientHeight } = $("inline-results");
  if (scrollHeight - scrollTop - clientHeight < 60) askMore().catch(heed);
}

/* ---- choosing ---- */

async function choose(i) {
  const { ids, results, bot, words } = asked;
  $("text").value = "";
  closeInline();
  reading.isFollowing = true;
  const sent = await tell("/sandbox/choices", { json: addressed({ id: ids[i], result_id: results[i].id, from_id: session.chat.person.id }) });
  if (!sent && !$("text").value) $("text").value = `@${bot} ${words}`;
}

/* Enter and Send choose what is selected, or the first result. True: there was one. */
export function chooseInline() {
  if ($("inline").hidden || !asked?.results.length) return false;
  const at = options().findIndex((node) => node.getAttribute("aria-selected") === "true");
  choose(Math.max(at, 0));
  return true;
}

/* ---- what is typed ---- */

/* True where the field asks a bot. */
export function heedInlineWords(text) {
  const [, bot, words] = text.match(PATTERN) ?? [];
  if (!bot) closeInline();
  else if (!asked || asked.bot !== bot || asked.words !== words) begin(bot, words).catch(heed);
  return Boolean(bot);
}

/* True where a key meant the list. */
export function heedInlineKey(event) {
  if ($("inline").hidden) return false;
  const steps = { ArrowDown: 1, ArrowUp: -1, ...($("inline-results").classList.contains("grid") && { ArrowRight: 1, ArrowLeft: -1 }) };
  if (steps[event.key]) move(steps[event.key]);
  else if (event.key === "Escape") closeList();
  else return false;
  return true;
}

/* Puts a question to the bot into the field, as a button of its asks. */
export function writeInline(bot, words) {
  const field = $("text");
  field.value = `@${bot} ${words}`;
  field.focus({ preventScroll: true });
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

export function beginInline(openMiniApp) {
  openApp = openMiniApp;
  on("inline-results", "scroll", askMoreAtEnd);
}
