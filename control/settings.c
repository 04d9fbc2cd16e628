// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/settings.h"

#define COUNT(items) (sizeof(items) / sizeof *(items))

static const struct lct_config_item server_items[] = {
    {"listen", LCT_CONFIG_TEXT, "0.0.0.0:8080", 3, 60, "",
     "Address and port the pages are served on; [::]:8080 for IPv6.",
     "网页服务的地址和端口；IPv6 用 [::]:8080。"},
    {"https", LCT_CONFIG_TEXT, NULL, 0, 60, "",
     "Address and port of HTTPS, beside the plain one, such as 0.0.0.0:4443; empty: none. It needs "
     "certificate and key.",
     "HTTPS 的地址和端口，与明文端口并存，例如 0.0.0.0:4443；留空则不启用。须设置 certificate 和 "
     "key。"},
    {"proxy", LCT_CONFIG_LIST, NULL, 0, 8, "",
     "Address of a proxy in front (nginx), such as 127.0.0.1: what it says of clients is believed.",
     "前置代理（nginx）的地址，例如 127.0.0.1；采信它所报告的客户端信息。"},
    {"name", LCT_CONFIG_LIST, NULL, 0, 16, "",
     "A name this machine is reached by, beside its addresses and its host name.",
     "除地址和主机名外，访问本机所用的名称。"},
    {"url", LCT_CONFIG_TEXT, NULL, 0, 120, "",
     "How others reach the pages when something stands in front, such as https://live.example.org; "
     "empty: found out. It begins the watch links that the command line prints.",
     "经代理访问时网页的网址，例如 "
     "https://live.example.org；留空则自动得出。用于命令行生成的观看链接。"},
    {"web", LCT_CONFIG_TEXT, NULL, 0, 180, "",
     "Folder of the pages; empty: where they were installed.", "网页文件夹；留空则使用安装位置。"},
    {"certificate", LCT_CONFIG_TEXT, NULL, 0, 180, "",
     "File of the server's certificate and its chain, PEM, read again when it changes; empty: for "
     "recorders in other buildings it makes one for itself.",
     "服务器证书及证书链文件（PEM），更换后自动重新读取；留空时，服务器为远程录制机自行生成一份。"},
    {"key", LCT_CONFIG_TEXT, NULL, 0, 180, "", "File of the certificate's private key, PEM.",
     "证书私钥文件（PEM）。"},
    {"recorders", LCT_CONFIG_TEXT, NULL, 0, 60, "",
     "Address and port at which recorders in other buildings call over TLS, such as 0.0.0.0:8443; "
     "empty: there are none.",
     "供其他建筑中的录制机通过 TLS 连接的地址和端口，例如 0.0.0.0:8443；留空表示没有。"},
};

static const struct lct_config_item live_items[] = {
    {"port", LCT_CONFIG_NUMBER, "0", 0, 65535, "",
     "UDP port of all live viewers by WebRTC; 0: the same number as that of the pages.",
     "所有 WebRTC 直播观看端共用的 UDP 端口；0 表示与网页端口号相同。"},
    {"listen", LCT_CONFIG_TEXT, NULL, 0, 60, "",
     "Address that port is opened on; empty: that of the pages. Behind a proxy, 0.0.0.0 or [::].",
     "该 UDP 端口监听的地址；留空则与网页相同。前置代理时用 0.0.0.0 或 [::]。"},
    {"address", LCT_CONFIG_LIST, NULL, 0, 4, "",
     "A further address by which viewers reach that port, such as the router's public one.",
     "观看端访问该端口的其他地址，例如路由器的公网地址。"},
    {"viewers", LCT_CONFIG_NUMBER, "1000", 1, 20000, "",
     "Live viewers by WebRTC at once; more are told to wait.",
     "同时通过 WebRTC 观看直播的最大数量；超出者提示稍后再试。"},
};

