// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/ocr/ocr.h"

#include <errno.h>
#include <stdlib.h>

#include <tesseract/capi.h>

#include "base/mem.h"

struct lct_ocr {
    TessBaseAPI *api;
};

int lct_ocr_open(struct lct_ocr **ret_ocr, struct lct_fault *fault) {
    static const char *const languages[] = {"chi_sim+eng", "chi_sim", "eng"};
    struct lct_ocr *ocr = lct_new(sizeof *ocr);
    ocr->api = TessBaseAPICreate();
    (void)TessBaseAPISetVariable(ocr->api, "debug_file", "/dev/null"); /* its talk, not a fault */
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        if (TessBaseAPIInit3(ocr->api, NULL, languages[i]) == 0) {
            *ret_ocr = ocr;
            return 0;
        }
    }
    lct_ocr_close(ocr);
    return lct_fault_set(fault, -ENOENT, "ocr",
                         "Text on slides cannot be read: install tesseract-ocr-chi-sim and "
                         "tesseract-ocr-eng.",
                         "无法识别课件文字：请安装 tesseract-ocr-chi-sim 和 tesseract-ocr-eng。");
}

/* Its layout analysis takes light letters on a dark ground for pictures. Owned. */
static uint8_t *dark_on_light(const uint8_t *gray, size_t n) {
    uint8_t *out = lct_new(n);
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += gray[i];
    }
    uint8_t flip = sum / n < 128 ? 255 : 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = gray[i] ^ flip;
    }
    return out;
}

int lct_ocr_read(struct lct_ocr *ocr, const uint8_t *gray, int width, int height, char **ret_text) {
    LCT_FREE uint8_t *page = dark_on_light(gray, (size_t)width * (size_t)height);
    TessBaseAPISetPageSegMode(ocr->api, PSM_SPARSE_TEXT); /* a slide is no page of a book */
    TessBaseAPISetImage(ocr->api, page, width, height, 1, width);
    TessBaseAPISetSourceResolution(ocr->api, 70); /* what it guesses for such letters, unasked */
    char *text = TessBaseAPIGetUTF8Text(ocr->api);
    if (!text) {
        return -EIO;
    }
    *ret_text = lct_strdup(text);
    TessDeleteText(text);
    TessBaseAPIClear(ocr->api);
    return 0;
}

void lct_ocr_close(struct lct_ocr *ocr) {
    if (ocr) {
        TessBaseAPIDelete(ocr->api);
        free(ocr);
    }
}
