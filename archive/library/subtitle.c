// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/subtitle.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "archive/library/encoding.h"
#include "archive/library/plain.h"
#include "base/mem.h"

#define ARROW "-->"

/* Bytes of a tag at most; what is longer is text. */
#define TAG_MAX 500

/* ---- cues ---- */

void lct_subtitle_add(struct lct_subtitle *subtitle, lct_ns from, lct_ns to, const char *text) {
    if (subtitle->count == subtitle->room) {
        subtitle->room = subtitle->room ? 2 * subtitle->room : 64;
        struct lct_cue *cues = lct_new(subtitle->room * sizeof *cues);
        if (subtitle->count > 0) {
            memcpy(cues, subtitle->cues, subtitle->count * sizeof *cues);
        }
        free(subtitle->cues);
        subtitle->cues = cues;
    }
    subtitle->cues[subtitle->count++] = (struct lct_cue){from, to, lct_strdup(text)};
}

void lct_subtitle_add_range(struct lct_subtitle *into, const struct lct_subtitle *cues, lct_ns from,
                            lct_ns to, lct_ns at) {
    for (size_t i = 0; i < cues->count && into->count < LCT_SUBTITLE_CUES_MAX; i++) {
        const struct lct_cue *cue = &cues->cues[i];
        if (cue->from >= to) {
            break;
        }
        lct_ns begin = cue->from > from ? cue->from : from, end = cue->to < to ? cue->to : to;
        if (begin < end) {
            lct_subtitle_add(into, at + begin - from, at + end - from, cue->text);
        }
    }
}

void lct_subtitle_free(struct lct_subtitle *subtitle) {
    for (size_t i = 0; i < subtitle->count; i++) {
        free(subtitle->cues[i].text);
    }
    free(subtitle->cues);
    *subtitle = (struct lct_subtitle){.count = 0};
}

/* Sorts by from, those of one time as they stood (qsort need not). */
static void sort_cues(struct lct_cue *cues, struct lct_cue *spare, size_t n) {
    size_t half = n / 2, a = 0, b = half;
    if (n < 2) {
        return;
    }
    sort_cues(cues, spare, half);
    sort_cues(cues + half, spare, n - half);
    for (size_t i = 0; i < n; i++) {
        bool first = b == n || (a < half && cues[a].from <= cues[b].from);
        spare[i] = cues[first ? a++ : b++];
    }
    memcpy(cues, spare, n * sizeof *cues);
}

/* ---- reading ---- */

struct reader {
    char *at, *end; /* lines that are not read yet, each ended by '\n' alone */
    unsigned line;  /* number of the one read last */
    bool vtt;
    struct lct_subtitle *subtitle;
};

/* Ends lines by '\n', in place. Returns the new length. */
static size_t one_line_end(char *text, size_t n) {
    size_t out = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\r') {
            i += i + 1 < n && text[i + 1] == '\n';
            text[out++] = '\n';
        } else {
            text[out++] = text[i];
        }
    }
    text[out] = '\0';
    return out;
}

/* The next line without its end, ended by a zero byte; NULL: there is none. */
static char *next_line(struct reader *r) {
    if (r->at >= r->end) {
        return NULL;
    }
    char *line = r->at, *end = memchr(line, '\n', (size_t)(r->end - line));
    end = end ? end : r->end;
    *end = '\0';
    r->at = end + 1;
    r->line++;
    return line;
}

/* The next line is this one again. */
static void put_back(struct reader *r, char *line) {
    char *end = r->at - 1;
    if (end < r->end) {
        *end = '\n';
    }
    r->at = line;
    r->line--;
}

static bool is_blank(const char *line) { return line[strspn(line, " \t")] == '\0'; }

static bool read_number(const char **at, size_t digits_max, int64_t *ret) {
    size_t n = strspn(*at, "0123456789");
    *ret = 0;
    for (size_t i = 0; i < n && i < digits_max; i++) {
        *ret = 10 * *ret + ((*at)[i] - '0');
    }
    *at += n;
    return n > 0 && n <= digits_max;
}

