// SPDX-License-Identifier: GPL-3.0-or-later
//
// The watching page on a line that carries the sound alone: it says so, by WebRTC opens nothing anew
// and by WebSocket goes over to sound, and shows the picture again when the line is wide.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { shot, soundCard, withBrowser } from './_browsers.mjs';
import { noisyFilm, openLine, openTcpLine, throughLineFromStart, udpPort } from './_line.mjs';
import * as p from './_page.mjs';
import * as tape from './_tape.mjs';
import * as w from './_watch.mjs';

const KBPS = 300; // less than small pictures take
const LONG = '20260301-080000-main-0001'; // 75 s; a player keeps up to 40 s of what was
const SAYS = /^The line is too narrow for the picture/;

/** Sound goes on meanwhile. */
async function hears(page) {
    const time = () => page.evaluate(() => document.querySelector('.pane video').currentTime);
    const before = await time();
    await p.sleep(2000);
    p.check(await time() > before + 1, 'the sound goes on');
}

async function byWebrtc(page) {
    let opened = 0;
    await page.goto(`${up.url}?code=${up.code}`);
    const port = await p.until(() => udpPort(page).catch(() => 0), 'the port: the lesson has just begun');
    const line = await openLine(port, { delay: 10 });
    await throughLineFromStart(page, line);
    page.on('request', (request) => (opened += request.method() === 'POST' && request.url().includes('/whep')));
    await w.watch(page, up, 'en');
    await w.plays(page, 1);
    const before = opened;
    line.order(`rate ${KBPS}`);
    const began = Date.now();
    await p.reads(page, '.pane-words', SAYS, 40);
    const ended = Date.now() - began;
    await shot(page, 'watch-narrow-webrtc');
    await p.sleep(6000); // in which a page that thinks it stuck opens anew
    await hears(page);
    p.check(await p.has(page, '.pane-words'), 'it says so still');
    p.check(opened === before, 'nothing is opened anew when the picture ends');
    line.order('rate 0');
    await p.until(async () => !(await p.has(page, '.pane-words')), 'the picture', 60);
    await w.plays(page, 1);
    p.check(opened === before, 'nothing is opened anew when it comes back');
    await line.close();
    const { seconds, all } = await page.evaluate(kept, LONG);
    p.check(seconds < all - 15, `of ${all} s that it is not let play it keeps ${seconds} s`);
    console.log(`chromium: by WebRTC sound alone after ${ended} ms, and the picture again`);
}

/** In the page: how much a player of MSE keeps of a lesson that nobody lets it play, in seconds. */
async function kept(lesson) {
    const { MsePlayer } = await import('/lib/watch/mse.js');
    const bytes = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());
    const index = await fetch(`/api/v1/recordings/${lesson}/tracks/sound/index`);
    const { end_ns: end, reels: [{ codecs, init, media, rows }] } = await index.json();
    const element = document.createElement('video');
    const player = new MsePlayer(element, [{ id: 1, type: `audio/mp4; codecs="${codecs}"`, init: await bytes(init) }],
        { stalled() {}, broken() {} });
    await player.ready;
    const [last] = rows.slice(-1);
    player.push(1, (await bytes(media)).subarray(rows[0][0], last[0] + last[1]));
    for (let i = 0; i < 20; i++) {
        await new Promise((done) => setTimeout(done, 100));
        player.steer(end / 1e9, end / 1e9);
    }
    const seconds = element.buffered.end(0) - element.buffered.start(0);
    player.close();
    return { seconds, all: end / 1e9 };
}

async function byWebsocket(page) {
    const line = await openTcpLine(Number(new URL(up.url).port));
    await w.watch(page, { ...up, url: line.url }, 'en');
    await w.plays(page, 1);
    line.bps = 1000 * KBPS;
    const began = Date.now();
    await p.reads(page, '.stage-sound-words .stage-hint', SAYS, 90);
    const ended = Date.now() - began;
    await shot(page, 'watch-narrow-websocket');
    line.bps = Infinity;
    await hears(page);
    await w.plays(page, 1, 60);
    line.close();
    console.log(`firefox: by WebSocket sound alone after ${ended} ms, and the picture again`);
}

await soundCard(); // Firefox keeps no time for sound without
const long = tape.makeScene('still');
const up = await p.startUp([`file:${noisyFilm()}`], { fill: (data) => cpSync(long.folder, join(data, 'lessons', LONG), { recursive: true }) });
await w.startLesson(up, 'Narrow');
await withBrowser('chromium', byWebrtc);
if (p.deep) { // a minute, in which buffers fill; stream/test_ws has the rule of it
    await withBrowser('firefox', byWebsocket);
}
await up.close();
