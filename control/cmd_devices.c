// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern devices: what can be recorded here. */
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

int lct_cmd_devices(int argc, char **argv) {
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json) {
        (void)fputs(
            lct_say("usage: lectern devices [--json]\n", "用法：lectern devices [--json]\n"),
            stderr);
        return 2;
    }
    struct lct_device_list list;
    lct_devices_list(&list);
    if (json) {
        print_json(&list);
    } else {
        print_words(&list);
    }
    lct_devices_free(&list);
    return 0;
}
