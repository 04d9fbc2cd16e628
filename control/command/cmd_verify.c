// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern verify: what a lesson holds, what is wrong with it and what to do about that. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "archive/lesson/mend.h"
#include "archive/lesson/verify.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "control/command/command.h"

struct options {
    const char *folder;
    bool json, mend;
};

static int usage(void) {
    (void)fputs(lct_say("usage: lectern verify LESSON [--mend] [--json]\n"
                        "Reads a lesson's folder and says whether it is whole. --mend repairs a "
                        "lesson that nobody records.\n",
                        "用法：lectern verify 课程文件夹 [--mend] [--json]\n"
                        "读取课程文件夹并说明其是否完好。--mend 修复未在录制的课程。\n"),
                stderr);
    return 2;
}

static bool read_options(int argc, char **argv, struct options *o) {
    static const struct option known[] = {
        {"json", no_argument, NULL, 'j'}, {"mend", no_argument, NULL, 'm'}, {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        o->json = o->json || c == 'j';
        o->mend = o->mend || c == 'm';
        if (c == '?') {
            return false;
        }
    }
    o->folder = optind + 1 == argc ? argv[optind] : NULL;
    return o->folder != NULL;
}

/* ---- the words ---- */

/* {file}, {at}, {count}, {time} and {span} stand for what a finding holds. */
struct sentence {
    const char *en, *zh;
};

static const struct sentence sentences[LCT_FINDING_KINDS] = {
    [LCT_FINDING_RECORDED] = {"This lesson is being recorded now: only what is durable is judged.",
                              "该课程正在录制：仅检查已落盘的内容。"},
    [LCT_FINDING_INTERRUPTED] = {"The recording was interrupted and has not gone on.",
                                 "录制曾中断，尚未继续。"},
    [LCT_FINDING_FOREIGN] = {"{file} is none of lectern's files; it was left alone.",
                             "{file} 不是 lectern 的文件，未作处理。"},
    [LCT_FINDING_LOST_REEL] = {"{file}: this reel is known to be lost; its time is a gap.",
                               "{file}：该片段已确认丢失，对应时间为空缺。"},
    [LCT_FINDING_TORN_ROW] = {"{file} ends inside a row, at byte {at}: normal after an "
                              "interruption.",
                              "{file} 在第 {at} 字节处的行未写完：中断后的正常现象。"},
    [LCT_FINDING_NEVER_BEGAN] = {"Track {file} holds nothing.", "轨道 {file} 没有内容。"},
    [LCT_FINDING_THUMBS] = {"{file}: {count} thumbnails are damaged; pictures and sound are not "
                            "concerned.",
                            "{file}：{count} 个缩略图损坏，不影响画面和声音。"},
    [LCT_FINDING_NO_LESSON] = {"This is not a lesson: there is neither lesson.json nor a tape. "
                               "Check the path.",
                               "这不是课程文件夹：没有 lesson.json，也没有录制数据。请检查路径。"},
    [LCT_FINDING_LESSON_GONE] = {"{file} is missing. Put it back from a copy, or let --mend make "
                                 "it again out of the tapes (its title is lost).",
                                 "缺少 {file}。请从备份恢复，或用 --mend "
                                 "根据录制数据重建（标题会丢失）。"},
    [LCT_FINDING_LESSON_BROKEN] = {"{file} is damaged. Put it back from a copy, or let --mend make "
                                   "it again out of the tapes (its title is lost).",
                                   "{file} 已损坏。请从备份恢复，或用 --mend "
                                   "根据录制数据重建（标题会丢失）。"},
    [LCT_FINDING_MARKS] = {"{file}: {count} damaged lines from byte {at}; the other marks are "
                           "right.",
                           "{file}：从第 {at} 字节起有 {count} 行损坏，其余打点完好。"},
    [LCT_FINDING_TRACK_GONE] = {"Track {file} is missing: there is not one reel of it. Put the "
                                "folder back from a copy.",
                                "轨道 {file} 缺失：没有任何片段。请从备份恢复该文件夹。"},
    [LCT_FINDING_NUMBER_GONE] = {"Track {file}: {count} reels are missing, from number {at} on. "
                                 "Put the files back from a copy.",
                                 "轨道 {file}：从编号 {at} 起缺少 {count} 个片段。请从备份恢复。"},
    [LCT_FINDING_END_GONE] = {"Track {file} ends at {time}, {span} before the lesson. Its last "
                              "reels are missing, or the disk was full: put them back from a copy.",
                              "轨道 {file} 在 {time} 结束，比课程早 "
                              "{span}。末尾片段缺失或当时磁盘已满：请从备份恢复。"},
    [LCT_FINDING_REEL_GONE] = {"{file} is missing, its index speaks of {count} chunks. Put it back "
                               "from a copy.",
                               "缺少 {file}，其索引记录了 {count} 个数据块。请从备份恢复。"},
    [LCT_FINDING_HEAD] = {"{file}: its first boxes are damaged, at byte {at}.",
                          "{file}：文件开头在第 {at} 字节处损坏。"},
    [LCT_FINDING_OPEN] = {"{file} was not closed: it is not a plain MP4 yet.",
                          "{file} 未正常关闭，还不是普通 MP4。"},
    [LCT_FINDING_MOOV] = {"{file}: the table at its end (moov, byte {at}) is damaged or missing.",
                          "{file}：文件末尾的目录（moov，第 {at} 字节）损坏或缺失。"},
    [LCT_FINDING_INDEX_GONE] = {"{file} is missing or empty.", "{file} 缺失或为空。"},
    [LCT_FINDING_INDEX_HEAD] = {"{file}: its header is damaged (byte 0).",
                                "{file}：头部损坏（第 0 字节）。"},
    [LCT_FINDING_INDEX_ROW] = {"{file}: {count} damaged rows from byte {at}.",
                               "{file}：从第 {at} 字节起有 {count} 行损坏。"},
    [LCT_FINDING_INDEX_ZEROS] = {"{file}: a hole of zeros over {count} rows from byte {at}.",
                                 "{file}：从第 {at} 字节起有 {count} 行全为零。"},
    [LCT_FINDING_INDEX_TORN] = {"{file} is torn: it ends inside a row, at byte {at}.",
                                "{file} 被截断：在第 {at} 字节处的行不完整。"},
    [LCT_FINDING_NO_ROW] = {"{file}: {count} whole chunks from byte {at} have no row in the index.",
                            "{file}：从第 {at} 字节起有 {count} 个完整数据块在索引中没有记录。"},
    [LCT_FINDING_INIT_GONE] = {"{file} is missing.", "缺少 {file}。"},
    [LCT_FINDING_INIT] = {"{file} is damaged.", "{file} 已损坏。"},
    [LCT_FINDING_NO_INIT] = {"{file} cannot be read, and neither can the copy in the reel.",
                             "{file} 无法读取，片段内的副本也无法读取。"},
    [LCT_FINDING_CUT] = {"{file} is torn: {count} chunks from byte {at} are not there.",
                         "{file} 被截断：从第 {at} 字节起缺少 {count} 个数据块。"},
    [LCT_FINDING_ZEROS] = {"{file}: a hole of zeros from byte {at} spoils {count} chunks.",
                           "{file}：从第 {at} 字节起的零填充空洞损坏了 {count} 个数据块。"},
    [LCT_FINDING_SUM] = {"{file}: {count} chunks from byte {at} have a wrong check sum.",
                         "{file}：从第 {at} 字节起有 {count} 个数据块校验和不符。"},
    [LCT_FINDING_BOXES] = {"{file}: {count} chunks from byte {at} are not what the index says.",
                           "{file}：从第 {at} 字节起有 {count} 个数据块与索引不一致。"},
    [LCT_FINDING_KEY] = {"{file}: {count} key frames from byte {at} do not decode.",
                         "{file}：从第 {at} 字节起有 {count} 个关键帧无法解码。"},
    [LCT_FINDING_TIME] = {"{file}: times run back in {count} rows from byte {at}.",
                          "{file}：从第 {at} 字节起有 {count} 行时间倒退。"},
    [LCT_FINDING_PROMISE] = {"{file}: {count} chunks come later than promised, from byte {at}, and "
                             "no gap was said.",
                             "{file}：从第 {at} 字节起有 {count} 个数据块晚于承诺且未标记空缺。"},
    [LCT_FINDING_UNREADABLE] = {"{file}: the disk gives an error at byte {at} ({count} chunks). "
                                "Copy the lesson to another disk now.",
                                "{file}：磁盘在第 {at} 字节处读取出错（{count} "
                                "个数据块）。请立即将课程复制到另一磁盘。"},
};

static const char *value_of(const struct lct_finding *f, const char *name, char *room,
                            size_t size) {
    if (strncmp(name, "file", 4) == 0) {
        return f->file;
    }
    if (strncmp(name, "time", 4) == 0) {
        lct_span_format((lct_ns)f->at, room, size);
    } else if (strncmp(name, "span", 4) == 0) {
        lct_span_format((lct_ns)f->count, room, size);
    } else {
        (void)snprintf(room, size, "%" PRIu64, name[0] == 'a' ? f->at : f->count);
    }
    return room;
}

/* Fills the places in braces. */
static void tell(const struct lct_finding *f, const char *sentence, char *out, size_t size) {
    size_t at = 0;
    for (const char *c = sentence; *c && at + 1 < size;) {
        const char *end = *c == '{' ? strchr(c, '}') : NULL;
        char room[32];
        if (!end) {
            out[at++] = *c++;
            continue;
        }
        int n = snprintf(out + at, size - at, "%s", value_of(f, c + 1, room, sizeof room));
        at += n > 0 && (size_t)n < size - at ? (size_t)n : size - at - 1;
        c = end + 1;
    }
    out[at] = '\0';
}

static void print_finding(const struct lct_finding *f) {
    char text[1024];
    const struct sentence *s = &sentences[f->kind];
    tell(f, lct_say(s->en, s->zh), text, sizeof text);
    (void)printf("  %s %s\n", lct_finding_is_damage(f->kind) ? "!" : "-", text);
}

static bool belongs(const struct lct_finding *f, const char *track) {
    size_t n = strlen(track);
    return strncmp(f->file, track, n) == 0 && (f->file[n] == '/' || f->file[n] == '\0');
}

static bool belongs_to_a_track(const struct lct_verify *v, const struct lct_finding *f) {
    for (size_t i = 0; i < v->track_count; i++) {
        if (belongs(f, v->tracks[i].info.name)) {
            return true;
        }
    }
    return false;
}

static void print_track(const struct lct_verify *v, const struct lct_verify_track *t) {
    char begin[24], end[24];
    size_t gaps = 0;
    lct_span_format(t->begin, begin, sizeof begin);
    lct_span_format(t->end, end, sizeof end);
    for (size_t i = 0; i < v->gap_count; i++) {
        gaps += strcmp(v->gaps[i].track, t->info.name) == 0;
    }
    (void)printf(lct_say("%-10s %zu reels, %" PRIu64 " chunks right, %" PRIu64
                         " not, %s to %s, %zu gaps, %.1f MB: %s\n",
                         "%-10s %zu 个片段，%" PRIu64 " 个数据块完好，%" PRIu64
                         " 个损坏，%s 至 %s，%zu 处空缺，%.1f MB：%s\n"),
                 t->info.name, t->reels, t->chunks, t->bad, begin, end, gaps,
                 (double)t->bytes / 1e6,
                 t->damage ? lct_say("damaged", "有损坏") : lct_say("whole", "完好"));
    for (size_t i = 0; i < v->gap_count; i++) {
        const struct lct_gap *gap = &v->gaps[i];
        if (strcmp(gap->track, t->info.name) == 0) {
            lct_span_format(gap->from, begin, sizeof begin);
            lct_span_format(gap->to, end, sizeof end);
            (void)printf(lct_say("  - gap from %s to %s\n", "  - 空缺 %s 至 %s\n"), begin, end);
        }
    }
    for (size_t i = 0; i < v->finding_count; i++) {
        if (belongs(&v->findings[i], t->info.name)) {
            print_finding(&v->findings[i]);
        }
    }
}

static bool found(const struct lct_verify *v, enum lct_finding_kind kind) {
    for (size_t i = 0; i < v->finding_count; i++) {
        if (v->findings[i].kind == kind) {
            return true;
        }
    }
    return false;
}

static const char *advice(const struct lct_verify *v) {
    if (found(v, LCT_FINDING_NO_LESSON)) {
        return "";
    }
    if (found(v, LCT_FINDING_RECORDED)) {
        return v->damage ? lct_say("What is damaged can be mended when the lesson has ended: "
                                   "lectern verify LESSON --mend",
                                   "课程结束后可修复损坏处：lectern verify 课程文件夹 --mend")
                         : "";
    }
    if (found(v, LCT_FINDING_INTERRUPTED)) {
        return lct_say("The lesson goes on, mended, when lectern is started again or 'lectern "
                       "record' is given the same --out. 'lectern verify LESSON --mend' ends it "
                       "as it is.",
                       "重新启动 lectern，或对同一 --out 再次运行 lectern "
                       "record，即可自动修复并继续录制；lectern verify 课程文件夹 --mend "
                       "则修复后就此结束课程。");
    }
    return v->damage
               ? lct_say("'lectern verify LESSON --mend' keeps every chunk that is right and marks "
                         "the rest as gaps. If the disk may be failing, copy the folder elsewhere "
                         "first; if there is a copy of the lesson, put back its files instead.",
                         "lectern verify 课程文件夹 --mend "
                         "会保留所有完好的数据块并把其余标记为空缺。若磁盘可能有故障，请先复制整个"
                         "文件夹；若有备份，请优先从备份恢复文件。")
               : "";
}

static void print_words(const struct lct_verify *v, const char *given) {
    char folder[LCT_PATH_SIZE];
    lct_text_copy(folder, sizeof folder, given);
    for (size_t i = 0; i < v->finding_count; i++) {
        if (!belongs_to_a_track(v, &v->findings[i])) {
            print_finding(&v->findings[i]);
        }
    }
    for (size_t i = 0; i < v->track_count; i++) {
        print_track(v, &v->tracks[i]);
    }
    if (v->marks > 0) {
        (void)printf(lct_say("%zu marks\n", "%zu 个打点\n"), v->marks);
    }
    if (v->damage == 0) {
        (void)printf(lct_say("%s is whole.\n", "%s 完好。\n"), folder);
    } else {
        (void)printf(lct_say("%s is damaged: %zu findings marked '!'.\n",
                             "%s 有损坏：共 %zu 处（标“!”）。\n"),
                     folder, v->damage);
    }
    if (*advice(v)) {
        (void)puts(advice(v));
    }
}

/* ---- JSON ---- */

static json_t *finding_json(const struct lct_finding *f) {
    char en[1024], zh[1024];
    tell(f, sentences[f->kind].en, en, sizeof en);
    tell(f, sentences[f->kind].zh, zh, sizeof zh);
    return json_pack("{s:s, s:b, s:s, s:I, s:I, s:s, s:s}", "kind", lct_finding_word(f->kind),
                     "damage", (int)lct_finding_is_damage(f->kind), "file", f->file, "at",
                     (json_int_t)f->at, "count", (json_int_t)f->count, "en", en, "zh", zh);
}

static json_t *track_json(const struct lct_verify *v, const struct lct_verify_track *t) {
    json_t *gaps = json_array();
    for (size_t i = 0; i < v->gap_count; i++) {
        if (strcmp(v->gaps[i].track, t->info.name) == 0) {
            json_array_append_new(gaps,
                                  json_pack("{s:I, s:I}", "from_ns", (json_int_t)v->gaps[i].from,
                                            "to_ns", (json_int_t)v->gaps[i].to));
        }
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:o}", "name",
                     t->info.name, "kind", t->info.kind, "reels", (json_int_t)t->reels, "chunks",
                     (json_int_t)t->chunks, "bad_chunks", (json_int_t)t->bad, "keys",
                     (json_int_t)t->keys, "bytes", (json_int_t)t->bytes, "begin_ns",
                     (json_int_t)t->begin, "end_ns", (json_int_t)t->end, "whole",
                     (int)(t->damage == 0), "gaps", gaps);
}