/* "1:02:03.456", "02:03.456", "02:03,4": hours may be missing, the fraction too. */
static bool read_time(const char **at, lct_ns *ret_time) {
    int64_t parts[3] = {0, 0, 0}, fraction = 0, scale = 1000;
    size_t n = 0;
    *at += strspn(*at, " \t");
    do {
        if (n == 3 || !read_number(at, 4, &parts[n++])) {
            return false;
        }
    } while (**at == ':' && (*at)++);
    if (**at == '.' || **at == ',') {
        for ((*at)++; isdigit((unsigned char)**at); (*at)++) {
            scale /= 10;
            fraction += scale * (**at - '0');
        }
    }
    if (n < 2 || parts[n - 1] > 59 || (n == 3 && parts[1] > 59)) {
        return false;
    }
    int64_t minutes = n == 3 ? 60 * parts[0] + parts[1] : parts[0];
    *ret_time = ((60 * minutes + parts[n - 1]) * 1000 + fraction) * LCT_MS;
    return true;
}

static bool read_times(const char *line, lct_ns *ret_from, lct_ns *ret_to) {
    const char *at = line;
    if (!read_time(&at, ret_from)) {
        return false;
    }
    at += strspn(at, " \t");
    if (strncmp(at, ARROW, strlen(ARROW)) != 0) {
        return false;
    }
    at += strlen(ARROW);
    return read_time(&at, ret_to) && (*at == '\0' || *at == ' ' || *at == '\t') &&
           *ret_from < *ret_to && *ret_to <= LCT_SUBTITLE_TIME_MAX;
}

/* Length of the tag that begins here, 0: it is text ("a < b"). Those of WebVTT (sec. 4.2.2), of
 * SubRip: b i u s font, and there alone {\an8}, which says where a text stands. */
static size_t tag_length(const char *text, bool vtt) {
    static const char *const names[] = {"b", "i", "u", "s", "c", "v", "font", "ruby", "rt", "lang"};
    const char *name = text + 1 + (text[1] == '/');
    const char *close = memchr(text, text[0] == '{' ? '}' : '>', strnlen(text, TAG_MAX));
    if (!close || text[0] == '{') {
        return close && !vtt && text[1] == '\\' ? (size_t)(close - text) + 1 : 0;
    }
    size_t n = strcspn(name, " \t\n.>");
    /* a time of WebVTT: <00:01.000> */
    bool known = n > 1 && strspn(name, "0123456789:.") >= n && memchr(name, ':', n);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        known = known || (strlen(names[i]) == n && strncasecmp(name, names[i], n) == 0);
    }
    return known ? (size_t)(close - text) + 1 : 0;
}

/* Takes tags out, in place. */
static void drop_tags(char *text, bool vtt) {
    char *out = text;
    for (const char *at = text; *at;) {
        size_t n = *at == '<' || *at == '{' ? tag_length(at, vtt) : 0;
        if (n == 0) {
            *out++ = *at++;
        }
        at += n;
    }
    *out = '\0';
}

/* Character references of WebVTT (sec. 4.2.2), in place; invisible ones would go anyway. */
static void decode_references(char *text) {
    static const struct {
        const char *name, *is;
    } known[] = {{"&amp;", "&"},  {"&lt;", "<"}, {"&gt;", ">"},
                 {"&nbsp;", " "}, {"&lrm;", ""}, {"&rlm;", ""}};
    char *out = text;
    for (const char *at = text; *at;) {
        size_t i = 0, n = sizeof known / sizeof *known;
        while (i < n && strncmp(at, known[i].name, strlen(known[i].name)) != 0) {
            i++;
        }
        if (i < n) {
            at += strlen(known[i].name);
            out = stpcpy(out, known[i].is);
        } else {
            *out++ = *at++;
        }
    }
    *out = '\0';
}

