// SPDX-License-Identifier: GPL-3.0-or-later
/* The program "lectern": one subcommand a line. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/command/command.h"

static const struct {
    const char *name;
    lct_command_fn run;
    const char *en, *zh;
} commands[] = {
    {"cut", lct_cmd_job, "cut ranges out of lessons into one MP4 file or a new lesson",
     "从课程中剪出片段，生成 MP4 文件或新课程"},
    {"devices", lct_cmd_devices, "list what can be recorded here", "列出本机可录制的设备"},
    {"doctor", lct_cmd_doctor, "say what is missing, slow or wrong here",
     "检查本机缺少什么、哪里有问题"},
    {"export", lct_cmd_job, "write a lesson as one MP4 file", "把课程导出为一个 MP4 文件"},
    {"import", lct_cmd_job, "make a lesson of files that others recorded",
     "把其他设备录制的文件导入为课程"},
    {"link", lct_cmd_link, "make, list and revoke links for watching live", "管理直播的观看链接"},
    {"push", lct_cmd_push, "push a room's lessons to RTMP or SRT addresses",
     "把教室的课程推流到 RTMP 或 SRT 地址"},
    {"rebuild", lct_cmd_rebuild, "make the library's index anew from the lessons' folders",
     "根据课程文件夹重新生成资源库索引"},
    {"record", lct_cmd_record, "record a lesson without a server", "不经服务器直接录制课程"},
    {"room", lct_cmd_room, "open a room to everybody, or end that", "公开教室的直播，或取消公开"},
    {"up", lct_cmd_up, "start everything", "启动全部服务"},
    {"verify", lct_cmd_verify, "say whether a lesson is whole; --mend repairs it",
     "检查课程是否完好，--mend 可修复"},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void help(FILE *out) {
    (void)fputs(lct_say("usage: lectern COMMAND [OPTION …]\n", "用法：lectern 命令 [选项 …]\n"),
                out);
    for (size_t i = 0; i < COMMANDS; i++) {
        (void)fprintf(out, "  %-8s  %s\n", commands[i].name,
                      lct_say(commands[i].en, commands[i].zh));
    }
}

int main(int argc, char **argv) {
    (void)setlocale(LC_CTYPE, ""); /* numbers stay "C": JSON and status lines */
    for (size_t i = 0; argc > 1 && i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        help(stdout);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        (void)puts("lectern " LCT_VERSION);
        return 0;
    }
    help(stderr);
    return 2;
}
