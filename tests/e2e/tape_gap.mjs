// SPDX-License-Identifier: GPL-3.0-or-later
//
// A recorder that is killed in mid-lesson and started again: the same lesson goes on behind a hole.
// In the exported movie the sound is silent there and the picture stands, and all is in its place
// behind it; players of the tape get over the hole.

import { dirname } from 'node:path';
import { forEachBrowser, here, serve, soundCard } from './_browsers.mjs';
import { openPlayer, serveLesson } from './_player.mjs';
import * as tape from './_tape.mjs';

const { check } = tape;
const AAC_FRAME = 1024 / 48000;
const MODULUS = 2 ** 24; // of the pixel clock, ms

/** From where to where nothing was recorded on a track. */
function holeOf(reels) {
    const i = reels.findIndex((reel) => reel.rows[0].gapBefore);
    check(i > 0, 'no reel says that something is missing before it');
    const last = reels[i - 1].rows.at(-1);
    return { from: last.time, to: reels[i].rows[0].time };
}

/** The clock of a recorded demo runs on the machine's time: as lesson time, in ms. */
const onLesson = (lesson, shown) =>
    shown.map((one) => {
        const ms = (one.code - Math.floor(lesson.zeroMs)) % MODULUS;
        return { ...one, code: ms < -MODULUS / 2 ? ms + MODULUS : ms };
    });

function checkPictures(shown, hole) {
    // The first one stands from the start; a picture that was repeated, because none came in time, is
    // an old one. Each other stands where its clock says.
    const fresh = shown.filter(({ code }, i) => i > 0 && code !== shown[i - 1].code);
    for (const { pts, code } of fresh) {
        check(code > 0 && Math.abs(1000 * pts - code) < 3, `the picture of ${code} ms stands at ${pts} s`);
    }
    check(fresh.length > shown.length / 2, `${fresh.length} of ${shown.length} pictures are new ones`);
    const stands = shown.findLast((one) => one.pts <= hole.from + 0.001);
    const next = shown[shown.indexOf(stands) + 1];
    check(next.pts > hole.to - 0.05, `no picture stands from ${hole.from} to ${hole.to} s`);
}

function checkSilence({ samples, times, at }, hole) {
    // one frame of decay at each end
    const [from, to] = [hole.from + 3 * AAC_FRAME, hole.to - AAC_FRAME];
    const loudest = samples.reduce((most, value, i) => {
        const inside = at(i) > from && at(i) < to;
        return inside ? Math.max(most, Math.abs(value)) : most;
    }, 0);
    check(loudest < 1e-4, `in the hole the sound reaches ${loudest}`);
    // every frame is as long as it sounds: nobody can drift
    times.forEach((time, i) => {
        const off = Math.abs(time - i * AAC_FRAME);
        check(off < 1e-5, `sound frame ${i} is at ${time} s, ${off} s off its place`);
    });
    return loudest;
}

function checkClaps(shown, sound, hole) {
    // A clap at a track's end may be seen and not heard any more, or the other way round.
    const end = Math.min(shown.at(-1).pts, sound.times.at(-1));
    const away = (time) => time < hole.from - 0.2 || (time > hole.to + 0.2 && time < end - 0.2);
    const seen = tape.clapsSeen(shown).filter(away);
    const heard = tape.clapsHeard(sound).filter(away);
    // Where a busy machine left pictures out, a clap is seen later by as many, or not at all.
    const leftOut = (time) => time - shown[shown.findIndex((one) => one.pts === time) - 1].pts - 1 / 30;
    const nearest = (time) => heard.toSorted((a, b) => Math.abs(a - time) - Math.abs(b - time))[0];
    const far = seen.map((time) => 1000 * (nearest(time) - time));
    const off = seen.map((time, i) => Math.max(far[i], -far[i] - 1000 * leftOut(time)));
    const worst = Math.max(...off);
    check(seen.some((time) => time < hole.from), 'no clap before the hole');
    check(seen.some((time) => time > hole.to), 'no clap behind the hole');
    check(worst <= 5, `claps are heard ${far} ms after they are seen`);
    return `${far.length} claps, heard within ${worst.toFixed(2)} ms of when seen`;
}

async function browse(page, name, site, served, lesson, truth, hole) {
    const run = [hole.from - 1, hole.to + 2];
    const times = [hole.to + 1.012, hole.from + 0.5, hole.from - 1.012];
    // a playlist's time begins with its first picture, not with the lesson
    const late = truth[0].pts;
    const fromFirst = truth.map((one) => ({ ...one, pts: one.pts - late, promised: one.promised - late }));
    for (const [what, path] of [['movie', '/movie/movie.mp4'], ['playlist', served.playlist]]) {
        await openPlayer(page, what === 'movie' ? site : served);
        const how = what === 'movie' ? 'openFile' : 'openPlaylist';
        await page.evaluate(([f, x]) => player[f](x), [how, path]);
        await page.evaluate((r) => player.play(...r), run);
        const { seen } = await page.evaluate(() => player.report());
        const expected = what === 'movie' ? truth : fromFirst;
        tape.checkShown(expected, onLesson(lesson, seen), `${name}, ${what}`);
        check(seen.at(-1).media > hole.to + 1, `${name}, ${what}: it does not get over the hole`);
        const visits = await page.evaluate((t) => player.visit(t), what === 'movie' ? times : [times[0]]);
        console.log(`${name}, ${what}: over the hole; seeks ${JSON.stringify(visits.map((v) => v.paused))}`);
    }
    await openPlayer(page, site);
    const tracks = tape.tracksFor(lesson, '/lesson/', ['camera', 'sound']);
    const until = hole.to + 3;
    const behind = await page.evaluate((x) => player.live(x), { tracks, until });
    const { seen } = await page.evaluate(() => player.report());
    tape.checkShown(truth, onLesson(lesson, seen), `${name}, live`);
    // Who begins late stays late: it is the hole that must not hold the player up.
    const held = behind.at(-1) - behind[0];
    check(seen.at(-1).media > hole.to, `${name}, live: it does not get over the hole`);
    check(held < 3, `${name}, live: the hole holds it up by ${held} s`);
    console.log(`${name}, live: over the hole, ${(1000 * behind.at(-1)).toFixed(0)} ms behind`);
}

const lesson = await tape.recordDemo({ killed: 4, length: 10 });
const holes = { camera: holeOf(lesson.tracks.camera), sound: holeOf(lesson.tracks.sound) };
const movie = tape.exportMovie(lesson, 'camera', 'sound');
const shown = onLesson(lesson, tape.pictures(movie, 'v'));
const sound = tape.sound(movie, 'a');
console.log(`hole of the camera ${holes.camera.from} to ${holes.camera.to} s`);
checkPictures(shown, holes.camera);
console.log(`loudest in the hole of the sound: ${checkSilence(sound, holes.sound)}`);
console.log(checkClaps(shown, sound, holes.camera));

await soundCard();
const served = await serveLesson(lesson);
const site = await serve({ '/': here, '/lesson/': lesson.folder, '/movie/': dirname(movie) });
const truth = onLesson(lesson, tape.truthOf(lesson, 'camera'));
await forEachBrowser((page, name) => browse(page, name, site, served, lesson, truth, holes.camera));
await site.close();
await served.close();
