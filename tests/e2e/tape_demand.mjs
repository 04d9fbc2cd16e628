// SPDX-License-Identifier: GPL-3.0-or-later
//
// The same tapes afterwards: by hls.js from the server, the finished reels as files, and the exported
// movie as a file. Plays over the places that matter and seeks.

import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { forEachBrowser, here, serve, soundCard } from './_browsers.mjs';
import { openPlayer, serveLesson } from './_player.mjs';
import * as tape from './_tape.mjs';

const { check } = tape;

const scenes = {
    reels: { runs: [[7.4, 8.6], [15.4, 16.6]], visits: [22.51, 3.51, 15.98, 16.02, 12.345] },
    still: { runs: [[9.4, 10.6], [69.4, 70.6]], visits: [72.51, 40, 9.55, 70.05, 15.5] },
};

async function look(page, site, how, open) {
    await openPlayer(page, site);
    const about = await open();
    const shown = [];
    for (const run of how.runs) {
        await page.evaluate((r) => player.play(...r), run);
        shown.push(await page.evaluate(() => player.report().seen));
    }
    return { about, shown, visits: await page.evaluate((times) => player.visit(times), how.visits) };
}

function judge(truth, result, what) {
    const shares = result.shown.map((seen) => tape.checkShown(truth, seen, what));
    result.shown.forEach((seen) => tape.checkLate(seen, 0.2, what));
    tape.checkVisits(truth, result.visits, true, what);
    const took = result.visits.map((one) => one.took.toFixed(0));
    const shown = shares.map((share) => `${(100 * share).toFixed(0)} %`);
    console.log(`${what}: ${shown} of the pictures shown, seeks in ${took} ms`);
}

const offset = (truth, by) =>
    truth.map((one) => ({ ...one, pts: one.pts - by, promised: one.promised - by }));

/* A playlist's time begins with its first picture, not with the lesson. */
const fromFirst = (truth) => offset(truth, truth[0].pts);

async function byPlaylist(page, name, served, scene, how, truth) {
    const playlist = await look(page, served, how, () =>
        page.evaluate((x) => player.openPlaylist(x), served.playlist),
    );
    judge(fromFirst(truth), playlist, `${name}, ${scene}, playlist`);
    const failures = await page.evaluate(() => player.playlistFailures());
    check(failures.length === 0, `${name}, ${scene}: hls.js says ${failures}`);
}

async function demand(page, name, site, served, scene, how, lesson, truth) {
    await byPlaylist(page, name, served, scene, how, truth);

    const file = (path) => () => page.evaluate((x) => player.openFile(x), path);
    const movie = await look(page, site, how, file('/movie/movie.mp4'));
    judge(truth, movie, `${name}, ${scene}, movie`);
    check(Math.abs(movie.about.duration - lesson.about.end_ns / 1e9) < 0.05, `${movie.about.duration} s`);

    const [track, reels] = Object.entries(lesson.tracks)[0];
    const last = reels.at(-1); // a reel's own time begins at 0
    const own = offset(truth, last.rows[0].time).filter((one) => one.pts >= 0);
    const reelHow = { runs: [[1, 3]], visits: [6.51, 0.51, 4.02] };
    const reel = await look(page, site, reelHow, file(`/lesson/${track}/${last.name}.mp4`));
    judge(own, reel, `${name}, ${scene}, reel ${last.name}`);
}

async function wholeScene([scene, how]) {
    const lesson = tape.makeScene(scene);
    const truth = tape.truthOf(lesson, Object.keys(lesson.tracks)[0]);
    const served = await serveLesson(lesson);
    const site = await serve({
        '/': here,
        '/lesson/': lesson.folder,
        '/movie/': dirname(tape.exportMovie(lesson)),
    });
    await forEachBrowser((page, name) => demand(page, name, site, served, scene, how, lesson, truth));
    await site.close();
    await served.close();
}

/** A hole of eight seconds: longer than a segment may be. */
async function hole() {
    const torn = tape.makeScene('reels');
    for (const track of Object.keys(torn.tracks)) {
        for (const what of ['.mp4', '.index', '.init.mp4']) {
            rmSync(torn.tracks[track][1].path(what));
        }
    }
    const lesson = tape.readLesson(torn.folder);
    const truth = tape.truthOf(lesson, Object.keys(lesson.tracks)[0]);
    const served = await serveLesson(lesson);
    const how = { runs: [[7, 17]], visits: [17.51, 3.51, 22.02] };
    await forEachBrowser((page, name) => byPlaylist(page, name, served, 'hole', how, truth));
    await served.close();
}

await soundCard();
await Promise.all([...Object.entries(scenes).map(wholeScene), hole()]);
