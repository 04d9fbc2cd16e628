// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/room_tokens.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

Test(room_token, is_one_line_and_back) {
    static const char *const hosts[] = {"school.example.org", "192.0.2.7", "2001:db8::7"};
    for (size_t i = 0; i < 6; i++) {
        struct lct_room_token token = {.port = 8443, .room = "lab-2", .pinned = i % 2}, again;
        char text[LCT_ROOM_TOKEN_SIZE];
        uint8_t secret[32];
        lct_random(secret, sizeof secret);
        lct_random(token.sum, sizeof token.sum);
        lct_base64_write(secret, sizeof secret, token.secret);
        (void)snprintf(token.host, sizeof token.host, "%s", hosts[i / 2]);
        lct_room_token_write(&token, text);
        LCT_FREE char *line = lct_format(" %s\r\n", text);
        cr_assert_eq(lct_room_token_read(line, &again), 0, "%s", text);
        cr_assert_str_eq(again.host, token.host);
        cr_assert_eq(again.port, 8443);
        cr_assert_str_eq(again.room, "lab-2");
        cr_assert_str_eq(again.secret, token.secret);
        cr_assert_eq(again.pinned, token.pinned);
        cr_assert(!token.pinned || memcmp(again.sum, token.sum, sizeof token.sum) == 0);
    }
}

#define S "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

Test(room_token, is_refused_when_it_is_none) {
    static const char *const wrong[] = {"",
                                        "x",
                                        "h:1/r",
                                        "h:1/r/" S "/",
                                        "h:1/r/" S "/" S "/" S,
                                        "h:0/r/" S,
                                        "h:65536/r/" S,
                                        "h/r/" S,
                                        ":1/r/" S,
                                        "h:1/R/" S,
                                        "h:1/r/" S "A",
                                        "h:1x/r/" S,
                                        "h h:1/r/" S,
                                        "[::1:1/r/" S,
                                        "::1:1/r/" S,
                                        "h:1//" S,
                                        "h:1/../" S,
                                        "h:1/r/" S "/AA",
                                        "h:1/r/" S " h:1",
                                        "-h:1/r/" S};
    struct lct_room_token token;
    cr_assert_eq(lct_room_token_read("h:1/r/" S, &token), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_eq(lct_room_token_read(wrong[i], &token), -EINVAL, "%s", wrong[i]);
    }
}

Test(room_tokens, are_made_replaced_seen_and_revoked, .timeout = 20) {
    char folder[] = "/tmp/lct-tokens-XXXXXX";
    struct lct_fault fault;
    char first[LCT_ROOM_SECRET_SIZE], second[LCT_ROOM_SECRET_SIZE], other[LCT_ROOM_SECRET_SIZE];
    struct stat info;
    cr_assert_not_null(mkdtemp(folder));
    struct lct_room_tokens *command = lct_room_tokens_create(folder);
    struct lct_room_tokens *server = lct_room_tokens_create(folder);
    cr_assert_eq(lct_room_tokens_refresh(server, &fault), 0);
    cr_assert_not(lct_room_tokens_is_right(server, "lab", ""));
    cr_assert_eq(lct_room_tokens_make(command, "lab", first, &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_room_tokens_make(command, "hall", other, &fault), 0);
    cr_assert_eq(lct_room_tokens_refresh(server, &fault), 1);
    cr_assert_eq(lct_room_tokens_refresh(server, &fault), 0);
    cr_assert(lct_room_tokens_is_right(server, "lab", first));
    cr_assert_not(lct_room_tokens_is_right(server, "hall", first));
    cr_assert_eq(lct_room_tokens_make(command, "lab", second, &fault), 0);
    cr_assert_eq(lct_room_tokens_refresh(server, &fault), 1);
    cr_assert_not(lct_room_tokens_is_right(server, "lab", first));
    cr_assert(lct_room_tokens_is_right(server, "lab", second));
    cr_assert(lct_room_tokens_is_right(server, "hall", other));
    LCT_FREE char *path = lct_format("%s/room-tokens.json", folder);
    LCT_FREE char *text = NULL;
    size_t n;
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 0777U, 0600U);
    cr_assert_eq(lct_io_slurp(path, 65536, &text, &n), 0);
    cr_assert_null(strstr(text, second), "the secret itself is not kept");
    cr_assert_eq(lct_room_tokens_revoke(command, "lab", &fault), 0);
    cr_assert_eq(lct_room_tokens_revoke(command, "lab", &fault), -ENOENT);
    cr_assert_eq(lct_room_tokens_make(command, "L/b", first, &fault), -EINVAL);
    cr_assert_eq(lct_room_tokens_refresh(server, &fault), 1);
    cr_assert_not(lct_room_tokens_is_right(server, "lab", second));
    cr_assert_eq(truncate(path, 5), 0);
    cr_assert_eq(lct_room_tokens_refresh(server, &fault), -EBADMSG);
    cr_assert(lct_room_tokens_is_right(server, "hall", other), "what was known stays");
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(folder), 0);
    lct_room_tokens_destroy(command);
    lct_room_tokens_destroy(server);
}
