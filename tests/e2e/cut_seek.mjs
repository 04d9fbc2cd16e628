// SPDX-License-Identifier: GPL-3.0-or-later
//
// Cuts in real browsers: seeks to the pictures around every join, and playing over it, show what ffmpeg
// decodes there (tests/integration/test_cut.mjs proves that right). Three files: heads with the
// reel's own headers; heads with parameter sets of their own between a camera's; both encoders' pictures
// in one; and a card of our own before a camera's.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { deep, forEachBrowser, here, serve, soundCard, temporary } from './_browsers.mjs';
import { openPlayer } from './_player.mjs';
import * as tape from './_tape.mjs';

const FRAME = 1 / 30;
const cuts = {
    own: [[1.5, 3.2], [5, 9.7], [11.1, 13]],
    camera: [[17.3, 19.15], [20.03, 21.7], [22.5, 23.2]],
    both: [[14.03, 15.2], [15.5, 20.7]],
    card: [[17.3, 19.15], [20.03, 21.7]],
};
const CARD = 1; // seconds, before the last of them

/**
 * Around each join: the middle of the picture before it and of the one behind it; in a campaign of two
 * each, and of one half a second later.
 */
function placesOf(truth, ranges, before) {
    let at = 0;
    const lengths = ranges.slice(0, -1).map(([from, to]) => to - from);
    return [...(before > 0 ? [before] : []), ...lengths].flatMap((length) => {
        at += length;
        const first = truth.findIndex((one) => one.pts > at - FRAME / 100);
        const middle = (i) => (truth[first + i].pts + truth[first + i + 1].pts) / 2;
        return (deep ? [-2, -1, 0, 1, 16] : [-1, 0]).map(middle);
    });
}

const folder = temporary();
const lesson = tape.makeScene('reels');
const truths = {};
for (const [name, ranges] of Object.entries(cuts)) {
    const picture = name === 'card' ? ['--picture', 'camera'] : [];
    const keeps = ranges.flatMap(([from, to]) => ['--keep', `${from}-${to}`, ...picture]);
    keeps.push(...(name === 'card' ? ['--opening', `opening:${CARD}`] : []));
    const out = join(folder, `${name}.mp4`);
    execFileSync(tape.lectern, ['cut', lesson.folder, ...keeps, '-o', out], { stdio: 'ignore' });
    truths[name] = tape.pictures(out, 'v').map((one) => ({ ...one, promised: one.pts + FRAME }));
}

await soundCard();
const site = await serve({ '/': here, '/cut/': folder });
await forEachBrowser(async (page, browser) => {
    for (const [name, ranges] of Object.entries(cuts)) {
        const what = `${browser}, ${name}`;
        await openPlayer(page, site);
        await page.evaluate((url) => player.openFile(url), `/cut/${name}.mp4`);
        const visits = await page.evaluate((times) => player.visit(times), placesOf(truths[name], ranges, name === 'card' ? CARD : 0));
        tape.checkVisits(truths[name], visits, true, what);
        console.log(`${what}: ${visits.length} seeks around joins, all to the right picture`);
    }
});
await site.close();
