// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/names.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/ref.h"
#include "base/thread.h"
#include "capture/gst_priv.h"

#define LOOK_WITHIN LCT_SECOND
#define ENTRIES_MAX 64

/* A look at PulseAudio by GStreamer's device provider, which may hang: shared with its thread. */
struct look {
    struct lct_ref ref;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool done;
    struct lct_device_list list;
};

struct lct_device_entry *lct_names_new_entry(struct lct_device_list *list) {
    struct lct_device_entry *entries = realloc(list->entries, (list->count + 1) * sizeof *entries);
    if (!entries) {
        abort();
    }
    list->entries = entries;
    memset(&entries[list->count], 0, sizeof *entries);
    return &entries[list->count++];
}

/* Threads that a frozen daemon keeps: while there is one, no further one is sent after it. */
static atomic_uint away;

static void unref_look(struct look *look) {
    if (lct_ref_dec(&look->ref)) {
        free(look->list.entries);
        pthread_cond_destroy(&look->moved);
        pthread_mutex_destroy(&look->lock);
        free(look);
    }
}

static void add_pulse_device(struct lct_device_list *list, GstDevice *device) {
    char *name = NULL;
    g_object_get(device, "internal-name", &name, NULL);
    char *label = gst_device_get_display_name(device);
    GstStructure *more = gst_device_get_properties(device);
    const char *class = more ? gst_structure_get_string(more, "device.class") : NULL;
    bool monitor = class && strcmp(class, "monitor") == 0;
    if (name && list->count < ENTRIES_MAX) {
        struct lct_device_entry *entry = lct_names_new_entry(list);
        snprintf(entry->id, sizeof entry->id, "pulse:%s", name);
        snprintf(entry->spec, sizeof entry->spec, "mic:pulse:%s", name);
        snprintf(entry->label, sizeof entry->label, "%s", label ? label : name);
        snprintf(entry->kind, sizeof entry->kind, "microphone");
        snprintf(entry->detail, sizeof entry->detail, "%s",
                 monitor ? "PulseAudio; what is played there, not a microphone" : "PulseAudio");
    }
    if (more) {
        gst_structure_free(more);
    }
    g_free(label);
    g_free(name);
}

static void look_at_pulse(struct lct_device_list *list) {
    GstDeviceProvider *provider = gst_device_provider_factory_get_by_name("pulsedeviceprovider");
    if (!provider) {
        return;
    }
    /* Started and stopped: 1.22's way of looking without a start leaks its connection. */
    bool started = gst_device_provider_start(provider);
    GList *devices = started ? gst_device_provider_get_devices(provider) : NULL;
    for (GList *at = devices; at; at = at->next) {
        if (gst_device_has_classes(at->data, "Audio/Source")) {
            add_pulse_device(list, at->data);
        }
    }
    g_list_free_full(devices, gst_object_unref);
    if (started) {
        gst_device_provider_stop(provider);
    }
    gst_object_unref(provider);
}

static void run_look(void *opaque) {
    struct look *look = opaque;
    struct lct_device_list list = {0};
    look_at_pulse(&list);
    pthread_mutex_lock(&look->lock);
    look->list = list;
    look->done = true;
    pthread_cond_broadcast(&look->moved);
    pthread_mutex_unlock(&look->lock);
    unref_look(look);
    atomic_fetch_sub(&away, 1U);
}

static void append_all(struct lct_device_list *list, const struct lct_device_list *more) {
    for (size_t i = 0; i < more->count; i++) {
        *lct_names_new_entry(list) = more->entries[i];
    }
}

void lct_names_add_pulse(struct lct_device_list *list) {
    if (atomic_load(&away) > 0 || !lct_gst_has("pulsesrc")) {
        return;
    }
    struct look *look = lct_new(sizeof *look);
    lct_ref_init(&look->ref);
    lct_ref_inc(&look->ref);
    pthread_mutex_init(&look->lock, NULL);
    lct_cond_init(&look->moved);
    struct lct_thread thread = {0};
    atomic_fetch_add(&away, 1U);
    lct_thread_start(&thread, "pulse-look", run_look, look);
    lct_ns deadline = lct_monotonic() + LOOK_WITHIN;
    pthread_mutex_lock(&look->lock);
    while (!look->done && lct_cond_wait(&look->moved, &look->lock, deadline)) {
    }
    bool done = look->done;
    if (done) {
        append_all(list, &look->list);
    }
    pthread_mutex_unlock(&look->lock);
    if (done) {
        lct_thread_join(&thread);
    } else {
        pthread_detach(thread.id); /* a frozen daemon: it ends when that does */
    }
    unref_look(look);
}

/* The word in /proc/asound/cardN/id: stays the same when cards are plugged in another order. */
static bool read_card_id(int card, char *out, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/asound/card%d/id", card);
    FILE *file = fopen(path, "re");
    if (!file) {
        return false;
    }
    bool read = fgets(out, (int)size, file) != NULL;
    (void)fclose(file); /* only read */
    out[read ? strcspn(out, "\n") : 0] = '\0';
    return read;
}

/* A line of /proc/asound/pcm: "00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1". */
static void add_pcm(struct lct_device_list *list, char *line) {
    int card = 0, device = 0;
    char id[64];
    if (!strstr(line, "capture") || sscanf(line, "%d-%d:", &card, &device) != 2 ||
        !read_card_id(card, id, sizeof id) || list->count >= ENTRIES_MAX) {
        return;
    }
    char *label = strchr(line, ':') + 1;
    label += strspn(label, " ");
    label[strcspn(label, ":\n")] = '\0';
    struct lct_device_entry *entry = lct_names_new_entry(list);
    snprintf(entry->id, sizeof entry->id, "alsa:%s,%d", id, device);
    snprintf(entry->spec, sizeof entry->spec, "mic:alsa:hw:CARD=%s,DEV=%d", id, device);
    snprintf(entry->label, sizeof entry->label, "%s %.60s", id, label);
    snprintf(entry->kind, sizeof entry->kind, "microphone");
    snprintf(entry->detail, sizeof entry->detail, "ALSA");
}

void lct_names_add_alsa(struct lct_device_list *list) {
    char line[256];
    FILE *file = fopen("/proc/asound/pcm", "re");
    while (file && fgets(line, sizeof line, file)) {
        add_pcm(list, line);
    }
    if (file) {
        (void)fclose(file); /* only read */
    }
}

/* The names (behind the spec's second colon) of what list holds, which is freed. */
static void join(struct lct_device_list *list, char *out, size_t size) {
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < list->count && at < size; i++) {
        const char *name = strchr(strchr(list->entries[i].spec, ':') + 1, ':') + 1;
        int n = snprintf(out + at, size - at, "%s%s", i > 0 ? ", " : "", name);
        at += n > 0 ? (size_t)n : 0;
    }
    free(list->entries);
}

void lct_names_pulse(char *out, size_t size) {
    struct lct_device_list list = {0};
    lct_names_add_pulse(&list);
    join(&list, out, size);
}

void lct_names_alsa(char *out, size_t size) {
    struct lct_device_list list = {0};
    lct_names_add_alsa(&list);
    join(&list, out, size);
}