static void print_json(const struct lct_verify *v, const struct lct_recovery *mended) {
    LCT_JSON json_t *json =
        json_pack("{s:b, s:s, s:s, s:s, s:I, s:[], s:[]}", "whole", (int)(v->damage == 0), "lesson",
                  v->lesson.id, "title", v->lesson.title, "state",
                  found(v, LCT_FINDING_RECORDED)      ? "recording"
                  : found(v, LCT_FINDING_INTERRUPTED) ? "interrupted"
                                                      : "ended",
                  "marks", (json_int_t)v->marks, "tracks", "findings");
    for (size_t i = 0; i < v->track_count; i++) {
        json_array_append_new(json_object_get(json, "tracks"), track_json(v, &v->tracks[i]));
    }
    for (size_t i = 0; i < v->finding_count; i++) {
        json_array_append_new(json_object_get(json, "findings"), finding_json(&v->findings[i]));
    }
    if (mended) {
        json_object_set_new(
            json, "mended",
            json_pack("{s:I, s:I, s:I, s:I}", "reels", (json_int_t)mended->reels_closed, "kept",
                      (json_int_t)mended->chunks_kept, "bad", (json_int_t)mended->chunks_bad,
                      "lost_reels", (json_int_t)mended->reels_empty));
    }
    LCT_FREE char *text = lct_json_dump(json, NULL);
    (void)puts(text);
}

