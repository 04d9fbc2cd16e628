// SPDX-License-Identifier: GPL-3.0-or-later
//
// A viewer of a live lesson: each chunk is appended when it is due and the player steers by lesson
// time. Every picture shown is the one of its media time (pixel clock), the player never stays
// behind: not at a slide that stands for a minute, not at a new reel. A clap is heard when it is
// seen.

import { join } from 'node:path';
import { deep, forEachBrowser, here, serve, shot, soundCard } from './_browsers.mjs';
import * as tape from './_tape.mjs';

const { check } = tape;
const FRAME_MS = 1000 / 30;

const watched = [
    { scene: 'reels', rate: 1, until: 17.5, back: [3.51, 8.02, 15.98, 16.02] },
    ...(deep ? [{ scene: 'still', rate: 1, until: 6.5, back: [] }] : []), // while it moves
    { scene: 'still', rate: 4, until: 74, back: [9.55, 40, 70.05, 72.51] },
];

async function watch(page, name, url, lesson, how) {
    await page.goto(`${url}player/index.html`);
    await page.waitForFunction('window.player');
    await page.evaluate(() => player.listen());
    const tracks = tape.tracksFor(lesson, `/lesson/${how.scene}/`);
    const behind = await page.evaluate((x) => player.live(x), { tracks, ...how });
    const report = await page.evaluate(() => player.report());
    await shot(page, `${name}-live-${lesson.about.title}`);
    const visits = await page.evaluate((times) => player.visit(times), how.back);
    return { behind, visits, ...report };
}

function judge(name, { scene, rate }, truth, { behind, visits, seen, heard, waits }) {
    const what = `${name}, ${scene}, ${rate} x`;
    const share = tape.checkShown(truth, seen, what);
    tape.checkLate(seen, 0.2 * rate, what);
    tape.checkVisits(truth, visits, false, what);
    check(behind.at(-1) < 3, `${what}: it stays ${behind.at(-1)} s behind`);
    const skews = tape.skews({ seen, heard }, tape.clapsSeen(truth), rate);
    const skew = tape.median(skews);
    console.log(
        `${what}: ${seen.length} pictures (${(100 * share).toFixed(0)} %), ` +
            `${(1000 * tape.median(behind.sort((a, b) => a - b))).toFixed(0)} ms behind, ` +
            `${waits.length} waits, claps heard ${skews.map((ms) => ms.toFixed(0))} ms after seen`,
    );
    if (rate === 1) {
        const most = skews.length < 5 ? 3 * FRAME_MS : FRAME_MS; // of few claps the median is one that a busy machine may be late with
        check(Math.abs(skew) <= most, `${what}: claps are heard ${skew} ms after they are seen`);
    }
}

await soundCard();
const lessons = { reels: tape.makeScene('reels'), still: tape.makeScene('still') };
const site = await serve({ '/': here, '/lesson/reels/': lessons.reels.folder, '/lesson/still/': lessons.still.folder });
const truths = Object.fromEntries(Object.entries(lessons).map(([scene, one]) => [scene, tape.truthOf(one, Object.keys(one.tracks)[0])]));
await forEachBrowser(async (page, name) => {
    for (const how of watched) {
        judge(name, how, truths[how.scene], await watch(page, name, site.url, lessons[how.scene], how));
    }
});
await site.close();
