/* Mini Apps: the page that a bot's button names, in a frame over the chat, and the bridge to it. The app speaks by postMessage with
 * JSON {eventType, eventData}, as Telegram's telegram-web-app.js does in Telegram's own web clients.
 *
 * The frame is not trusted. It is sandboxed, is never of the page's own origin, and is heard only while it is open, from its own
 * window and from the origin that was opened. What it says is text, and what it asks for beyond its frame waits for the person's
 * click. Data go to the bot only from an app that the bot's keyboard has opened; such an app, and one of inline mode, gets no init
 * data, as at Telegram. */

import { $, POLL_S, ask, button, copy, element, on, tell, toast } from "./common.js";
import { here, session, shareContact } from "./chat.js";
import { writeInline } from "./inline.js";
import { switchInline } from "./switch_inline.js";
import { t } from "./words.js";

const VERSION = "9.1";
const DATA_MAX = 4096;   /* bytes of sendData */
const COLOURS = { bg_color: "--paper", text_color: "--ink", hint_color: "--quiet", link_color: "--accent", button_color: "--accent", button_text_color: "--on-accent",
  secondary_bg_color: "--sky", header_bg_color: "--paper", bottom_bar_bg_color: "--paper", accent_text_color: "--accent", section_bg_color: "--paper",
  section_header_text_color: "--accent", subtitle_text_color: "--quiet", destructive_text_color: "--bad" };
const SANDBOX = "allow-scripts allow-same-origin allow-forms allow-popups";   /* not: the page's window, downloads */

/* The open app; null: none. Beside what openWebApp() was asked for: { initData, origin, frame, isHeard, asksBeforeClosing, isExpanded }.
 * `way` is how it was opened: "keyboard", "inline button", "menu button", "inline mode". */
let app = null;

/* ---- where it is ---- */

/* A developer may serve an app elsewhere than where its bot says, over HTTP too: kept in this browser. */
const keptAddress = (url) => `lunokhod-app ${url}`;

function realAddress(url) {
  return localStorage.getItem(keptAddress(url)) ?? url;
}

function theme() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(Object.entries(COLOURS).map(([name, variable]) => [name, style.getPropertyValue(variable).trim()]));
}

/* The URL with what the app's script reads from its fragment. */
function launchAddress(address, initData) {
  const launch = new URLSearchParams({ ...(initData && { tgWebAppData: initData }), tgWebAppVersion: VERSION, tgWebAppPlatform: "web",
    tgWebAppThemeParams: JSON.stringify(theme()) });
  return `${address}${address.includes("#") ? "&" : "#"}${launch}`;
}

function parse(address) {
  const url = URL.canParse(address) ? new URL(address) : null;
  const isLocal = url && ["localhost", "127.0.0.1"].includes(url.hostname);
  if (!url || !(url.protocol === "https:" || (url.protocol === "http:" && isLocal))) return null;
  return url.origin === location.origin ? null : url;   /* there it could do all that this page can */
}

/* ---- speaking ---- */

/* An app that has said nothing yet does not listen either. */
function post(eventType, eventData = {}) {
  if (app?.isHeard) app.frame.contentWindow.postMessage(JSON.stringify({ eventType, eventData }), app.origin);
}

function postViewport() {
  const { clientWidth: width, clientHeight: height } = $("web-app-place");
  post("viewport_changed", { width, height, is_expanded: app.isExpanded, is_state_stable: true });
}

/* ---- what waits for the person ---- */

/* Resolves to the id of the pressed button, or to undefined where the question is closed. */
function question(words, buttons, title) {
  const place = $("web-app-question");
  question.end?.(undefined);
  return new Promise((resolve) => {
    question.end = (id) => { question.end = null; place.hidden = true; place.replaceChildren(); resolve(id); };
    place.replaceChildren(...(title ? [element("b", { dir: "auto" }, title)] : []), element("p", { dir: "auto" }, words),
      element("p", { className: "tools" }, ...buttons.map(({ id, text, isDanger }) => button(text, () => question.end(id), { className: isDanger ? "danger" : "primary", dir: "auto" }))));
    place.hidden = false;
    place.querySelector("button")?.focus();
  });
}

const yesOrNo = (words) => question(words, [{ id: "yes", text: t("Allow") }, { id: "no", text: t("Cancel") }]).then((id) => id === "yes");

const POPUP_WORDS = { ok: "OK", close: "Close", cancel: "Cancel" };

async function popup({ title, message, buttons = [] }) {
  const shown = buttons.slice(0, 3).map(({ id, type, text }) => ({ id: String(id ?? ""), text: POPUP_WORDS[type] ? t(POPUP_WORDS[type]) : String(text ?? ""), isDanger: type === "destructive" }));
  const id = await question(String(message ?? ""), shown.length ? shown : [{ id: "", text: t("Close") }], title && String(title));
  post("popup_closed", id === undefined ? {} : { button_id: id });
}

