// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern devices: what can be recorded here, and a first room made of it. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "capture/devices.h"
#include "control/command.h"

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
    (void)printf("# A room: its ID stands in addresses and file names.\n[room main]\nname = %s\n",
                 lct_say("Classroom", "教室"));
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

int lct_cmd_devices(int argc, char **argv) {
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    bool config = argc == 2 && strcmp(argv[1], "--config") == 0;
    if (argc > 1 && !json && !config) {
        (void)fputs(lct_say("usage: lectern devices [--json | --config]\n"
                            "  --config   a [room] section of what was found, for lectern.conf\n",
                            "用法：lectern devices [--json | --config]\n"
                            "  --config   用找到的设备生成 lectern.conf 的 [room] 配置段\n"),
                    stderr);
        return 2;
    }
    struct lct_device_list list;
    lct_devices_list(&list);
    if (json) {
        print_json(&list);
    } else if (config) {
        print_config(&list);
    } else {
        print_words(&list);
    }
    lct_devices_free(&list);
    return 0;
}
