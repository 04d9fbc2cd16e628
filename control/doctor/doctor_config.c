// SPDX-License-Identifier: GPL-3.0-or-later
/* The configuration: whether it can be read, and how long the certificate in it is good. */
#include "base/cert.h"
#include "control/doctor/doctor_priv.h"
#include "control/settings.h"

#define DAY (86400 * LCT_SECOND)

static void look_at_certificate(struct lct_doctor *d, const char *certificate, const char *key) {
    struct lct_cert *cert = NULL;
    struct lct_fault fault;
    char until[25];
    if (lct_cert_load(certificate, key, &cert, &fault) < 0) {
        lct_doctor_say(d, LCT_DOCTOR_FAIL, "certificate", "%s%.0s", "%.0s%s", fault.en, fault.zh);
        return;
    }
    lct_ns now = lct_wall(), end = lct_cert_end(cert);
    lct_wall_format(end, until, sizeof until);
    if (lct_cert_state(cert, now, &fault) == LCT_CERT_GOOD) {
        lct_doctor_say(d, LCT_DOCTOR_OK, "certificate",
                       "The certificate is good for %d more days, until %.10s.",
                       "证书还有 %d 天有效，至 %.10s。", (int)((end - now) / DAY), until);
    } else {
        lct_doctor_say(d, LCT_DOCTOR_WARN, "certificate", "%s%.0s", "%.0s%s", fault.en, fault.zh);
    }
    lct_cert_unref(cert);
}

void lct_doctor_config(struct lct_doctor *d, const char *path) {
    struct lct_config *config = NULL;
    struct lct_fault fault;
    if (lct_settings_read(path, &config, &fault) < 0) {
        lct_doctor_say(d, LCT_DOCTOR_FAIL, "config", "%s%.0s", "%.0s%s", fault.en, fault.zh);
        return;
    }
    const char *certificate = lct_config_text(config, "server", NULL, "certificate");
    if (*certificate) {
        look_at_certificate(d, certificate, lct_config_text(config, "server", NULL, "key"));
    }
    lct_config_destroy(config);
}
