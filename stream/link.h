// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The link joins a recorder and the server: one framing and a handful of message types, over a Unix
 * socket here (over TLS from another building later). The recorder always connects; it never listens.
 * The recorder goes on without the server and tells it everything again when it returns.
 *
 *   message   u32 length of what follows (big-endian, at most LCT_LINK_MESSAGE_MAX)
 *             u8  type
 *             u8  0, u8 0, u8 0
 *             payload
 *
 *   HELLO     JSON, first message of both sides: {"version":1,"program":"lectern-recorder …","room":"main"}
 *   COMMAND   JSON, server to recorder: {"id":7,"do":"start","title":"…"} | "stop" | "mark" | "look"
 *   REPLY     JSON, recorder to server: {"id":7,"ok":true,…} | {"id":7,"fault":{"code":…,"en":…,"zh":…}}
 *   STATUS    JSON, recorder to server: the whole state (control/recorder.h), once a second and at changes
 *   FORMAT    binary: what lct_format holds; before the first chunk of each format
 *   CHUNK     binary: lct_chunk_info and the chunk's own bytes
 *
 * A wrong version, a length out of range or a second HELLO closes the connection.
 */
#pragma once

#define LCT_LINK_VERSION 1

/** A message's largest length: the largest chunk and its header. */
#define LCT_LINK_MESSAGE_MAX (17U << 20)

enum lct_link_type {
    LCT_LINK_HELLO = 1,
    LCT_LINK_COMMAND = 2,
    LCT_LINK_REPLY = 3,
    LCT_LINK_STATUS = 4,
    LCT_LINK_FORMAT = 5,
    LCT_LINK_CHUNK = 6,
};
