// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern devices: what can be recorded here, and a first room made of it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/loop.h"
#include "base/mem.h"
#include "capture/devices.h"
#include "control/command/command.h"

static void print_json(const struct lct_device_list *list) {
    LCT_JSON json_t *json = json_pack("{s:[]}", "devices");
    for (size_t i = 0; i < list->count; i++) {
        const struct lct_device_entry *e = &list->entries[i];
        json_array_append_new(json_object_get(json, "devices"),
                              json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", e->id, "spec", e->spec,
                                        "kind", e->kind, "label", e->label, "detail", e->detail));
    }
    LCT_FREE char *text = lct_json_dump(json, NULL);
    (void)puts(text);
}

static void print_words(const struct lct_device_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        const struct lct_device_entry *e = &list->entries[i];
        (void)printf("%-10s  %s\n            %s%s%s\n            id %s\n", e->kind, e->spec,
                     e->label, e->detail[0] ? "; " : "", e->detail, e->id);
    }
    if (list->count == 0) {
        (void)puts(lct_say("Nothing to record was found here. The demo classroom always works: "
                           "--source demo",
                           "本机未找到可录制的设备。可用演示教室：--source demo"));
    }
}

/* ---- a room of what is here ---- */

static const struct lct_device_entry *first_of(const struct lct_device_list *list,
                                               const char *kind) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->entries[i].kind, kind) == 0) {
            return &list->entries[i];
        }
    }
    return NULL;
}

/* The camera, the HDMI card (else this machine's own screen), the microphone; the demo where there
 * is no picture. */
static void print_config(const struct lct_device_list *list) {
    const struct lct_device_entry *camera = first_of(list, "camera");
    const struct lct_device_entry *hdmi = first_of(list, "hdmi");
    const struct lct_device_entry *screen = hdmi ? hdmi : first_of(list, "screen");
    const struct lct_device_entry *found[] = {camera, screen, first_of(list, "microphone")};
    (void)printf(
        "# A room: its ID stands in addresses and file names.\n[room main]\n# %s\n#name =\n",
        lct_say("What people call it; without a name each page says \"Classroom\" in its own "
                "language.",
                "教室的名称；不写时，网页以各自的语言显示“教室”。"));
    if (!camera && !screen) {
        (void)puts("# No camera and no screen were found: the demo classroom.\nsource = demo");
        return;
    }
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        if (found[i]) {
            (void)printf("# %s%s%s\nsource = %s\n", found[i]->label,
                         found[i]->detail[0] ? "; " : "", found[i]->detail, found[i]->spec);
        }
    }
}

/* ---- watching ---- */

struct watcher {
    struct lct_loop *loop;
    struct lct_device_list known;
};

static bool has(const struct lct_device_list *list, const char *id) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->entries[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static void say_missing(const struct lct_device_list *of, const struct lct_device_list *in,
                        const char *word) {
    for (size_t i = 0; i < of->count; i++) {
        const struct lct_device_entry *e = &of->entries[i];
        if (!has(in, e->id)) {
            (void)printf("%s  %-10s  %s  %s\n", word, e->kind, e->spec, e->label);
        }
    }
}

static void look_again(void *opaque) {
    struct watcher *w = opaque;
    struct lct_device_list now;
    lct_devices_list(&now);
    say_missing(&w->known, &now, lct_say("gone", "移除"));
    say_missing(&now, &w->known, lct_say("new ", "接入"));
    (void)fflush(stdout);
    lct_devices_free(&w->known);
    w->known = now;
}

static void changed(void *opaque) {
    struct watcher *w = opaque;
    lct_loop_post(w->loop, look_again, w);
}

static void on_signal(void *opaque, int signal) {
    struct watcher *w = opaque;
    (void)signal;
    lct_loop_stop(w->loop);
}

static int watch(void) {
    struct watcher w = {.loop = lct_loop_create()};
    lct_loop_signals(w.loop, (const int[]){SIGINT, SIGTERM, 0}, on_signal, &w);
    lct_devices_list(&w.known);
    print_words(&w.known);
    (void)fflush(stdout);
    struct lct_device_watch *device_watch = lct_devices_watch(changed, &w);
    lct_loop_run(w.loop);
    lct_devices_unwatch(device_watch);
    lct_devices_free(&w.known);
    lct_loop_destroy(w.loop);
    return 0;
}

/* ---- the command ---- */

static int usage(void) {
    (void)fputs(lct_say("usage: lectern devices [--json | --config | --watch]\n"
                        "  --config   a [room] section of what was found, for lectern.conf\n"
                        "  --watch    stays, and says what comes and goes\n",
                        "用法：lectern devices [--json | --config | --watch]\n"
                        "  --config   用找到的设备生成 lectern.conf 的 [room] 配置段\n"
                        "  --watch    持续运行，提示设备的接入与移除\n"),
                stderr);
    return 2;
}

int lct_cmd_devices(int argc, char **argv) {
    const char *how = argc == 2 ? argv[1] : "";
    void (*print)(const struct lct_device_list *) = strcmp(how, "--json") == 0     ? print_json
                                                    : strcmp(how, "--config") == 0 ? print_config
                                                    : argc == 1                    ? print_words
                                                                                   : NULL;
    if (strcmp(how, "--watch") == 0) {
        return watch();
    }
    if (!print) {
        return usage();
    }
    struct lct_device_list list;
    lct_devices_list(&list);
    print(&list);
    lct_devices_free(&list);
    return 0;
}
