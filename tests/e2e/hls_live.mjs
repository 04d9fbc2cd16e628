// SPDX-License-Identifier: GPL-3.0-or-later
//
// A lesson watched by hls.js while it is recorded: near its end, back to its start, to its end
// again; the bell rings, and the same address plays on. Every picture shown is the one that was
// taken at its time.

import { join } from 'node:path';
import { forEachBrowser, soundCard } from './_browsers.mjs';
import { sleep, startUp, until } from './_page.mjs';
import { openPlayer, playerPages } from './_player.mjs';
import * as tape from './_tape.mjs';

const { check } = tape;
const PLAYLIST = '/live/main/index.m3u8';
const MODULUS = 2 ** 24; // of the pixel clock, ms

function recording(up, method, body) {
    const headers = { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json' };
    return fetch(`${up.url}api/v1/rooms/main/recording`, { method, headers, body });
}

const playlistIsThere = async (up) => {
    const headers = { Authorization: `Bearer ${up.code}` };
    return (await fetch(up.url + PLAYLIST.slice(1), { headers })).ok;
};

const seen = (page) => page.evaluate(() => player.report().seen);

/** Plays so long from where it is. */
async function playOn(page, seconds) {
    await page.evaluate(async (s) => {
        const video = document.querySelector('video');
        await video.play();
        await player.play(video.currentTime, video.currentTime + s);
    }, seconds);
    return seen(page);
}

async function watch(page, name, up, bell) {
    await openPlayer(page, up);
    await grown;
    await page.evaluate((x) => player.openPlaylist(x), PLAYLIST);
    const first = await playOn(page, 4);
    const behind = await page.evaluate(() => hls.latency);
    const back = await page.evaluate(() => player.play(1, 4)).then(() => seen(page));
    const visits = await page.evaluate(() => player.visit([2.51, 0.51, 6.02]));
    await page.evaluate(async () => {
        document.querySelector('video').currentTime = hls.liveSyncPosition;
    });
    const again = await playOn(page, 3);
    await bell();
    const isLive = () => page.evaluate(() => hls.levels[hls.currentLevel].details.live);
    await until(async () => !(await isLive()), 'the end of the playlist', 30);
    const length = await page.evaluate(() => document.querySelector('video').duration);
    const end = await page.evaluate((to) => player.play(to - 2, to - 0.2), length).then(() => seen(page));
    await openPlayer(page, up);
    await page.evaluate((x) => player.openPlaylist(x), PLAYLIST);
    const later = await page.evaluate(() => player.visit([5.51, 1.02]));
    const failures = await page.evaluate(() => player.playlistFailures());
    return { name, runs: { first, back, again, end }, visits: [...visits, ...later], behind, length, failures };
}

/** The clock of a recorded demo runs on the machine's time: as lesson time, in ms. */
const onLesson = (shown, zeroMs) =>
    shown.map((one) => {
        const ms = (one.code - Math.floor(zeroMs)) % MODULUS;
        return { ...one, code: ms < -MODULUS / 2 ? ms + MODULUS : ms };
    });

function judge({ name, runs, visits, behind, length, failures }, truth, zeroMs) {
    const late = truth[0].pts; // a playlist's time begins with its first picture
    const own = truth.map((one) => ({ ...one, pts: one.pts - late, promised: one.promised - late }));
    const shares = Object.entries(runs).map(([run, shown]) => {
        tape.checkLate(shown, 0.25, `${name}, ${run}`);
        return `${run} ${(100 * tape.checkShown(own, onLesson(shown, zeroMs), `${name}, ${run}`)).toFixed(0)} %`;
    });
    const found = visits.map((one) => ({
        ...one,
        paused: onLesson([one.paused], zeroMs)[0],
        playing: onLesson([one.playing], zeroMs)[0],
    }));
    tape.checkVisits(own, found, true, name);
    check(failures.length === 0, `${name}: hls.js says ${failures}`);
    const whole = truth.at(-1).pts - late;
    check(Math.abs(length - whole) < 0.3, `${name}: ${length} s long, not ${whole}`);
    check(behind < 20, `${name}: ${behind} s behind`);
    console.log(`${name}: ${behind.toFixed(1)} s behind; pictures shown: ${shares}`);
}

await soundCard();
const up = await startUp(['demo'], { pages: playerPages() });
await until(async () => (await up.api('/rooms/main')).online, 'the recorder');
const { lesson: id } = await (await recording(up, 'POST', '{}')).json();
await until(() => playlistIsThere(up), 'the playlist');
const grown = sleep(12000); // while the browsers start
let waiting = 0;
let ring;
const rung = new Promise((done) => (ring = done));
const results = await forEachBrowser((page, name) =>
    watch(page, name, up, async () => {
        waiting += 1;
        if (waiting === (process.env.LCT_BROWSERS?.split(' ').length ?? 2)) {
            ring((await recording(up, 'DELETE')).ok);
        }
        check(await rung, 'the lesson does not end');
    }),
);
const lesson = tape.readLesson(join(up.data, 'lessons', id));
const truth = onLesson(tape.truthOf(lesson, 'camera'), lesson.zeroMs);
Object.values(results).forEach((result) => judge(result, truth, lesson.zeroMs));
await up.close();
