// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/spec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define WIDTH_MIN 16
#define WIDTH_MAX 8192

/* What may follow the word of a form. */
enum rest {
    REST_NONE,    /* nothing: "demo" */
    REST_OPTION,  /* nothing, or ":NAME": "mic:pulse:room" */
    REST_NEEDED,  /* something: "file:PATH" */
    REST_ADDRESS, /* the word is a part of the target: "camera:rtsp://…" */
};

struct form {
    const char *word;
    enum rest rest;
    enum lct_spec_kind kind;
    bool camera, screen, sound;
    size_t target_at; /* REST_ADDRESS: where in the word the target begins */
};

static const struct form forms[] = {
    {"screen:x11", REST_OPTION, LCT_SPEC_X11, .screen = true},
    {"camera:/dev/", REST_ADDRESS, LCT_SPEC_V4L2, .camera = true, .target_at = 7},
    {"hdmi:/dev/", REST_ADDRESS, LCT_SPEC_HDMI, .screen = true, .target_at = 5},
    {"camera:rtsp://", REST_ADDRESS, LCT_SPEC_RTSP, .camera = true, .target_at = 7},
    {"camera:rtsps://", REST_ADDRESS, LCT_SPEC_RTSP, .camera = true, .target_at = 7},
    {"mic:pulse", REST_OPTION, LCT_SPEC_PULSE, .sound = true},
    {"mic:alsa", REST_OPTION, LCT_SPEC_ALSA, .sound = true},
    {"file:", REST_NEEDED, LCT_SPEC_FILE, .camera = true, .sound = true},
    {"demo", REST_NONE, LCT_SPEC_DEMO, .camera = true, .screen = true, .sound = true},
};

#define FORMS (sizeof forms / sizeof *forms)

#define ALLOWED                                                                                    \
    "screen:x11[:DISPLAY], camera:/dev/videoN, hdmi:/dev/videoN, camera:rtsp://…, "              \
    "mic:pulse[:NAME], mic:alsa[:NAME], file:PATH, demo"

static int refuse(struct lct_fault *fault, const char *text, const char *en, const char *zh) {
    return lct_fault_set(fault, -EINVAL, "source",
                         "\"%.80s\" is not a source: %s.%.0s Allowed are: " ALLOWED ".",
                         "“%.80s”不是可用的来源：%.0s%s。可用的写法：" ALLOWED "。", text, en, zh);
}

static bool has_control_character(const char *text) {
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c < 0x20 || *c == 0x7f) {
            return true;
        }
    }
    return false;
}

/* The target of text in that form, or NULL when text is not of that form. */
static const char *target_in(const struct form *form, const char *text) {
    size_t n = strlen(form->word);
    if (strncmp(text, form->word, n) != 0) {
        return NULL;
    }
    switch (form->rest) {
    case REST_NONE:
        return text[n] == '\0' ? text + n : NULL;
    case REST_OPTION:
        return text[n] == '\0' ? text + n : text[n] == ':' ? text + n + 1 : NULL;
    case REST_NEEDED:
        return text + n;
    case REST_ADDRESS:
        return text + form->target_at;
    }
    return NULL;
}

/* "camera:/dev/" and "camera:rtsp://" alone name nothing. */
static bool is_empty(const struct form *form, const char *text) {
    return (form->rest == REST_NEEDED || form->rest == REST_ADDRESS) &&
           text[strlen(form->word)] == '\0';
}

/* "/dev/video0?width=1280": takes the option off the path. False when it is another one. */
static bool take_width(struct lct_spec *spec) {
    char *option = strchr(spec->target, '?');
    char rest;
    if (!option) {
        return true;
    }
    bool right = sscanf(option, "?width=%5d%c", &spec->width, &rest) == 1 &&
                 spec->width >= WIDTH_MIN && spec->width <= WIDTH_MAX;
    *option = '\0';
    return right;
}