/* Text of which no line is empty, has blanks at its ends or holds an arrow, which would be times.
 * In place; it becomes no longer (the sign of an arrow has the arrow's three bytes). */
static void tidy_lines(char *text) {
    char *out = text, *line, *rest = text;
    for (char *arrow = text; (arrow = strstr(arrow, ARROW)); arrow += strlen(ARROW)) {
        memcpy(arrow, "→", strlen(ARROW));
    }
    while ((line = strsep(&rest, "\n"))) {
        line += strspn(line, " ");
        size_t n = strlen(line);
        while (n > 0 && line[n - 1] == ' ') {
            n--;
        }
        if (n > 0) {
            if (out > text) {
                *out++ = '\n';
            }
            memmove(out, line, n);
            out += n;
        }
    }
    *out = '\0';
}

static void leave_out(struct lct_subtitle *subtitle, unsigned line) {
    if (subtitle->left_out < LCT_SUBTITLE_LEFT_MAX) {
        subtitle->left[subtitle->left_out] = line;
    }
    subtitle->left_out++;
}

/* The lines of a cue's text, owned: of WebVTT up to an empty one (sec. 6.1), of SubRip, whose texts
 * may have empty lines, up to the next times and without the number before them. */
static char *read_text(struct reader *r) {
    char *from = r->at, *to = from, *number = NULL, *line;
    while ((line = next_line(r)) && !(r->vtt && !*line)) {
        if (strstr(line, ARROW)) {
            put_back(r, line);
            to = number && !r->vtt ? number : to;
            break;
        }
        size_t n = strlen(line);
        number = !is_blank(line) ? (strspn(line, "0123456789 ") == n ? line : NULL) : number;
        to = line + n;
    }
    size_t n = (size_t)(to - from);
    char *text = lct_new(n + 1);
    for (size_t i = 0; i < n; i++) {
        text[i] = from[i] ? from[i] : '\n'; /* next_line's */
    }
    return text;
}

/* What is behind a line with an arrow. */
static void read_cue(struct reader *r, const char *times) {
    lct_ns from, to;
    unsigned line = r->line;
    bool timed = read_times(times, &from, &to);
    LCT_FREE char *raw = read_text(r);
    drop_tags(raw, r->vtt);
    if (r->vtt) {
        decode_references(raw);
    }
    LCT_FREE char *text = lct_plain(raw, true);
    tidy_lines(text);
    if (!timed || strlen(text) > LCT_SUBTITLE_TEXT_MAX) {
        leave_out(r->subtitle, line);
    } else if (*text) {
        lct_subtitle_add(r->subtitle, from, to, text);
    }
}

static int refuse(struct lct_fault *fault) {
    return lct_fault_set(fault, -EINVAL, "subtitle",
                         "There are no subtitles in this file. Subtitles are WebVTT (.vtt) or "
                         "SubRip (.srt) files.",
                         "文件中没有字幕。字幕应为 WebVTT（.vtt）或 SubRip（.srt）文件。");
}

static int too_long(struct lct_fault *fault) {
    return lct_fault_set(
        fault, -EFBIG, "subtitle", "This file is too long: at most %u MiB and %d subtitles.",
        "文件过大：最多 %u MiB、%d 条字幕。", LCT_SUBTITLE_BYTES_MAX >> 20, LCT_SUBTITLE_CUES_MAX);
}

static bool is_vtt(const char *text) {
    return strncmp(text, "WEBVTT", 6) == 0 && strchr(" \t\n", text[6]);
}

static int read_all(struct reader *r, struct lct_fault *fault) {
    struct lct_subtitle *s = r->subtitle;
    char *line;
    while ((line = next_line(r))) {
        if (strstr(line, ARROW)) {
            read_cue(r, line);
        }
        if (s->count + s->left_out > LCT_SUBTITLE_CUES_MAX) {
            return too_long(fault);
        }
    }
    return s->count > 0 || (r->vtt && s->left_out == 0) ? 0 : refuse(fault);
}

