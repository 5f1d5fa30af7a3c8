/* The modules that are written in C, or half of them. Internal to the floor; api.h includes it. */
#pragma once
#include <lua.h>

/* One opener a module; each leaves its table on the stack. */
int api_open_db(lua_State *L);
int api_open_statement(lua_State *L); /* as "core.statement" */
int api_open_own_db(lua_State *L);    /* as "core.db": may write lunokhod_ tables; only while the VM is being opened */
int api_open_telegram(lua_State *L);  /* as "core.telegram" */
int api_open_json(lua_State *L);
int api_open_log(lua_State *L);
int api_open_backup(lua_State *L);
int api_open_http(lua_State *L); /* as "core.http" */
int api_open_chart(lua_State *L);
int api_open_hash(lua_State *L);
int api_open_script(lua_State *L);         /* as "core.script" */
int api_open_schedule(lua_State *L);       /* as "core.schedule" */
int api_open_vm_context(lua_State *L);     /* as "core.vm_context" */
int api_open_question_row(lua_State *L);   /* as "core.question_row" */
int api_open_undo(lua_State *L);           /* as "core.undo" */
int api_open_time(lua_State *L);           /* as "core.time" */
int api_open_wait(lua_State *L);           /* as "core.wait" */
int api_open_parallel(lua_State *L);       /* as "core.parallel" */
int api_open_text(lua_State *L);           /* as "core.text" */
int api_open_signature(lua_State *L);      /* as "core.signature" */
int api_open_default_answer(lua_State *L); /* as "core.default_answer" */
int api_open_typing(lua_State *L);         /* as "core.typing" */
