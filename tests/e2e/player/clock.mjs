// SPDX-License-Identifier: GPL-3.0-or-later
//
// The demo's pixel clock and its clap, read as capture/democode.h and docs/sources.md describe
// them. Runs in Node and in browsers.

export const UNITS = 40; // of width
export const FIRST = 6;
export const BITS = 24;
export const BLOCKS = 28;

/** The code out of the lumas of the UNITS units of its row; milliseconds, or -1. */
export function decodeClock(luma) {
    const blocks = Array.from({ length: BLOCKS }, (_, i) => luma[FIRST + i]);
    const [white, black] = blocks;
    if (white - black < 80) {
        return -1;
    }
    let code = 0;
    let ones = 0;
    for (let i = 0; i < BLOCKS; i++) {
        const over = 2 * blocks[i] - white - black;
        if (2 * Math.abs(over) < white - black) {
            return -1;
        }
        const bit = over > 0 ? 1 : 0;
        if (i >= 2 && i < 2 + BITS) {
            code = code * 2 + bit;
            ones += bit;
        } else if (i === 2 + BITS && bit !== ones % 2) {
            return -1;
        } else if (i === BLOCKS - 1 && bit !== 1) {
            return -1;
        }
    }
    return code;
}

const canvas = globalThis.document?.createElement('canvas');
const context = canvas?.getContext('2d', { willReadFrequently: true });

/** What video shows now: {code: milliseconds or -1, flash: whether the clap's square is white}. */
export function readPicture(video) {
    const { videoWidth: width, videoHeight: height } = video;
    const unit = width / UNITS;
    const band = Math.round(unit / 2);
    if (width === 0) {
        return { code: -1, flash: false };
    }
    canvas.width = UNITS;
    canvas.height = 2;
    context.imageSmoothingEnabled = false; // the middle pixel of each block
    context.drawImage(video, 0, height - 1.5 * unit - band / 2, width, band, 0, 0, UNITS, 1);
    context.drawImage(video, width * 0.7, height * 0.5, width * 0.1, height * 0.1, 0, 1, UNITS, 1);
    const green = context.getImageData(0, 0, UNITS, 2).data.filter((_, i) => i % 4 === 1);
    return { code: decodeClock(green), flash: green[UNITS + UNITS / 2] > 150 };
}