/* ---- the command ---- */

static void print_mended(const struct lct_recovery *r) {
    (void)printf(lct_say("Mended: %zu reels written anew, %" PRIu64 " chunks kept in them, %" PRIu64
                         " thrown out, %zu reels lost.\n",
                         "已修复：重写 %zu 个片段，保留 %" PRIu64 " 个数据块，舍弃 %" PRIu64
                         " 个，丢失 %zu 个片段。\n"),
                 r->reels_closed, r->chunks_kept, r->chunks_bad, r->reels_empty);
}

int lct_cmd_verify(int argc, char **argv) {
    struct options o = {.json = false};
    struct lct_recovery mended;
    struct lct_fault fault;
    struct lct_verify verify;
    if (!read_options(argc, argv, &o)) {
        return usage();
    }
    if (o.mend) {
        if (lct_mend_lesson(&lct_io_system, o.folder, &mended, &fault) < 0) {
            return lct_command_fail(&fault, o.json);
        }
        if (!o.json) {
            print_mended(&mended);
        }
    }
    lct_verify_lesson(o.folder, &verify);
    if (o.json) {
        print_json(&verify, o.mend ? &mended : NULL);
    } else {
        print_words(&verify, o.folder);
    }
    int status = verify.damage == 0 ? 0 : 1;
    lct_verify_free(&verify);
    return status;
}
