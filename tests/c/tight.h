/* Forced into the tight build (`make test-tight`): each limit is as small as it can be, so that what usually happens once a
 * month, such as a full inbox, a buffer that grows or a statement that is evicted, happens in every test. Each overrides the
 * number of the same name at the top of the file that obeys it. */
#pragma once

/* common/ */
#define BUFFER_FIRST_CAPACITY 1
#define LOG_LINE_CEILING 4096 /* a traceback still fits */

/* net/ */
#define HTTP_KEPT_ANSWER_SIZE 0
#define HTTP_SHORT_READ 1024L
#define HEADER_LIST_KNOWN 1
#define MULTI_GROUP_SIZE 1

/* database/ */
#define STATEMENT_CACHE_COUNT 1
#define DATABASE_PROGRESS_STEPS 1

/* backup/ */
#define MIRROR_SLICE_US 0 /* one page a turn */
#define MIRROR_READ_AT_ONCE 1
#define ARCHIVE_SLICE 512       /* the smallest page of SQLite */
#define BASE_PART_SIZE 65536    /* 64 kB */
#define BASE_OUTGROWN_FIRST 512 /* nearly every backup needs a base, and soon another */
#define BASE_OUTGROWN 4096
#define KEYRING_MEMORY_KB 8192
#define KEYRING_PASSES 1

/* script/ */
#define VM_HOOK_INSTRUCTIONS 100
#define TELEGRAM_KEPT_BODY_SIZE 64

/* updates/ */
#define INBOX_CAPACITY 3
#define DEAD_LETTERS_KEPT 2
#define POLLING_BATCH_MAX 2
#define UPDATES_BUSY 1
#define UPDATES_LANE_CEILING 1 /* whatever waits in a chat is parked */
#define HOLDING_LANE_SHARE 10000
#define RECEIVER_REMEMBERED 3

/* sandbox/ */
#define QUEUE_ANSWER 4096

/* All tables (uthash): half of the keys collide. */
#define HASH_FUNCTION(key, size, hash) ((hash) = (unsigned)(*(const unsigned char *)(key) & 1) + 0 * (unsigned)(size))
