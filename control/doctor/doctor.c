// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/doctor/doctor.h"

#include <errno.h>
#include <glob.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/mem.h"
#include "capture/devices.h"
#include "capture/needs.h"
#include "control/doctor/doctor_priv.h"

#define PORT 8080
/* Each viewer is a connection; a recorder needs some fifty. */
#define FILES_WANTED 4096

/* ---- sources ---- */

static void look_at_elements(struct lct_doctor *d) {
    struct lct_need needs[LCT_NEEDS_MAX];
    size_t count = lct_capture_missing(needs);
    for (size_t i = 0; i < count; i++) {
        if (!needs[i].missing[0]) {
            lct_doctor_say(d, LCT_DOCTOR_OK, "sources", "Sources %s: all parts are installed.",
                           "来源 %s：所需组件齐全。", needs[i].source);
        } else {
            lct_doctor_say(d, LCT_DOCTOR_WARN, "sources",
                           "Sources %s cannot be opened wholly: GStreamer lacks %s. Install: %s",
                           "来源 %s 无法完整使用：GStreamer 缺少 %s。请安装：%s", needs[i].source,
                           needs[i].missing, needs[i].package);
        }
    }
}

static size_t count_kind(const struct lct_device_list *list, const char *kind, const char *spec) {
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        count += strcmp(list->entries[i].kind, kind) == 0 &&
                 strncmp(list->entries[i].spec, spec, strlen(spec)) == 0;
    }
    return count;
}

static void look_at_display(struct lct_doctor *d, const struct lct_device_list *list) {
    const char *display = getenv("DISPLAY");
    size_t count = count_kind(list, "screen", "");
    if (count > 0) {
        lct_doctor_say(d, LCT_DOCTOR_OK, "screen", "%zu X11 screens answer.",
                       "%zu 个 X11 屏幕可用。", count);
    } else if (display && *display) {
        lct_doctor_say(d, LCT_DOCTOR_WARN, "screen",
                       "The display %s does not answer. Start lectern in the desktop session whose "
                       "screen is to be recorded; over ssh, XAUTHORITY must name its key.",
                       "显示 %s 无响应。请在需要录屏的桌面会话中启动 lectern；通过 ssh 时须设置 "
                       "XAUTHORITY。",
                       display);
    } else {
        lct_doctor_say(d, LCT_DOCTOR_OK, "screen",
                       "No desktop here (DISPLAY is not set): a room box with cards needs none.",
                       "本机没有桌面（未设置 DISPLAY）：使用采集卡的录播主机无需桌面。");
    }
}

static void look_at_pulse(struct lct_doctor *d, const struct lct_device_list *list) {
    size_t count = count_kind(list, "microphone", "mic:pulse");
    if (count > 0) {
        lct_doctor_say(d, LCT_DOCTOR_OK, "sound", "PulseAudio answers: %zu sources.",
                       "PulseAudio 可用：%zu 个来源。", count);
    } else {
        lct_doctor_say(d, LCT_DOCTOR_WARN, "sound",
                       "PulseAudio does not answer, or has no source. On a desktop, start lectern "
                       "as the user who is signed in; on a room box, record mic:alsa instead.",
                       "PulseAudio 无响应或没有来源。桌面环境请以登录用户启动 "
                       "lectern；录播主机请改用 mic:alsa。");
    }
}

/* Devices that are there but closed to this user. */
static void look_at_nodes(struct lct_doctor *d, const char *pattern, const char *group,
                          const char *about) {
    glob_t found = {0};
    size_t closed = 0;
    const char *first = "";
    (void)glob(pattern, 0, NULL, &found); /* nothing found is an answer */
    for (size_t i = found.gl_pathc; i-- > 0;) {
        if (access(found.gl_pathv[i], R_OK | W_OK) < 0) {
            first = found.gl_pathv[i];
            closed++;
        }
    }
    if (closed == 0) {
        lct_doctor_say(d, LCT_DOCTOR_OK, about, "%s: %zu devices, all open to this user.",
                       "%s：%zu 个设备，当前用户均可访问。", pattern, found.gl_pathc);
    } else {
        lct_doctor_say(d, LCT_DOCTOR_WARN, about,
                       "This user may not open %zu devices, the first is %s. Add the user to the "
                       "group %s (usermod -aG %s USER) and sign in again.",
                       "当前用户无权访问 %zu 个设备，如 %s。请将用户加入 %s 组（usermod -aG %s "
                       "用户名）后重新登录。",
                       closed, first, group, group);
    }
    globfree(&found);
}

