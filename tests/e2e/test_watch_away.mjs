// SPDX-License-Identifier: GPL-3.0-or-later
//
// The watching page while the room's recorder is not there: before the lesson, and behind a lesson
// that was interrupted, to whose end the page has come. It says so and goes on by itself. And rooms
// that lack something: what they cannot give is not offered.

import { execFileSync } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shot, temporary, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';
import * as w from './_watch.mjs';

const AWAY = { zh: /^教室暂时没有信号/, en: /^No signal from the classroom/ };
const WAITING = /^等待上课/;

function take(up) {
    up.hold();
    process.kill(up.pidOf('lectern-recorder'), 'SIGKILL');
}

async function waits(page, up) {
    take(up);
    await p.until(async () => !(await up.api('/rooms/main')).online, 'the recorder to be away');
    await w.watch(page, up, 'zh');
    await p.reads(page, '.stage-words', AWAY.zh);
    for (const size of ['phone', 'desk']) {
        await p.resize(page, size);
        await shot(page, `watch-away-${size}`);
    }
    up.release();
    await p.reads(page, '.stage-words', WAITING, 20);
    take(up);
    await p.reads(page, '.stage-words', AWAY.zh);
    up.release();
    await p.reads(page, '.stage-words', WAITING, 20);
}

/** Of elements that play from the tape; those of WebRTC have no address. */
const times = (page) => page.evaluate(() => Array.from(document.querySelectorAll('.pane video'), (one) => (one.src ? one.currentTime : 0)));

/** Both pictures of a rewound lesson come to one time and move on, though the second one's playlist comes late. */
async function together(page) {
    await p.until(async () => {
        const now = await times(page);
        p.check(now.every((one) => one < 3600), `a picture goes to where nothing is: ${now}`);
        return now.length === 2 && now.every((one) => one > 1) && Math.abs(now[0] - now[1]) < 1;
    }, 'both pictures to play together');
}

/** What something else than the page has paused is not told as lost. */
async function isPausedElsewhere(page) {
    await page.evaluate(() => document.querySelector('.pane video').pause());
    await p.sleep(3000);
    p.check(!(await p.has(page, '.stage-words')), 'no words stand before what was paused');
    await page.evaluate(() => document.querySelector('.pane video').play());
}

async function comesToTheEnd(page, up) {
    await w.startLesson(up, '断开的课');
    await w.plays(page, 2);
    await p.until(async () => (await up.api('/rooms/main')).status.elapsed_ns > 12e9, 'a whole segment of the screen', 20);
    await page.route(/screen\/index\.m3u8/, async (route) => {
        await p.sleep(1000);
        await route.continue().catch(() => {}); // the page may be gone
    });
    await page.keyboard.press('ArrowLeft');
    await page.waitForSelector('.from-tape');
    await together(page);
    await isPausedElsewhere(page);
    take(up);
    await p.reads(page, '.stage-words', AWAY.zh, 30);
    await p.speak(page, 'en');
    await p.reads(page, '.stage-words', AWAY.en);
    await shot(page, 'watch-away-behind');
    up.release();
    await p.until(async () => !(await p.has(page, '.stage-words')), 'it to go on', 40);
    await w.stopLesson(up);
}

const acts = (page) => page.evaluate(() => Array.from(document.querySelectorAll('.views .act'), (one) => one.textContent.trim()));

/** What is offered in a room of one source. */
async function offers(what, source, wanted, muted) {
    const up = await p.startUp([source]);
    await w.startLesson(up, what);
    await withBrowser('chromium', async (page) => {
        await w.watch(page, up, 'en');
        await p.until(() => page.evaluate(() => document.querySelector('.pane video')?.currentTime > 0.2), 'it to play', 20);
        const found = await acts(page);
        p.check(found.join() === wanted.join(), `${what}: ${found} is offered`);
        p.check(await page.evaluate(() => document.querySelector('.act-mute').disabled) === muted, `${what}: mute`);
        await page.keyboard.press('s'); // which changes nothing
        await shot(page, `watch-room-${what.replaceAll(' ', '-')}`);
    });
    await up.close();
}

async function away() {
    const up = await p.startUp(['demo']);
    await p.until(async () => (await up.api('/rooms/main')).online, 'the recorder');
    await withBrowser('chromium', async (page) => {
        await waits(page, up);
        await comesToTheEnd(page, up);
    });
    await up.close();
    console.log('chromium: away before the lesson and behind it, and there again');
}

async function lacking() {
    const film = join(temporary(), 'film.mkv');
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=15', '-f', 'lavfi', '-i', 'sine=r=48000', '-t', '3', film]);
    const display = join(temporary(), 'display');
    const screen = p.start('Xvfb', ['-displayfd', '3', '-screen', '0', '640x360x24', '-nolisten', 'tcp'],
        { stdio: ['ignore', 'pipe', 'pipe', openSync(display, 'w')] });
    const number = await p.until(() => readFileSync(display, 'utf8').trim(), 'Xvfb');
    await offers('picture alone', `screen:x11::${number}`, [], true);
    await offers('picture and sound', `file:${film}`, ['Camera', 'Sound only'], false);
    await offers('sound alone', 'mic:alsa:lectern-has-none', [], false);
    await screen.close();
}

await Promise.all([away(), lacking()]);
