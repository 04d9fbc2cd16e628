// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "encode/push_address.h"

static struct lct_push_address read;
static struct lct_fault fault;

static void good(const char *text, const char *url, const char *shown) {
    cr_assert_eq(lct_push_address_read(text, &read, &fault), 0, "%s: %s", text, fault.en);
    cr_assert_str_eq(read.url, url);
    cr_assert_str_eq(read.shown, shown);
}

static void bad(const char *text, const char *why) {
    cr_assert_eq(lct_push_address_read(text, &read, &fault), -EINVAL, "%s was taken", text);
    cr_assert_not_null(strstr(fault.en, why), "%s: %s", text, fault.en);
    cr_assert(*fault.zh);
    cr_assert_null(strstr(fault.en, "SECRET"));
    cr_assert_null(strstr(fault.zh, "SECRET"));
}

Test(push_address, rtmp_is_shown_without_its_key) {
    good("rtmp://live.example/app/key", "rtmp://live.example/app/key", "rtmp://live.example/app/…");
    cr_assert_eq(read.kind, LCT_PUSH_RTMP);
    good("rtmps://live.example:443/app/inst/key?a=b", "rtmps://live.example:443/app/inst/key?a=b",
         "rtmps://live.example:443/app/…");
    cr_assert_eq(read.kind, LCT_PUSH_RTMPS);
    good("rtmp://user:word@h/app/key", "rtmp://user:word@h/app/key", "rtmp://h/app/…");
    good("rtmp://h/u:word@x/app/key", "rtmp://h/u:word@x/app/key", "rtmp://h/…");
    good("rtmp://h/key", "rtmp://h/key", "rtmp://h/…");
    good("rtmp://h/key/", "rtmp://h/key/", "rtmp://h/…");
    good("rtmp://h/key//", "rtmp://h/key//", "rtmp://h/…");
    good("rtmp://h/key/?a=b", "rtmp://h/key/?a=b", "rtmp://h/…");
    good("rtmp://h/app?key=x/y", "rtmp://h/app?key=x/y", "rtmp://h/…");
    good("rtmp://[2001:db8::1]:1935/a/b", "rtmp://[2001:db8::1]:1935/a/b",
         "rtmp://[2001:db8::1]:1935/a/…");
}

Test(push_address, srt_is_taken_apart) {
    good("srt://h:9000", "srt://h:9000", "srt://h:9000");
    cr_assert(!*read.streamid && !*read.passphrase && read.latency_ms == 0 && read.pbkeylen == 0);
    good("srt://h:9000/?streamid=#!::r=live/key,m=publish&passphrase=0123%3456789&latency=200&"
         "pbkeylen=32&mode=caller",
         "srt://h:9000", "srt://h:9000");
    cr_assert_str_eq(read.streamid, "#!::r=live/key,m=publish");
    cr_assert_str_eq(read.passphrase, "012345"
                                      "6789");
    cr_assert_eq(read.latency_ms, 200);
    cr_assert_eq(read.pbkeylen, 32);
    good("srt://[::1]:1?&streamid=a%20b+c&", "srt://[::1]:1", "srt://[::1]:1");
    cr_assert_str_eq(read.streamid, "a b+c", "a plus is a plus");
}

Test(push_address, others_are_refused) {
    static const char *const schemes[] = {"",
                                          "live.example/app/SECRET",
                                          "file:///etc/passwd",
                                          "http://h/SECRET",
                                          "RTMP://h/a/SECRET",
                                          "rtmp:/h/a",
                                          "concat:rtmp://h/a",
                                          "rtmpt://h/a/SECRET",
                                          " rtmp://h/a"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        bad(schemes[i], "must begin with");
    }
    bad("rtmp://h/a|SECRET", "characters");
    bad("rtmp://h/a SECRET", "characters");
    bad("rtmp://h/a\nSECRET", "characters");
    bad("rtmp://h/\xe8\xaf\xbe/SECRET", "characters");
    bad("rtmp://h/a/SECRET#x", "characters");
    bad("rtmp://h/a/SECRET%2", "characters");
    bad("rtmp://h/a/SECRET%zz", "characters");
    bad("rtmp://", "names no server");
    bad("rtmp:///a/SECRET", "names no server");
    bad("rtmp://?listen=1", "names no server");
    bad("rtmp://[::1/a/SECRET", "names no server");
    bad("rtmp://[::1]x/a/SECRET", "names no server");
    bad("rtmp://a@b@c/a/SECRET", "names no server");
    bad("rtmp://-h/a/SECRET", "names no server");
    bad("rtmps://user:SECRET@h/a/b", "only rtmp://");
    bad("rtmp://h%41/a/SECRET", "names no server");
    bad("rtmp://h:/a/SECRET", "port");
    bad("rtmp://h:0/a/SECRET", "port");
    bad("rtmp://h:65536/a/SECRET", "port");
    bad("rtmp://h:99999999999999999999/a/SECRET", "port");
    bad("rtmp://h:1x/a/SECRET", "port");
    bad("rtmp://h", "stream key");
    bad("rtmp://h/", "stream key");
    bad("rtmp://h?SECRET", "stream key");
}

Test(push_address, srt_has_rules_of_its_own) {
    bad("srt://h?streamid=SECRET", "port");
    bad("srt://h:1/live/SECRET", "no path");
    bad("srt://user:SECRET@h:1", "port");
    bad("srt://h:1?mode=listener", "caller");
    bad("srt://h:1?mode=rendezvous", "caller");
    bad("srt://h:1?passphrase=SECRET", "10 to 79");
    bad("srt://h:1?passphrase=%53%00CRETCRETCRET", "10 to 79");
    bad("srt://h:1?latency=-1", "latency");
    bad("srt://h:1?latency=10001", "latency");
    bad("srt://h:1?latency=", "latency");
    bad("srt://h:1?pbkeylen=17", "pbkeylen");
    bad("srt://h:1?streamid=a%0d%0ab", "streamid");
    bad("srt://h:1?SECRET", "nothing else");
    bad("srt://h:1?transtype=file", "nothing else");
    bad("srt://h:1?listen_timeout=1&mode=caller", "nothing else");
}

Test(push_address, lengths) {
    char text[LCT_PUSH_URL_SIZE + 1];
    memset(text, 'a', sizeof text);
    memcpy(text, "rtmp://h/", 9);
    text[LCT_PUSH_URL_SIZE - 1] = '\0';
    cr_assert_eq(lct_push_address_read(text, &read, &fault), 0);
    text[LCT_PUSH_URL_SIZE - 1] = 'a';
    text[LCT_PUSH_URL_SIZE] = '\0';
    bad(text, "longer than 1023");
    memset(text, 'a', sizeof text);
    memcpy(text, "srt://h:1?streamid=", 19);
    text[19 + LCT_PUSH_STREAMID_SIZE - 1] = '\0';
    cr_assert_eq(lct_push_address_read(text, &read, &fault), 0);
    text[19 + LCT_PUSH_STREAMID_SIZE - 1] = 'a';
    text[19 + LCT_PUSH_STREAMID_SIZE] = '\0';
    bad(text, "streamid");
    memset(text, 'h', sizeof text);
    memcpy(text, "rtmp://", 7);
    memcpy(text + 7 + 253, "/a", 3);
    cr_assert_eq(lct_push_address_read(text, &read, &fault), 0);
    memcpy(text + 7 + 253, "h/a", 4);
    bad(text, "names no server");
}