static const struct lct_config_item recorder_items[] = {
    {"resume_minutes", LCT_CONFIG_NUMBER, "30", 0, 1440, "minutes",
     "A lesson that a crash or a power cut interrupted goes on when it is not older.",
     "因崩溃或断电中断的课程，若未超过此时间则继续录制。"},
    {"token_file", LCT_CONFIG_TEXT, NULL, 0, 180, "",
     "File with the token that \"lectern room ROOM --token\" printed on a server in another "
     "building; "
     "empty: the server is on this machine.",
     "令牌文件，内容由远程服务器上的 lectern room 教室 --token 生成；留空表示服务器就在本机。"},
    {"ca", LCT_CONFIG_TEXT, NULL, 0, 180, "",
     "File of the authorities that vouch for that server's certificate, PEM; empty: the system's.",
     "为该服务器证书签名的 CA 证书文件（PEM）；留空则使用系统的 CA。"},
    {"copy_rate", LCT_CONFIG_NUMBER, "8", 1, 1000, "Mbit/s",
     "Most of the line that copying lessons to that server may take; what is sent live goes first.",
     "向该服务器复制课程时最多占用的带宽；直播数据优先。"},
    {"free_hours", LCT_CONFIG_NUMBER, "8", 0, 100000, "hours",
     "When the disk has room for less than so many hours of recording, the oldest lessons are "
     "deleted "
     "here that this server holds, too, compared once more; 0: never. Without such a server "
     "nothing "
     "is ever deleted.",
     "磁盘剩余空间不足录制这么多小时时，从最早的课程起删除本机上的课程；仅删除该服务器已有且再次核"
     "对"
     "无误的课程。0 表示从不删除；没有远程服务器时从不删除任何课程。"},
};

static const struct lct_config_item disk_items[] = {
    {"data", LCT_CONFIG_TEXT, "/var/lib/lectern", 1, 180, "",
     "Folder of the lessons and of the access code.", "课程与访问码所在的文件夹。"},
};

static const struct lct_config_item library_items[] = {
    {"trash_days", LCT_CONFIG_NUMBER, "30", 0, 3650, "days",
     "What lies in the trash so long is deleted for ever; 0: never.",
     "回收站中的内容超过此天数后彻底删除；0 表示从不。"},
    {"sticks", LCT_CONFIG_FLAG, "no", 0, 0, "",
     "Whether lessons that people ask for are copied to USB sticks inserted into this machine.",
     "是否把网页上选定的课程复制到插入本机的 U 盘。"},
};

static const struct lct_config_item room_items[] = {
    {"name", LCT_CONFIG_TEXT, NULL, 0, 80, "", "What people call the room.", "教室的名称。"},
    {"source", LCT_CONFIG_LIST, NULL, 0, LCT_ROOM_SOURCES_MAX, "",
     "A source: screen:x11[:DISPLAY], camera:/dev/videoN, hdmi:/dev/videoN, camera:rtsp://…, "
     "mic:pulse[:NAME], mic:alsa[:NAME], file:PATH or demo; one line each. None: the room is "
     "recorded by another machine.",
     "一个信号源：screen:x11[:DISPLAY]、camera:/dev/videoN、hdmi:/dev/videoN、camera:rtsp://…、"
     "mic:pulse[:NAME]、mic:alsa[:NAME]、file:PATH 或 "
     "demo；每行一个。没有则表示该教室由另一台机器录"
     "制。"},
};

static const struct lct_config_section server = {
    "server", false, server_items, COUNT(server_items), "The pages and the API.", "网页与接口。"};
static const struct lct_config_section live = {
    "live", false, live_items, COUNT(live_items), "Live viewers.", "直播观看。"};
static const struct lct_config_section recorder = {
    "recorder", false, recorder_items, COUNT(recorder_items), "Recording.", "录制。"};
static const struct lct_config_section disk = {
    "disk", false, disk_items, COUNT(disk_items), "Where things are kept.", "存储位置。"};
static const struct lct_config_section library = {
    "library",     false, library_items, COUNT(library_items), "Lessons and microlessons.",
    "课程与微课。"};
static const struct lct_config_section room = {"room",
                                               true,
                                               room_items,
                                               COUNT(room_items),
                                               "A room; its ID stands in addresses and file names.",
                                               "一间教室；ID 用于网址和文件名。"};

static const struct lct_config_section *const sections[] = {&server, &live,    &recorder,
                                                            &disk,   &library, &room};

int lct_settings_read(const char *path, struct lct_config **ret_config, struct lct_fault *fault) {
    return lct_config_read(path, sections, COUNT(sections), ret_config, fault);
}

void lct_settings_print_sample(FILE *out) {
    lct_config_print_sample(out, sections, COUNT(sections));
}

void lct_settings_print_manual(FILE *out) {
    lct_config_print_manual(out, sections, COUNT(sections));
}