static int fill(const struct form *form, const char *text, const char *target,
                struct lct_spec *ret_spec, struct lct_fault *fault) {
    if (is_empty(form, text)) {
        return refuse(fault, text, "it names nothing", "没有写明是哪一个");
    }
    if (strlen(target) >= sizeof ret_spec->target) {
        return refuse(fault, text, "it is longer than 511 bytes", "超过 511 字节");
    }
    *ret_spec = (struct lct_spec){
        .kind = form->kind, .camera = form->camera, .screen = form->screen, .sound = form->sound};
    memcpy(ret_spec->target, target, strlen(target) + 1);
    bool v4l2 = form->kind == LCT_SPEC_V4L2 || form->kind == LCT_SPEC_HDMI;
    if (v4l2 && !take_width(ret_spec)) {
        return refuse(fault, text, "what follows '?' must be width=N with N from 16 to 8192",
                      "“?”之后只能写 width=N（N 为 16 到 8192）");
    }
    return 0;
}

int lct_spec_parse(const char *text, struct lct_spec *ret_spec, struct lct_fault *fault) {
    if (has_control_character(text)) {
        return refuse(fault, text, "it holds a control character", "含有控制字符");
    }
    for (size_t i = 0; i < FORMS; i++) {
        const char *target = target_in(&forms[i], text);
        if (target) {
            return fill(&forms[i], text, target, ret_spec, fault);
        }
    }
    return refuse(fault, text, *text ? "nothing of this kind is known" : "it is empty",
                  *text ? "不认识这种写法" : "内容为空");
}

static const struct form *form_of(const struct lct_spec *spec) {
    const struct form *form = NULL;
    for (size_t i = 0; i < FORMS; i++) {
        const char *address = forms[i].word + forms[i].target_at;
        if (forms[i].kind == spec->kind &&
            (!form || strncmp(spec->target, address, strlen(address)) == 0)) {
            form = &forms[i];
        }
    }
    return form;
}

/* Hides what stands between the user's ':' and the last '@' of an address: also a password that
   somebody wrote with a '/' or an '@' in it. */
static void show_address(const char *address, char *out, size_t size) {
    const char *host = strstr(address, "://");
    host = host ? host + 3 : address;
    const char *end = host + strcspn(host, "?#");
    const char *at = memrchr(host, '@', (size_t)(end - host));
    const char *colon = at ? memchr(host, ':', (size_t)(at - host)) : NULL;
    if (colon) {
        (void)snprintf(out, size, "%.*s***%s", (int)(colon + 1 - address), address, at);
    } else {
        (void)snprintf(out, size, "%s", address);
    }
}

/* Many cameras take the password in the query: "?user=admin&password=…" becomes "password=***". */
static void hide_query_password(char *text) {
    static const char *const keys[] = {"password=", "passwd=", "pass=", "pwd="};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char *found = strcasestr(text, keys[i]);
        char *value = found ? found + strlen(keys[i]) : NULL;
        size_t n = value ? strcspn(value, "&#_/") : 0;
        if (n > 0) {
            size_t stars = n < 3 ? n : 3; /* never longer than it was */
            memset(value, '*', stars);
            memmove(value + stars, value + n, strlen(value + n) + 1);
        }
    }
}

void lct_spec_show(const struct lct_spec *spec, char *out, size_t size) {
    char target[LCT_SPEC_TARGET_SIZE + 4];
    const struct form *form = form_of(spec);
    const char *join = form->rest == REST_OPTION && *spec->target ? ":" : "";
    if (spec->kind == LCT_SPEC_RTSP) {
        show_address(spec->target, target, sizeof target);
        hide_query_password(target);
    } else {
        (void)snprintf(target, sizeof target, "%s", spec->target);
    }
    int word = form->rest == REST_ADDRESS ? (int)form->target_at : (int)strlen(form->word);
    char width[24] = "";
    if (spec->width > 0) {
        (void)snprintf(width, sizeof width, "?width=%d", spec->width);
    }
    (void)snprintf(out, size, "%.*s%s%s%s", word, form->word, join, target, width);
    lct_text_tame(out);
}
