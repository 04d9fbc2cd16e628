// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/devices.h"

#include <dirent.h>
#include <libudev.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/thread.h"
#include "capture/displays.h"
#include "capture/names.h"
#include "capture/v4l2_about.h"

#define POLL_EVERY (2 * LCT_SECOND) /* X displays and sound daemons send no events */
#define SETTLE (300 * LCT_MS)       /* a device comes as several events */

/* ---- cameras and cards ---- */

static const char *or_empty(const char *text) { return text ? text : ""; }

/* By serial where the maker gave one, else by the place on the bus; never by the order of plugging.
   A camera's further nodes differ by their index. */
static void write_id(struct udev_device *device, char *out, size_t size) {
    const char *serial = udev_device_get_property_value(device, "ID_SERIAL");
    const char *place = udev_device_get_property_value(device, "ID_PATH");
    const char *index = udev_device_get_sysattr_value(device, "index");
    const char *bus = udev_device_get_property_value(device, "ID_BUS");
    if (serial && place) {
        /* Two cameras of one kind often share a "serial": the place tells them apart. */
        snprintf(out, size, "v4l2:%s-%.60s@%.60s:%s", or_empty(bus), serial, place,
                 or_empty(index));
    } else if (place) {
        snprintf(out, size, "v4l2:%.100s:%s", place, or_empty(index));
    } else {
        snprintf(out, size, "v4l2:%.100s", udev_device_get_devpath(device));
    }
}

static void add_v4l2(struct lct_device_list *list, struct udev_device *device) {
    const char *node = udev_device_get_devnode(device);
    struct lct_v4l2_about about;
    if (!node || (!lct_v4l2_about(node, &about) && about.card[0] != '\0')) {
        return; /* it opened and gives no pictures */
    }
    bool opened = about.card[0] != '\0';
    struct lct_device_entry *entry = lct_names_new_entry(list);
    write_id(device, entry->id, sizeof entry->id);
    snprintf(entry->spec, sizeof entry->spec, "%s:%s", about.hdmi ? "hdmi" : "camera", node);
    snprintf(entry->kind, sizeof entry->kind, "%s", about.hdmi ? "hdmi" : "camera");
    snprintf(entry->label, sizeof entry->label, "%.60s",
             opened ? about.card : or_empty(udev_device_get_sysattr_value(device, "name")));
    snprintf(entry->detail, sizeof entry->detail, "%s", about.detail);
}

static void add_all_v4l2(struct lct_device_list *list) {
    struct udev *udev = udev_new();
    struct udev_enumerate *all = udev ? udev_enumerate_new(udev) : NULL;
    if (all) {
        udev_enumerate_add_match_subsystem(all, "video4linux");
        udev_enumerate_scan_devices(all);
        struct udev_list_entry *at;
        udev_list_entry_foreach(at, udev_enumerate_get_list_entry(all)) {
            const char *path = udev_list_entry_get_name(at);
            struct udev_device *device = udev_device_new_from_syspath(udev, path);
            if (device) {
                add_v4l2(list, device);
                udev_device_unref(device);
            }
        }
        udev_enumerate_unref(all);
    }
    if (udev) {
        udev_unref(udev);
    }
}

/* Makers write into their devices what they like, in the code page they like. */
static void tame(struct lct_device_entry *entry) {
    lct_text_tame(entry->id);
    lct_text_tame(entry->spec);
    lct_text_tame(entry->label);
    lct_text_tame(entry->detail);
}

void lct_devices_list(struct lct_device_list *ret_list) {
    struct lct_device_list list = {0};
    add_all_v4l2(&list);
    lct_displays_add(&list);
    lct_names_add_alsa(&list);
    lct_names_add_pulse(&list);
    for (size_t i = 0; i < list.count; i++) {
        tame(&list.entries[i]);
    }
    *ret_list = list;
}

void lct_devices_free(struct lct_device_list *list) {
    free(list->entries);
    *list = (struct lct_device_list){0};
}

