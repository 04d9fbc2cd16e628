// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How many connections each address has, or each network (base/network.h): a client that opens many
 * keeps nobody out. All functions: the HTTP thread.
 *
 *     if (!lct_http_places_take(places, "192.0.2.7")) …     // it has all an address may have
 *     lct_http_places_leave(places, "192.0.2.7");
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

/** Room for an address as text. */
#define LCT_HTTP_CLIENT_SIZE 48

struct lct_http_places;

/** No places are taken. Returns owned (free). */
struct lct_http_places *lct_http_places_create(void) LCT_MUST_USE;

/** Is there a place for an address? No: it has LCT_HTTP_PER_ADDRESS_MAX, or
 * LCT_HTTP_CONNECTIONS_MAX addresses have one. */
bool lct_http_places_any(struct lct_http_places *places, const char *address);

/** Takes a place for an address (fewer than LCT_HTTP_CLIENT_SIZE bytes); false: there is none. */
bool lct_http_places_take(struct lct_http_places *places, const char *address) LCT_MUST_USE;

/** Does an address have more than half of the places it may have? Then none is to be kept for what
 * may be asked next: a class that opens the page comes from one network. */
bool lct_http_places_crowded(struct lct_http_places *places, const char *address);

/** Gives one back that was taken. */
void lct_http_places_leave(struct lct_http_places *places, const char *address);
