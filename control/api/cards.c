// SPDX-License-Identifier: GPL-3.0-or-later
/* The designs of opening and closing cards that come with lectern (docs/formats/card.md), and
 * whether the school has put its logo here. Catalogue loop. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/library/clip.h"
#include "archive/library/logo.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/handlers.h"
#include "control/programs.h"
#include "encode/card.h"

LCT_LOG_TOPIC("api");

#define ENDING ".json"

static int is_design(const struct dirent *entry) {
    size_t n = strlen(entry->d_name);
    return n > strlen(ENDING) && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + n - strlen(ENDING), ENDING) == 0;
}

static void add_design(json_t *cards, const char *folder, const char *name) {
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    LCT_FREE char *id = lct_format("%.*s", (int)(strlen(name) - strlen(ENDING)), name);
    json_t *design = NULL;
    struct lct_fault fault;
    if (lct_json_load(path, LCT_CARD_BYTES_MAX, &design, &fault) < 0) {
        lct_warn("a card's design cannot be read", "why=%s", fault.en);
        return;
    }
    json_array_append_new(cards, json_pack("{s:s, s:o}", "id", id, "design", design));
}

int lct_api_check_card(const struct lct_clip_card *card, struct lct_fault *fault) {
    LCT_FREE char *folder = lct_program_data("cards");
    LCT_FREE char *path = lct_format("%s/%s" ENDING, folder ? folder : "", card->template);
    if (!card->template[0] || access(path, R_OK) == 0) {
        return 0;
    }
    struct dirent **entries = NULL;
    LCT_FREE char *known = lct_strdup("");
    int n = folder ? scandir(folder, &entries, is_design, alphasort) : 0;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        char *longer = lct_format("%s%s%.*s", known, *known ? ", " : "",
                                  (int)(strlen(name) - strlen(ENDING)), name);
        free(known);
        known = longer;
        free(entries[i]);
    }
    free((void *)entries);
    return lct_fault_set(fault, -EINVAL, "api",
                         "There is no template \"%s\" of a card. There are: %s.",
                         "没有片头片尾模板“%s”，可用的有：%s。", card->template, known);
}

void lct_api_get_cards(void *app, struct lct_http_request *request) {
    const struct lct_api *api = app;
    LCT_FREE char *folder = lct_program_data("cards");
    struct dirent **entries = NULL;
    json_t *cards = json_array();
    int n = folder ? scandir(folder, &entries, is_design, alphasort) : 0;
    for (int i = 0; i < n; i++) {
        add_design(cards, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free((void *)entries);
    lct_http_answer_json(
        request, 200,
        json_pack("{s:o, s:b}", "cards", cards, "logo", (int)lct_logo_is_there(api->data)));
}
