// SPDX-License-Identifier: GPL-3.0-or-later
//
// When Chromium shows the pictures of a demo lesson that is live, by one of the pages' own ways:
//
//   node liveshown.mjs URL CODE webrtc|websocket JOINS SECONDS
//
// Prints a JSON line a join: {"first_ms":…,"joined_ms":…,"shown":[[CODE,SHOWN_MS],…]}: how long until
// the first picture, when the page began (CLOCK_MONOTONIC), and of each picture the capture time that
// its pixels say (docs/sources.md) with the moment of its requestVideoFrameCallback.

import { withBrowser } from '../e2e/_browsers.mjs';
import { sleep } from '../e2e/_page.mjs';

const [url, code, way, joins, seconds] = process.argv.slice(2);
const monotonic = () => Number(process.hrtime.bigint()) / 1e6;

/** CLOCK_MONOTONIC less the page's performance.now(), by the quickest of some questions. */
async function clockOffset(page) {
    let best = { trip: Infinity, offset: 0 };
    for (let i = 0; i < 50; i++) {
        const before = monotonic();
        const there = await page.evaluate(() => performance.now());
        const after = monotonic();
        if (after - before < best.trip) {
            best = { trip: after - before, offset: (before + after) / 2 - there };
        }
    }
    return best.offset;
}

/** In the page: joins, and reads every picture of the camera for so long. */
async function join({ way: kind, ms, decode, units }) {
    const decodeClock = (0, eval)(`(${decode})`);
    const panes = [['camera', 'sound'], ['screen']].map((tracks) => {
        const element = document.createElement('video');
        element.muted = true;
        return { element, tracks };
    });
    document.body.replaceChildren(...panes.map(({ element }) => element));
    const { element } = panes[0];
    const canvas = document.createElement('canvas');
    canvas.width = units;
    canvas.height = 1;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.imageSmoothingEnabled = false; // the middle pixel of each block
    const shown = [];
    let over = false;
    const began = performance.now();
    let first = 0;
    function look(now) {
        if (over) {
            return;
        }
        element.requestVideoFrameCallback(look);
        first ||= now;
        const { videoWidth: w, videoHeight: h } = element;
        context.drawImage(element, 0, h - 1.75 * w / units, w, w / units / 2, 0, 0, units, 1);
        const lumas = context.getImageData(0, 0, units, 1).data.filter((_, i) => i % 4 === 1);
        shown.push([decodeClock(lumas), now]);
    }
    element.requestVideoFrameCallback(look);
    let watching;
    if (kind === 'webrtc') {
        const { watchByWhep } = await import('/lib/whep.js');
        watching = await watchByWhep('main', panes.flatMap(({ tracks }) => tracks), () => {});
        panes.forEach((pane) => {
            pane.element.srcObject = new MediaStream(pane.tracks.map((name) => watching.media.get(name)));
        });
    } else {
        const { watchByWebsocket } = await import('/lib/watch/live_ws.js');
        watching = await watchByWebsocket('main', panes, { lost() {}, skipped() {}, narrow() {} });
    }
    await Promise.all(panes.map((pane) => pane.element.play()));
    await new Promise((done) => setTimeout(done, began + ms - performance.now()));
    over = true;
    watching.close();
    return { began, first, shown };
}

await withBrowser('chromium', async (page) => {
    await page.goto(`${url}?code=${code}`);
    await sleep(2000);
    const { BITS, BLOCKS, FIRST, UNITS, decodeClock } = await import('../e2e/player/clock.mjs');
    const decode = `(() => { const FIRST = ${FIRST}, BITS = ${BITS}, BLOCKS = ${BLOCKS}; ${decodeClock}; return decodeClock; })()`;
    for (let i = 0; i < joins; i++) {
        const offset = await clockOffset(page);
        const seen = await page.evaluate(join, { way, ms: 1000 * seconds, decode, units: UNITS });
        console.log(JSON.stringify({
            first_ms: seen.first - seen.began,
            joined_ms: seen.began + offset,
            shown: seen.shown.map(([clock, at]) => [clock, at + offset]),
        }));
        await sleep(500);
    }
});
