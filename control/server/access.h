// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The access code: one secret of 130 random bits that opens the pages and the API until accounts
 * exist. It lies in DATA/access-code (mode 0600) and is made when it is missing. Any thread.
 *
 *     rc = lct_access_open("/data", &access, &fault);
 *     switch (lct_access_try(access, "192.0.2.1", given)) …
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"

/** 26 characters of 5 bits in groups, as people read it: "k3f9x-0abcd-…", and the end. */
#define LCT_ACCESS_CODE_SIZE 32

/** Wrong codes an address may try in a minute before it is told to wait. */
#define LCT_ACCESS_TRIES 10

struct lct_access;

enum lct_access_answer { LCT_ACCESS_RIGHT, LCT_ACCESS_WRONG, LCT_ACCESS_WAIT };

/** Reads or makes the code in folder. 0 or -errno with a fault; *ret_access is owned. */
int lct_access_open(const char *folder, struct lct_access **ret_access,
                    struct lct_fault *fault) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_access_close(struct lct_access *access);

/** The code in its written form; borrows. */
const char *lct_access_code(const struct lct_access *access);

/**
 * Compares what a client (its address as text; what counts as one: base/network.h) gave (case and
 * dashes do not count) in constant time. A right code is right even from an address that must wait:
 * with 130 bits, waiting protects the log and the CPU, not the secret, and nobody can lock others
 * out.
 */
enum lct_access_answer lct_access_try(struct lct_access *access, const char *client,
                                      const char *given);