async function openLink(address) {
  if (!/^https?:\/\//i.test(address)) return;
  if (await yesOrNo(t("The app wants to open {address}", { address }))) window.open(address, "_blank", "noopener,noreferrer");
}

async function requestPhone() {
  const isAllowed = await yesOrNo(t("The app asks for your phone number."));
  if (isAllowed) shareContact();
  post("phone_requested", { status: isAllowed ? "sent" : "cancelled" });
}

async function requestWriteAccess() {
  const isAllowed = await yesOrNo(t("The app asks to let the bot write to you."));
  post("write_access_requested", { status: isAllowed ? "allowed" : "cancelled" });
}

async function payInvoice(slug) {
  const invoice = { from_id: session.chat.person.id, invoice_link: `https://t.me/$${slug}` };
  const isAllowed = await yesOrNo(t("The app asks you to pay an invoice."));
  const asked = isAllowed ? await tell("/sandbox/payments", { json: invoice }) : undefined;
  const answer = asked?.id === undefined ? undefined : await ask("/sandbox/answers", { query: { id: asked.id, wait: POLL_S } }).catch(() => undefined);
  post("invoice_closed", { slug, status: answer?.ok ? "paid" : isAllowed ? "failed" : "cancelled" });
}

/* ---- its buttons, which are the page's ---- */

const BUTTONS = { main: "main_button_pressed", secondary: "secondary_button_pressed" };

function colour(text) {
  return /^#[0-9a-f]{6}$/i.test(text ?? "") ? text : "";
}

function setUpButton(name, given) {
  const node = $(`web-app-${name}`);
  const isVisible = Boolean(given.is_visible && String(given.text ?? "").trim());
  node.hidden = !isVisible;
  $("web-app-buttons").hidden = $("web-app-main").hidden && $("web-app-secondary").hidden;
  if (!isVisible) return;
  node.textContent = String(given.text);
  node.disabled = given.is_active === false;
  node.setAttribute("aria-busy", String(Boolean(given.is_progress_visible)));
  node.style.backgroundColor = colour(given.color);
  node.style.color = colour(given.text_color);
}

/* ---- what the bot gets ---- */

async function sendData(data) {
  const { way, label } = app;
  if (way !== "keyboard") return toast(t("Only an app that the bot's keyboard has opened can send data to the bot."), true);
  if (typeof data !== "string" || !data || new TextEncoder().encode(data).length > DATA_MAX) return toast(t("The app's data are empty or too long."), true);
  close();
  return tell("/sandbox/web_app_data", { json: here({ data, button_text: label }) });
}

/* What the app keeps at Telegram: here for as long as the page is open. */
const cloud = new Map();
const CLOUD = {
  saveStorageValue: (mine, { key, value }) => { mine.set(String(key), String(value)); return true; },
  getStorageValues: (mine, { keys }) => Object.fromEntries([keys].flat().map((key) => [key, mine.get(String(key)) ?? ""])),
  deleteStorageValues: (mine, { keys }) => { for (const key of [keys].flat()) mine.delete(String(key)); return true; },
  getStorageKeys: (mine) => [...mine.keys()],
};

function invoke({ req_id, method, params = {} }) {
  const key = `${app.bot} ${session.chat.person.id}`;
  if (!cloud.has(key)) cloud.set(key, new Map());
  const act = Object.hasOwn(CLOUD, method) ? CLOUD[method] : null;
  post("custom_method_invoked", { req_id, ...(act ? { result: act(cloud.get(key), params) } : { error: "UNKNOWN_METHOD" }) });
}

/* ---- hearing ---- */

function switchFromApp({ query, chat_types: kinds }) {
  const { bot } = app, words = String(query ?? "");
  close();
  if (Array.isArray(kinds) && kinds.length) switchInline(bot, words, kinds);
  else writeInline(bot, words);
}

const EVENTS = {
  web_app_ready: () => { $("web-app-waiting").hidden = true; },
  web_app_close: () => close(),
  web_app_expand: () => expand(true),
  web_app_request_viewport: postViewport,
  web_app_request_theme: () => post("theme_changed", { theme_params: theme() }),
  web_app_request_safe_area: () => post("safe_area_changed", { top: 0, bottom: 0, left: 0, right: 0 }),
  web_app_request_content_safe_area: () => post("content_safe_area_changed", { top: 0, bottom: 0, left: 0, right: 0 }),
  web_app_setup_main_button: (given) => setUpButton("main", given),
  web_app_setup_secondary_button: (given) => setUpButton("secondary", given),
  web_app_setup_back_button: ({ is_visible }) => { $("web-app-back").hidden = !is_visible; },
  web_app_setup_settings_button: ({ is_visible }) => { $("web-app-settings").hidden = !is_visible; },
  web_app_setup_closing_behavior: ({ need_confirmation }) => { app.asksBeforeClosing = Boolean(need_confirmation); },
  web_app_data_send: ({ data }) => sendData(data),
  web_app_open_link: ({ url }) => openLink(String(url)),
  web_app_open_tg_link: ({ path_full }) => openLink(`https://t.me${path_full}`),
  web_app_open_popup: popup,
  web_app_open_invoice: ({ slug }) => payInvoice(String(slug)),
  web_app_request_phone: requestPhone,
  web_app_request_write_access: requestWriteAccess,
  web_app_read_text_from_clipboard: ({ req_id }) => post("clipboard_text_received", { req_id, data: null }),
  web_app_invoke_custom_method: invoke,
  web_app_switch_inline_query: switchFromApp,
};

function read(data) {
  try {
    const { eventType, eventData } = JSON.parse(data);
    return { eventType, eventData: eventData && typeof eventData === "object" ? eventData : {} };
  } catch {
    return {};
  }
}

function onMessage(event) {
  if (!app?.frame || event.source !== app.frame.contentWindow || event.origin !== app.origin || typeof event.data !== "string") return;
  const { eventType, eventData } = read(event.data);
  app.isHeard = true;
  if (Object.hasOwn(EVENTS, eventType)) EVENTS[eventType](eventData);
}

/* ---- its life ---- */

function expand(is) {
  app.isExpanded = is;
  $("web-app").classList.toggle("expanded", is);
  $("web-app-expand").setAttribute("aria-pressed", String(is));
  postViewport();
}

export function close() {
  if (!app) return;
  question.end?.(undefined);
  app = null;
  $("web-app").hidden = true;
  $("web-app-place").replaceChildren();
  $("text").focus({ preventScroll: true });
}

async function closeAsked() {
  if (app?.asksBeforeClosing && await question(t("Close the app? What you have changed may be lost."), [{ id: "close", text: t("Close"), isDanger: true }, { id: "", text: t("Cancel") }]) !== "close") return;
  close();
}

function showDetails() {
  const address = $("web-app-address");
  address.value = realAddress(app.url);
  $("web-app-data").replaceChildren(...(app.initData ? [button(t("Copy the init data"), () => copy(app.initData))]
    : [element("span", { className: "quiet" }, t("An app of a keyboard or of inline mode gets no init data."))]));
  $("web-app-by-hand").hidden = app.way !== "keyboard";
}

function load() {
  const address = realAddress(app.url), url = parse(address);
  showDetails();
  $("web-app-place").replaceChildren();
  Object.assign(app, { frame: null, isHeard: false, asksBeforeClosing: false });
  for (const name of Object.keys(BUTTONS)) setUpButton(name, {});
  for (const name of ["web-app-back", "web-app-settings"]) $(name).hidden = true;
  $("web-app-waiting").hidden = !url;
  $("web-app-refused").hidden = Boolean(url);
  if (!url) return;
  app.origin = url.origin;
  app.frame = element("iframe", { src: launchAddress(address, app.initData), title: t("Mini App"), referrerPolicy: "no-referrer" });
  app.frame.setAttribute("sandbox", SANDBOX);
  $("web-app-place").append(app.frame);
}

async function initDataFor({ url, way }) {
  if (way === "keyboard" || way === "inline mode") return "";
  const opened = await tell("/sandbox/web_apps", { json: here({ from_id: session.chat.person.id, url }) });
  return opened?.init_data;
}

/* Opens { url, way, label, bot, name }: label is the button's, bot the bot's username, name its first name. */
export async function openWebApp(asked) {
  const { chat } = session;
  const initData = await initDataFor(asked);
  if (initData === undefined || session.chat !== chat) return;
  close();
  app = { ...asked, initData, isExpanded: false };
  $("web-app-name").textContent = asked.name ?? `@${asked.bot}`;
  $("web-app").hidden = false;
  load();
  expand(false);
  $("web-app-close").focus();
}

function goElsewhere(address) {
  if (address && address !== app.url) localStorage.setItem(keptAddress(app.url), address);
  else localStorage.removeItem(keptAddress(app.url));
  load();
}

export function beginWebApp() {
  window.addEventListener("message", onMessage);
  on("web-app-close", "click", closeAsked);
  on("web-app-back", "click", () => post("back_button_pressed"));
  on("web-app-settings", "click", () => post("settings_button_pressed"));
  on("web-app-expand", "click", () => expand(!app.isExpanded));
  on("web-app", "keydown", (event) => { if (event.key === "Escape") closeAsked(); });
  for (const [name, event] of Object.entries(BUTTONS)) {
    on(`web-app-${name}`, "click", () => { if ($(`web-app-${name}`).getAttribute("aria-busy") !== "true") post(event); });
  }
  on("web-app-elsewhere", "submit", (event) => { event.preventDefault(); goElsewhere($("web-app-address").value.trim()); });
  on("web-app-by-hand", "submit", (event) => { event.preventDefault(); sendData($("web-app-said").value); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => post("theme_changed", { theme_params: theme() }));
}