int lct_subtitle_parse(const void *bytes, size_t n, struct lct_subtitle *ret_subtitle,
                       struct lct_fault *fault) {
    LCT_FREE char *text = NULL;
    struct lct_subtitle subtitle = {.count = 0};
    if (n > LCT_SUBTITLE_BYTES_MAX) {
        return too_long(fault);
    }
    if (lct_encoding_to_utf8(bytes, n, &text, &n) < 0) {
        return lct_fault_set(fault, -EINVAL, "subtitle",
                             "This is no text file. Save the subtitles as UTF-8 and try again.",
                             "这不是文本文件。请将字幕另存为 UTF-8 编码后重试。");
    }
    n = one_line_end(text, n);
    struct reader r = {text, text + n, 0, is_vtt(text), &subtitle};
    int rc = read_all(&r, fault);
    if (rc < 0) {
        lct_subtitle_free(&subtitle);
        return rc;
    }
    LCT_FREE struct lct_cue *spare = lct_new((subtitle.count + 1) * sizeof *spare);
    sort_cues(subtitle.cues, spare, subtitle.count);
    *ret_subtitle = subtitle;
    return 0;
}

/* ---- writing ---- */

static void write_time(FILE *out, int64_t ms, char point) {
    (void)fprintf(out, "%02d:%02d:%02d%c%03d", (int)(ms / 3600000), (int)(ms / 60000 % 60),
                  (int)(ms / 1000 % 60), point, (int)(ms % 1000));
}

static void write_times(FILE *out, const struct lct_cue *cue, char point) {
    int64_t from = cue->from / LCT_MS, to = cue->to / LCT_MS;
    write_time(out, from, point);
    (void)fputs(" " ARROW " ", out);
    write_time(out, to > from ? to : from + 1, point);
}

/* Text with each '\n', and what must not stand as it is, replaced. */
static void write_text(FILE *out, const char *text, bool vtt) {
    for (; *text; text++) {
        switch (*text) {
        case '&':
            (void)fputs(vtt ? "&amp;" : "&", out);
            break;
        case '<':
            (void)fputs(vtt ? "&lt;" : "<", out);
            break;
        case '>':
            (void)fputs(vtt ? "&gt;" : ">", out);
            break;
        case '\n':
            (void)fputs(vtt ? "\n" : "\r\n", out);
            break;
        default:
            (void)fputc(*text, out);
        }
    }
}

static FILE *open_text(char **ret_text, size_t *ret_n) {
    FILE *out = open_memstream(ret_text, ret_n);
    if (!out) {
        abort(); /* no memory, as lct_new does */
    }
    return out;
}

static char *close_text(FILE *out, char **text) {
    if (fclose(out) != 0) {
        abort();
    }
    return *text;
}

char *lct_subtitle_vtt(const struct lct_subtitle *subtitle, size_t *ret_n) {
    char *text;
    FILE *out = open_text(&text, ret_n);
    (void)fputs("WEBVTT\n", out);
    for (size_t i = 0; i < subtitle->count; i++) {
        (void)fputc('\n', out);
        write_times(out, &subtitle->cues[i], '.');
        (void)fputc('\n', out);
        write_text(out, subtitle->cues[i].text, true);
        (void)fputc('\n', out);
    }
    return close_text(out, &text);
}

char *lct_subtitle_srt(const struct lct_subtitle *subtitle, size_t *ret_n) {
    char *text;
    FILE *out = open_text(&text, ret_n);
    (void)fputs("\xef\xbb\xbf", out);
    for (size_t i = 0; i < subtitle->count; i++) {
        (void)fprintf(out, "%zu\r\n", i + 1);
        write_times(out, &subtitle->cues[i], ',');
        (void)fputs("\r\n", out);
        write_text(out, subtitle->cues[i].text, false);
        (void)fputs("\r\n\r\n", out);
    }
    return close_text(out, &text);
}