/* ---- watch ---- */

struct lct_device_watch {
    /* fixed after create */
    void (*changed)(void *);
    void *opaque;
    int stop_fd;
    struct lct_thread thread;
    /* its thread only */
    struct udev *udev;
    struct udev_monitor *monitor;
    uint32_t sum; /* of what sends no events */
};

/* What sends no events, as one number. */
static uint32_t sum_up(void) {
    struct lct_device_list list = {0};
    uint32_t sum = 0;
    lct_displays_add(&list);
    lct_names_add_pulse(&list);
    for (size_t i = 0; i < list.count; i++) {
        sum = lct_crc32c(sum, list.entries[i].id, strlen(list.entries[i].id));
    }
    lct_devices_free(&list);
    return sum;
}

static void start_monitor(struct lct_device_watch *watch) {
    watch->udev = udev_new();
    watch->monitor = watch->udev ? udev_monitor_new_from_netlink(watch->udev, "udev") : NULL;
    if (watch->monitor) {
        udev_monitor_filter_add_match_subsystem_devtype(watch->monitor, "video4linux", NULL);
        udev_monitor_filter_add_match_subsystem_devtype(watch->monitor, "sound", NULL);
        udev_monitor_enable_receiving(watch->monitor);
    }
}

static void stop_monitor(struct lct_device_watch *watch) {
    if (watch->monitor) {
        udev_monitor_unref(watch->monitor);
    }
    if (watch->udev) {
        udev_unref(watch->udev);
    }
}

static bool take_events(struct lct_device_watch *watch) {
    bool any = false;
    struct udev_device *device;
    while (watch->monitor && (device = udev_monitor_receive_device(watch->monitor)) != NULL) {
        udev_device_unref(device);
        any = true;
    }
    return any;
}

static bool others_changed(struct lct_device_watch *watch) {
    uint32_t sum = sum_up();
    bool changed = sum != watch->sum;
    watch->sum = sum;
    return changed;
}

static void run_watch(void *opaque) {
    struct lct_device_watch *watch = opaque;
    start_monitor(watch);
    watch->sum = sum_up();
    struct pollfd fds[2] = {
        {.fd = watch->stop_fd, .events = POLLIN},
        {.fd = watch->monitor ? udev_monitor_get_fd(watch->monitor) : -1, .events = POLLIN},
    };
    lct_ns next = lct_monotonic() + POLL_EVERY, tell = LCT_NS_NONE;
    for (;;) {
        lct_ns now = lct_monotonic(), until = tell != LCT_NS_NONE && tell < next ? tell : next;
        (void)poll(fds, 2, until > now ? (int)((until - now) / LCT_MS) + 1 : 0); /* seen below */
        if (fds[0].revents) {
            break;
        }
        now = lct_monotonic();
        if (take_events(watch)) {
            tell = now + SETTLE;
        }
        if (now >= next) {
            tell = others_changed(watch) ? now : tell;
            next = lct_monotonic() + POLL_EVERY;
        }
        if (tell != LCT_NS_NONE && now >= tell) {
            tell = LCT_NS_NONE;
            watch->changed(watch->opaque);
        }
    }
    stop_monitor(watch);
}

struct lct_device_watch *lct_devices_watch(void (*changed)(void *), void *opaque) {
    struct lct_device_watch *watch = lct_new(sizeof *watch);
    watch->changed = changed;
    watch->opaque = opaque;
    watch->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (watch->stop_fd < 0) {
        abort();
    }
    lct_thread_start(&watch->thread, "devices", run_watch, watch);
    return watch;
}

void lct_devices_unwatch(struct lct_device_watch *watch) {
    if (!watch) {
        return;
    }
    uint64_t one = 1;
    ssize_t written = write(watch->stop_fd, &one, sizeof one);
    (void)written; /* an eventfd at 0 takes it */
    lct_thread_join(&watch->thread);
    close(watch->stop_fd);
    free(watch);
}
