// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads the index of a reel as docs/formats/tape.md describes it, by that page alone: this is the
// format's second implementation. Runs in Node and in browsers.

export const HEAD_BYTES = 80;
export const ROW_BYTES = 44;

/** Bytes of an .index file → {timescale, codec, number, rows}. Times are seconds of lesson time. */
export function parseIndex(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const magic = String.fromCharCode(...bytes.subarray(0, 8));
    if (magic !== 'LCTINDEX' || view.getUint32(8) !== 1 || view.getUint32(12) !== ROW_BYTES) {
        throw new Error('not an index of version 1');
    }
    const timescale = view.getUint32(20);
    const index = { timescale, codec: view.getUint32(24), number: view.getUint32(28), rows: [] };
    for (let at = HEAD_BYTES; at + ROW_BYTES <= bytes.byteLength; at += ROW_BYTES) {
        const tfdt = Number(view.getBigUint64(at + 8));
        const flags = view.getUint8(at + 28);
        index.rows.push({
            offset: Number(view.getBigUint64(at)),
            n: view.getUint32(at + 16),
            tfdt,
            time: tfdt / timescale,
            promised: (tfdt + view.getUint32(at + 20)) / timescale,
            key: (flags & 1) !== 0,
            gapBefore: (flags & 2) !== 0,
            samples: view.getUint8(at + 29),
        });
    }
    return index;
}

/** RFC 6381 name of what an init holds. */
export function codecOf(init) {
    const at = String.fromCharCode(...init).indexOf('avcC');
    const hex = (i) => init[at + 4 + i].toString(16).padStart(2, '0').toUpperCase();
    return at < 0 ? 'mp4a.40.2' : `avc1.${hex(1)}${hex(2)}${hex(3)}`;
}
