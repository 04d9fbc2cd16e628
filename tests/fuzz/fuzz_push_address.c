// SPDX-License-Identifier: GPL-3.0-or-later
/* An address to push to: what is taken names a scheme of ours, and what is shown hides the rest. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "encode/push_address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct lct_push_address address;
    char *text = malloc(size + 1);
    if (!text) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    if (lct_push_address_read(text, &address, NULL) == 0) {
        size_t same = strspn(address.shown, "rtmps:/");
        assert(same >= strlen("srt://") && strncmp(address.shown, text, 6) == 0);
        assert(!strpbrk(address.shown, "?=#@") && !strpbrk(address.url, " |\\\"\n\r\t"));
        assert(address.kind == LCT_PUSH_SRT ? !strpbrk(address.url + 6, "/?")
                                            : strcmp(address.url, text) == 0);
        assert(address.latency_ms >= 0 && strlen(address.passphrase) < LCT_PUSH_PASSPHRASE_SIZE);
    }
    free(text);
    return 0;
}
