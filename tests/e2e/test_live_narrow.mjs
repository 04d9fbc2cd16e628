// SPDX-License-Identifier: GPL-3.0-or-later
//
// A viewer by WebSocket whose line becomes too narrow for the camera, a film of 1.4 Mbit/s: it is shown
// the small twin, goes on, and is shown the full picture again when the line is wide. The recording
// page tells of the twin meanwhile. A campaign: in a normal run integration/test_ws judges the server and
// test_watch_narrow the page.

import { shot, withBrowser } from './_browsers.mjs';
import { noisyFilm, openTcpLine } from './_line.mjs';
import * as p from './_page.mjs';
import * as w from './_watch.mjs';

const FULL = 640; // pixels wide
const SMALL = 480;

/** In the page: the camera with its sound, and how long it ever stood. */
async function join() {
    const { watchByWebsocket } = await import('/lib/watch/live_ws.js');
    const element = document.createElement('video');
    element.muted = true;
    document.body.replaceChildren(element);
    globalThis.watching = await watchByWebsocket('main', [{ element, tracks: ['camera', 'sound'] }],
        { lost: () => (globalThis.lost = true), skipped: () => {}, narrow: () => {} });
    await element.play();
    globalThis.stood = 0;
    let last = { at: element.currentTime, since: performance.now() };
    setInterval(() => {
        const now = performance.now();
        if (element.currentTime !== last.at) {
            last = { at: element.currentTime, since: now };
        }
        globalThis.stood = Math.max(globalThis.stood, now - last.since);
    }, 50);
}

/** The picture's width now. */
const width = (page) => page.evaluate(() => document.querySelector('video').videoWidth);

const frames = (page) => page.evaluate(() => document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames);

async function shows(page, wanted, what) {
    const began = Date.now();
    await p.until(async () => await width(page) === wanted, what, 40);
    const before = await frames(page);
    await p.sleep(2000);
    const rate = (await frames(page) - before) / 2;
    p.check(rate > 10, `${what}: ${rate} pictures a second`);
    return `${((Date.now() - began) / 1000 - 2).toFixed(1)} s`;
}

if (!p.deep) {
    process.exit(77);
}
const up = await p.startUp([`file:${noisyFilm()}`]);
await w.startLesson(up, '直播');

/** True when the recorder is short of CPU: then it gives no twins. */
const isShort = async () => (await up.api('/rooms/main')).status.tracks.some((track) => track.step > 0);

const line = await openTcpLine(Number(new URL(up.url).port));
let leftOut = false;

/** The recording page at the server itself: it tells that small pictures are encoded, or does not. */
async function tells(page, wanted) {
    await p.until(async () => /另发小画面/.test(await p.text(page, '.air')) === wanted, `the page to tell of small pictures: ${wanted}`);
    for (const size of ['phone', 'desk']) {
        await p.resize(page, size);
        await shot(page, `page-small-${wanted}-${size}`);
    }
}

async function judge(page, name, recording) {
    await p.enter(page, { ...up, url: line.url });
    await page.evaluate(join);
    await shows(page, FULL, 'the full picture');
    line.bps = 1000000;
    const small = await shows(page, SMALL, 'the small picture');
    await tells(recording, true);
    line.bps = Infinity;
    const full = await shows(page, FULL, 'the full picture again');
    await tells(recording, false);
    const { stood, lost } = await page.evaluate(() => ({ stood: globalThis.stood, lost: !!globalThis.lost }));
    console.log(`${name}: small after ${small}, full after ${full}; stood at most ${stood.toFixed(0)} ms`);
    p.check(!lost, 'the connection holds');
}

for (const name of ['chromium', 'firefox']) {
    line.bps = Infinity;
    try {
        await withBrowser('chromium', async (recording) => {
            await p.enter(recording, up, 'zh');
            await withBrowser(name, (page) => judge(page, name, recording));
        });
    } catch (why) {
        if (!await isShort()) {
            throw why;
        }
        console.log(`${name}: left out, the machine is short of CPU: ${why.message}`);
        leftOut = true;
    }
}
line.close();
await up.close();
process.exitCode = leftOut ? 77 : 0;
