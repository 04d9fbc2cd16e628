// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/spec.h"

static struct lct_spec parsed(const char *text) {
    struct lct_spec spec;
    struct lct_fault fault = {0};
    cr_assert_eq(lct_spec_parse(text, &spec, &fault), 0, "%s: %s", text, fault.en);
    return spec;
}

static void check_refused(const char *text) {
    struct lct_spec spec = {.kind = LCT_SPEC_KINDS};
    struct lct_fault fault = {0};
    cr_assert_eq(lct_spec_parse(text, &spec, &fault), -EINVAL, "\"%s\" was taken", text);
    cr_assert_eq(fault.code, -EINVAL);
    cr_assert_eq(spec.kind, LCT_SPEC_KINDS, "the output was touched");
    cr_assert(strstr(fault.en, "mic:pulse[:NAME]") && strstr(fault.en, "demo."), "%s", fault.en);
    cr_assert(strstr(fault.zh, "screen:x11[:DISPLAY]") && strstr(fault.zh, "。"), "%s", fault.zh);
}

Test(spec, knows_every_form) {
    static const struct {
        const char *text;
        enum lct_spec_kind kind;
        const char *target;
        bool camera, screen, sound;
    } rows[] = {
        {"screen:x11", LCT_SPEC_X11, "", false, true, false},
        {"screen:x11::97", LCT_SPEC_X11, ":97", false, true, false},
        {"screen:x11:box:1.0", LCT_SPEC_X11, "box:1.0", false, true, false},
        {"camera:/dev/video0", LCT_SPEC_V4L2, "/dev/video0", true, false, false},
        {"hdmi:/dev/video2", LCT_SPEC_HDMI, "/dev/video2", false, true, false},
        {"camera:rtsp://10.0.0.5/live", LCT_SPEC_RTSP, "rtsp://10.0.0.5/live", true, false, false},
        {"camera:rtsps://cam/1", LCT_SPEC_RTSP, "rtsps://cam/1", true, false, false},
        {"mic:pulse", LCT_SPEC_PULSE, "", false, false, true},
        {"mic:pulse:room.monitor", LCT_SPEC_PULSE, "room.monitor", false, false, true},
        {"mic:alsa", LCT_SPEC_ALSA, "", false, false, true},
        {"mic:alsa:hw:1,0", LCT_SPEC_ALSA, "hw:1,0", false, false, true},
        {"file:/a b/课.mp4", LCT_SPEC_FILE, "/a b/课.mp4", true, false, true},
        {"demo", LCT_SPEC_DEMO, "", true, true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lct_spec spec = parsed(rows[i].text);
        char shown[LCT_SPEC_TARGET_SIZE + 16];
        cr_expect_eq(spec.kind, rows[i].kind, "%s", rows[i].text);
        cr_expect_str_eq(spec.target, rows[i].target);
        cr_expect(spec.camera == rows[i].camera && spec.screen == rows[i].screen &&
                      spec.sound == rows[i].sound,
                  "%s", rows[i].text);
        lct_spec_show(&spec, shown, sizeof shown);
        cr_expect_str_eq(shown, rows[i].text);
    }
}

Test(spec, a_device_may_be_asked_for_smaller_pictures) {
    char shown[LCT_SPEC_TARGET_SIZE + 16];
    struct lct_spec spec = parsed("camera:/dev/video0?width=320");
    cr_expect_str_eq(spec.target, "/dev/video0");
    cr_expect_eq(spec.width, 320);
    lct_spec_show(&spec, shown, sizeof shown);
    cr_expect_str_eq(shown, "camera:/dev/video0?width=320");
    static const char *const wrong[] = {"?",           "?width=",    "?width=15",
                                        "?width=8193", "?width=32x", "?height=320"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[64];
        struct lct_fault fault;
        (void)snprintf(text, sizeof text, "hdmi:/dev/video1%s", wrong[i]);
        cr_expect_eq(lct_spec_parse(text, &spec, &fault), -EINVAL, "%s", text);
        cr_expect_not_null(strstr(fault.en, "width=N"), "%s", fault.en);
    }
}

Test(spec, refuses_with_the_forms_there_are) {
    static const char *const bad[] = {
        "",           "screen",        "screen:wayland", "screen:x11x",  "camera:",
        "camera:/",   "camera:/dev/",  "hdmi:/dev/",     "camera:rtsp:", "camera:rtsp://",
        "mic:",       "mic:jack",      "mic:pulsex",     "file:",        "demo:1",
        "file:/a\nb", "mic:alsa:\x7f", "DEMO",           " demo",        "http://x/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_refused(bad[i]);
    }
}

Test(spec, refuses_what_does_not_fit) {
    char text[LCT_SPEC_TARGET_SIZE + 8] = "file:";
    memset(text + 5, 'a', LCT_SPEC_TARGET_SIZE - 1);
    text[5 + LCT_SPEC_TARGET_SIZE - 1] = '\0';
    struct lct_spec spec = parsed(text);
    cr_assert_eq(strlen(spec.target), LCT_SPEC_TARGET_SIZE - 1);
    text[5 + LCT_SPEC_TARGET_SIZE - 1] = 'a';
    text[5 + LCT_SPEC_TARGET_SIZE] = '\0';
    check_refused(text);
}

Test(spec, hides_passwords) {
    static const char *const rows[][2] = {
        {"camera:rtsp://admin:secret@10.0.0.5:554/live",
         "camera:rtsp://admin:***@10.0.0.5:554/live"},
        {"camera:rtsps://admin:se/cr@et@cam/1", "camera:rtsps://admin:***@cam/1"},
        {"camera:rtsp://admin@cam:554/1", "camera:rtsp://admin@cam:554/1"},
        {"camera:rtsp://cam/1?user=a&password=secret&ch=1",
         "camera:rtsp://cam/1?user=a&password=***&ch=1"},
        {"camera:rtsp://cam/user=a_password=secret_channel=1",
         "camera:rtsp://cam/user=a_password=***_channel=1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lct_spec spec = parsed(rows[i][0]);
        char shown[LCT_SPEC_TARGET_SIZE + 16];
        lct_spec_show(&spec, shown, sizeof shown);
        cr_expect_str_eq(shown, rows[i][1]);
    }
}
