// SPDX-License-Identifier: GPL-3.0-or-later
//
// A demo lesson live by WebSocket and MSE in both browsers: how long until the first picture, and how
// far what is shown stands behind what was captured, read from the pixels of the demo's clock. In
// Firefox it then plays on for a while (half a minute in a campaign), sound in an element of its own
// beside it, and nothing breaks. And by which steps a player goes to its goal.

import { forEachBrowser, soundCard } from './_browsers.mjs';
import * as p from './_page.mjs';
import * as w from './_watch.mjs';

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const monotonic = () => Number(process.hrtime.bigint() / 1000000n);

/** In the page: watches camera and sound in one element, the screen in another. */
async function join() {
    const { watchByWebsocket } = await import('/lib/watch/live_ws.js');
    document.body.replaceChildren();
    const panes = [['camera', 'sound'], ['screen']].map((tracks) => {
        const element = document.createElement('video');
        element.id = tracks[0];
        element.muted = true;
        document.body.append(element);
        return { element, tracks };
    });
    const started = performance.now();
    globalThis.watching = await watchByWebsocket('main', panes,
        { lost: () => (globalThis.lost = true), skipped: () => {}, narrow: () => {} });
    await Promise.all(panes.map(({ element }) => element.play()));
    while (panes.some(({ element }) => element.getVideoPlaybackQuality().totalVideoFrames === 0)) {
        await new Promise((done) => requestAnimationFrame(done));
    }
    return performance.now() - started;
}

const frames = () => Array.from(document.querySelectorAll('video'), (one) => one.getVideoPlaybackQuality().totalVideoFrames);

/** In the page: the sound once more, alone. */
async function listen() {
    const { watchByWebsocket } = await import('/lib/watch/live_ws.js');
    const element = document.createElement('video');
    document.body.append(element);
    await watchByWebsocket('main', [{ element, tracks: ['sound'] }],
        { lost: () => (globalThis.lost = true), skipped: () => {}, narrow: () => {} });
    await element.play();
}

/** In the page: at what speed and with how many seeks a player goes to a goal that stays so far ahead of it. */
async function walk(lesson) {
    const { MsePlayer } = await import('/lib/watch/mse.js');
    const bytes = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());
    const index = await fetch(`/api/v1/recordings/${lesson}/tracks/sound/index`);
    const { reels: [{ codecs, init, media, rows }] } = await index.json();
    const element = document.createElement('video');
    element.muted = true;
    const player = new MsePlayer(element, [{ id: 1, type: `audio/mp4; codecs="${codecs}"`, init: await bytes(init) }],
        { stalled() {}, broken() {} });
    await player.ready;
    const [last] = rows.slice(-1);
    player.push(1, (await bytes(media)).subarray(rows[0][0], last[0] + last[1]));
    let seeks = 0;
    element.addEventListener('seeking', () => seeks++);
    element.play();
    const turn = () => new Promise((done) => setTimeout(done, 20));
    for (; player.step !== 'running'; await turn()) {
        const at = element.currentTime || 0.5;
        player.steer(at + 0.05, at + 10);
    }
    const seen = [];
    for (const ahead of [0.1, 0.05, 0.01, 0.1, 0.13]) {
        await turn();
        player.steer(element.currentTime + ahead, element.currentTime + 10);
        seen.push(element.playbackRate);
    }
    player.close();
    return { seen, seeks };
}

await soundCard();
const up = await p.startUp(['demo']);
const lesson = await w.startLesson(up, '直播');
await forEachBrowser(async (page, name) => {
    await p.enter(page, up);
    await p.sleep(2000);
    const joins = [];
    for (let round = 0; round < 3; round++) {
        joins.push(await page.evaluate(join));
        if (round < 2) {
            await page.evaluate(() => globalThis.watching.close());
        }
    }
    await p.sleep(3000);
    const late = [];
    for (let i = 0; i < 20; i++) {
        const clock = await p.demoClock(page);
        late.push(p.behind(monotonic(), clock));
        await p.sleep(137);
    }
    const shown = await page.evaluate(frames);
    console.log(`${name}: first pictures after ${joins.map((one) => one.toFixed(0))} ms; behind the capture `
        + `${median(late)} ms (${Math.min(...late)}..${Math.max(...late)}); pictures ${shown}`);
    p.check(shown[0] > 20 && shown[1] > 0, 'camera and screen are shown');
    p.check(median(late) < 5000, 'what is shown keeps up with the lesson');
    if (name === 'firefox') {
        await page.evaluate(listen);
        await p.sleep(p.deep ? 30000 : 6000);
        const times = await page.evaluate(() => Array.from(document.querySelectorAll('video'), (one) => one.currentTime));
        p.check(Math.max(...times) - Math.min(...times) < 2, `all go on: ${times}`);
    }
    p.check(!(await page.evaluate(() => globalThis.lost ?? false)), 'the connection holds');
    const { seen, seeks } = await page.evaluate(walk, lesson);
    p.check(String(seen) === '1.08,1.08,1,1.02,1.05', `in haste until it is there, then gently: ${seen}`);
    p.check(seeks === 1, `a start is one seek where a walk is enough, not ${seeks}`);
});
await up.close();