/* ---- files ---- */

bool lct_subtitle_is_lang(const char *text) {
    size_t n = strlen(text), part = strcspn(text, "-");
    bool right = part >= 2 && part <= 3 && n < LCT_SUBTITLE_LANG_SIZE;
    for (size_t i = 0; i < part; i++) {
        right = right && isascii(text[i]) && isalpha((unsigned char)text[i]);
    }
    while (right && text[part]) {
        text += part + 1;
        part = strcspn(text, "-");
        right = part >= 1 && part <= 8;
        for (size_t i = 0; i < part; i++) {
            right = right && isascii(text[i]) && isalnum((unsigned char)text[i]);
        }
    }
    return right;
}

static char *path_of(const char *folder, const char *lang) {
    return lct_format("%s/subtitles/%s.vtt", folder, lang);
}

int lct_subtitle_load(const char *folder, const char *lang, struct lct_subtitle *ret_subtitle,
                      struct lct_fault *fault) {
    LCT_FREE char *path = path_of(folder, lang);
    LCT_FREE char *bytes = NULL;
    size_t n;
    int rc = lct_io_slurp(path, LCT_SUBTITLE_BYTES_MAX, &bytes, &n);
    if (rc < 0 && rc != -EFBIG) {
        return lct_fault_set(fault, rc, "subtitle", "Cannot read the subtitles in %s: %s.",
                             "无法读取字幕 %s：%s。", path, strerror(-rc));
    }
    if (rc < 0 || lct_subtitle_parse(bytes, n, ret_subtitle, fault) < 0) {
        return lct_fault_set(fault, -EBADMSG, "subtitle", "The subtitles in %s are damaged.",
                             "字幕 %s 已损坏。", path);
    }
    return 0;
}

int lct_subtitle_save(const struct lct_io *io, const char *folder, const char *lang,
                      const struct lct_subtitle *subtitle) {
    size_t n;
    LCT_FREE char *path = path_of(folder, lang);
    LCT_FREE char *parent = lct_format("%s/subtitles", folder);
    LCT_FREE char *text = lct_subtitle_vtt(subtitle, &n);
    if (n > LCT_SUBTITLE_BYTES_MAX) {
        return -EFBIG;
    }
    int rc = lct_io_make_folder(parent);
    rc = rc ? rc : io->sync_folder(io, folder);
    return rc ? rc : lct_io_replace(io, path, text, n);
}

int lct_subtitle_remove(const struct lct_io *io, const char *folder, const char *lang) {
    LCT_FREE char *path = path_of(folder, lang);
    LCT_FREE char *parent = lct_format("%s/subtitles", folder);
    int rc = io->remove(io, path);
    return rc ? rc : io->sync_folder(io, parent);
}

static int is_subtitle(const struct dirent *entry) {
    char lang[LCT_SUBTITLE_LANG_SIZE];
    size_t n = strlen(entry->d_name);
    if (n < 5 || n - 4 >= sizeof lang || strcmp(entry->d_name + n - 4, ".vtt") != 0) {
        return 0;
    }
    (void)snprintf(lang, sizeof lang, "%.*s", (int)(n - 4), entry->d_name);
    return lct_subtitle_is_lang(lang);
}

json_t *lct_subtitle_langs(const char *folder) {
    LCT_FREE char *parent = lct_format("%s/subtitles", folder);
    struct dirent **entries;
    json_t *list = json_array();
    int n = scandir(parent, &entries, is_subtitle, alphasort);
    for (int i = 0; i < n; i++) {
        json_array_append_new(list,
                              json_stringn(entries[i]->d_name, strlen(entries[i]->d_name) - 4));
        free(entries[i]);
    }
    if (n >= 0) {
        free(entries);
    }
    return list;
}
