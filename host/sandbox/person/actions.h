/* All that people do, and all that a test changes in their chats. Each function serves one entry of the control API, which
 * stands beside it with its input. It answers in action->answer. False: ERROR_INPUT says what is wrong with the input, and
 * nothing has happened. */
#pragma once
#include <stdbool.h>

struct action;
struct error;

/* ---- account.c: people, and whom they block ---- */
bool account_add(struct action *action, struct error *error);  /* POST users {id, first_name?, ..., blocked?} */
bool account_list(struct action *action, struct error *error); /* GET users {with_last?, bot_id?}: their last messages, too */
/* POST bots {token or id, first_name?, username?, can_read_all_group_messages?}: what BotFather would be told */
bool account_set_bot(struct action *action, struct error *error);

/* GET bot {chat_id?, bot_id?, language_code?, from_id?}: {"bot", "commands", "menu_button"} as a person sees them in the chat
 * with the bot, or the person of from_id in a group */
bool account_show_bot(struct action *action, struct error *error);

/* ---- group.c: chats of many ---- */
/* POST chats {id, type, title?, members?, username?, description?, is_forum?, creator?, bots?}: bots, as what they are in it
 * from the beginning */
bool group_add(struct action *action, struct error *error);
bool group_rename(struct action *action, struct error *error);  /* POST titles {chat_id, title, from_id?} */
bool group_list(struct action *action, struct error *error);    /* GET chats {with_last?, groups?}: private ones, too */
bool group_migrate(struct action *action, struct error *error); /* POST migrations {chat_id}: becomes a supergroup */

/* ---- group_details.c: members, links, requests, topics ---- */
bool group_details_show(struct action *action, struct error *error); /* GET chat {chat_id or invite_link} */

/* ---- forum.c ---- */
/* POST topics {chat_id, from_id, name?, message_thread_id?, is_closed?}: opens one; with an id, changes that one */
bool forum_set_topic(struct action *action, struct error *error);

/* ---- invitation.c ---- */
/* POST invite_links {chat_id, from_id, name?, creates_join_request?} */
bool invitation_make_link(struct action *action, struct error *error);
/* POST join_requests {chat_id, from_id, user_id, approved?} */
bool invitation_decide(struct action *action, struct error *error);

/* ---- membership.c: who is in them ---- */
/* POST members {chat_id, user_id, status, rights?, custom_title?, until_date?, from_id?}: people or bots, as the owner wants */
bool membership_set(struct action *action, struct error *error);
bool membership_join(struct action *action, struct error *error);  /* POST joins {from_id, chat_id or invite_link, bio?} */
bool membership_leave(struct action *action, struct error *error); /* POST leaves {chat_id, from_id} */

/* ---- business_account.c ---- */
/* POST business_connections {user_id, id?, bot_id?, is_enabled?, rights?}: a person lets the bot into their own chats */
bool business_account_connect(struct action *action, struct error *error);
/* POST business_chats {business_connection_id, user_id}: {"chat_id"}, by which all other entries use the owner's chat with that
 * person. In it, "from_id" may be the owner's, too. */
bool business_account_chat(struct action *action, struct error *error);
/* POST checklist_marks {chat_id, message_id, from_id, done?: [1], not_done?: [2]} */
bool business_account_mark(struct action *action, struct error *error);

/* ---- writing.c: messages ---- */
bool writing_send(struct action *action, struct error *error); /* POST messages {chat_id, text, bot_id?, ...}, or a file */
/* POST forwards {chat_id, from_id?, from_chat_id, message_id, message_thread_id?} */
bool writing_forward(struct action *action, struct error *error);
bool writing_flood(struct action *action, struct error *error); /* POST flood {users, messages_each, first_id, text} */

/* ---- button.c ---- */
bool button_press(struct action *action, struct error *error); /* POST callbacks {chat_id, message_id, data, from_id?} */

/* ---- purchase.c: what they pay for ---- */
/* POST payments {from_id, chat_id and message_id, or invoice_link; shipping_option_id?, order_info?}: an invoice, whose bot is
 * asked first, or paid media */
bool purchase_pay(struct action *action, struct error *error);
bool purchase_ship(struct action *action, struct error *error); /* POST shippings {the same, shipping_address}: what it costs */

/* ---- inline_query.c ---- */
/* POST inline {from_id, query?, offset?, bot_id? or username?, chat_id?, cached?}: asks the bot, or with `cached` what Telegram
 * remembers of it. The answer's id names the query whose results are shown; null: no bot has that username. */
bool inline_query_ask(struct action *action, struct error *error);
/* POST choices {id, result_id, from_id, chat_id?, message_thread_id?}: chooses a result. With a chat, the result's message is
 * sent to it. */
bool inline_query_choose(struct action *action, struct error *error);

/* ---- web_app_visit.c ---- */
/* POST web_apps {from_id, url, chat_id?, bot_id?}: opens it, with signed init data; the answer has the URL that a browser opens
 */
bool web_app_visit_open(struct action *action, struct error *error);
/* POST web_app_data {chat_id, data, button_text}: what an app that a reply keyboard has opened sends back */
bool web_app_visit_send(struct action *action, struct error *error);

/* ---- vote.c ---- */
/* POST votes {chat_id, message_id, from_id, options: [0]}: an empty list takes the vote back. */
bool vote_cast(struct action *action, struct error *error);

/* ---- reacting.c ---- */
/* POST reactions {chat_id, message_id, from_id?, reaction: ["👍"]}: an empty list takes them back */
bool reacting_set(struct action *action, struct error *error);

/* ---- pin.c ---- */
bool pin_set(struct action *action, struct error *error);  /* POST pins {chat_id, message_id, pinned?, from_id?} */
bool pin_hide(struct action *action, struct error *error); /* POST hide_pin {chat_id, hidden?}: from getChat */

/* ---- deletion.c ---- */
/* POST forget {chat_id, message_id, delete?}: Telegram loses the message for the bot; with `delete`, for everyone. */
bool deletion_forget(struct action *action, struct error *error);