static void look_at_sources(struct lct_doctor *d) {
    struct lct_device_list list;
    lct_devices_list(&list);
    look_at_elements(d);
    look_at_display(d, &list);
    look_at_pulse(d, &list);
    lct_devices_free(&list);
    look_at_nodes(d, "/dev/video*", "video", "camera");
    look_at_nodes(d, "/dev/snd/pcmC*c", "audio", "sound");
}

/* ---- the system ---- */

static void look_at_clock(struct lct_doctor *d) {
    struct timex t = {0};
    int state = adjtimex(&t); /* asks only */
    if (state >= 0 && !(t.status & STA_UNSYNC)) {
        lct_doctor_say(d, LCT_DOCTOR_OK, "clock", "The clock is synchronised (within %ld ms).",
                       "时钟已同步（误差 %ld 毫秒内）。", t.maxerror / 1000);
        return;
    }
    lct_doctor_say(d, LCT_DOCTOR_WARN, "clock",
                   "The clock is not synchronised: dates of lessons may be wrong, and timetables "
                   "with them. Install systemd-timesyncd or chrony and run 'timedatectl set-ntp "
                   "true'; a school without Internet needs a time server of its own.",
                   "时钟未同步：课程日期和课表可能不准。请安装 systemd-timesyncd 或 chrony 并运行 "
                   "timedatectl set-ntp true；无外网的学校需自建时间服务器。");
}

static void look_at_port(struct lct_doctor *d) {
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    if (fd < 0) {
        return;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bool taken = bind(fd, (const struct sockaddr *)(const void *)&address, sizeof address) < 0 ||
                 listen(fd, 1) < 0;
    close(fd);
    if (taken) {
        lct_doctor_say(d, LCT_DOCTOR_WARN, "port",
                       "Port %d is taken: by lectern itself, if it runs, or by another program. "
                       "'lectern up --listen 0.0.0.0:8081' takes another port.",
                       "端口 %d 已被占用（可能是正在运行的 lectern 或其他程序）。可用 lectern up "
                       "--listen 0.0.0.0:8081 换一个端口。",
                       PORT);
    } else {
        lct_doctor_say(d, LCT_DOCTOR_OK, "port", "Port %d is free.", "端口 %d 可用。", PORT);
    }
}

static void look_at_files(struct lct_doctor *d) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        return;
    }
    unsigned long long most = limit.rlim_max;
    if (most >= FILES_WANTED) {
        lct_doctor_say(d, LCT_DOCTOR_OK, "files", "Up to %llu files and connections may be open.",
                       "最多可打开 %llu 个文件和连接。", most);
    } else {
        lct_doctor_say(d, LCT_DOCTOR_WARN, "files",
                       "Only %llu files and connections may be open: too few for many viewers. "
                       "Raise the limit to %d (LimitNOFILE= in the unit, or ulimit -n).",
                       "最多只能打开 %llu 个文件和连接，观众较多时不够。请提高到 %d（单元文件中的 "
                       "LimitNOFILE= 或 ulimit -n）。",
                       most, FILES_WANTED);
    }
}

struct lct_doctor *lct_doctor_look(const char *data, const char *config) {
    struct lct_doctor *d = lct_new(sizeof *d);
    lct_doctor_encoders(d);
    lct_doctor_disk(d, data);
    look_at_sources(d);
    look_at_clock(d);
    look_at_port(d);
    look_at_files(d);
    if (config) {
        lct_doctor_config(d, config);
    }
    return d;
}

void lct_doctor_free(struct lct_doctor *doctor) { free(doctor); }
