// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The picture a track carries while its source gives nothing: dark, with a sign that anybody
 * understands.
 */
#pragma once

#include "base/attr.h"
#include "capture/frame.h"

/** A slate of width x height (even) with this time; the same bytes each time but for it. Returns
 * owned. */
struct lct_frame *lct_slate(int width, int height, lct_ns time) LCT_MUST_USE;
