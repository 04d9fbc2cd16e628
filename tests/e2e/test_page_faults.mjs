// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the page says when something dies or hangs: the server, the recorder, a source. Each time the
// lesson goes on, and stays one lesson.

import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { forEachBrowser, shot } from './_browsers.mjs';
import * as p from './_page.mjs';
import * as tape from './_tape.mjs';

const words = { // well: or the machine is busy, which is said, too
    zh: { lost: /连接已断开。 录制不受影响/, away: /录制程序中断，正在自动重启/, well: /一切正常|电脑/, gaps: /1 处中断/, held: /1 处中断/, failed: /磁盘在结束时出错/ },
    en: { lost: /connection to the server is lost\. The recording goes on/, away: /recorder was interrupted/,
        well: /Everything is well|computer is/, gaps: /1 gap/, held: /1 gap/, failed: /disk failed at the end/ },
};

/** Bytes of a lesson's camera on the disk. */
const recorded = (up, id) => statSync(join(up.data, 'lessons', id, 'camera', '0001.mp4'), { throwIfNoEntry: false })?.size ?? 0;

async function serverDies(page, up, t, lang) {
    const before = await p.text(page, '.elapsed');
    up.hold();
    process.kill(up.pidOf('lectern-server'), 'SIGKILL');
    await p.reads(page, '.link', t.lost);
    await shot(page, `page-lost-${lang}`);
    p.check(await p.has(page, '.big-stop[aria-disabled=true]'), 'a button that nobody hears cannot be pressed');
    await p.sleep(1000);
    up.release();
    await p.until(async () => !(await p.has(page, '.link .band')), 'the connection');
    await p.until(async () => (await p.text(page, '.elapsed')) > before, 'the clock to go on');
    await p.reads(page, '.alarms', t.well);
    await page.waitForSelector('.big-stop[aria-disabled=false]');
}

/** As with a network that swallows everything. */
async function serverHangs(page, up, t, id) {
    const server = up.pidOf('lectern-server');
    process.kill(server, 'SIGSTOP');
    const pressed = await p.elapsed(page);
    await page.click('.quick .button');
    await p.sleep(2500);
    process.kill(server, 'SIGCONT');
    await p.until(async () => (await p.count(page, '.mark .mark-good')) === 1, 'the mark');
    const [mark] = (await up.api(`/recordings/${id}/marks`)).marks;
    p.check(Math.abs(mark.time_ns / 1e9 - pressed) < 1.5, `marked at ${pressed} s, kept as of ${mark.time_ns / 1e9} s`);
    process.kill(server, 'SIGSTOP');
    await p.reads(page, '.link', t.lost);
    process.kill(server, 'SIGCONT');
    await p.until(async () => !(await p.has(page, '.link .band')), 'the connection');
    await page.waitForSelector('.big-stop[aria-disabled=false]');
}

async function recorderDies(page, up, t, lang) {
    up.hold();
    process.kill(up.pidOf('lectern-recorder'), 'SIGKILL');
    await p.reads(page, '.alarms', t.away);
    await p.sleep(1500);
    await shot(page, `page-away-${lang}`);
    up.release();
    await page.waitForSelector('.pill-recording');
    await p.reads(page, '.proof', t.gaps);
    await page.waitForSelector('.proof-good');
    await page.click('.quick .button');
    await p.until(async () => (await p.count(page, '.mark .mark-good')) === 2, 'a mark after the gap');
}

async function gapShown(page, up, t, lang) {
    const [id] = up.lessons().sort().slice(-1);
    await p.reads(page, '.recording:first-child .badge', t.held);
    await page.waitForSelector('.recording:first-child .gap-bar .gap');
    await p.openPlayer(page);
    await page.waitForSelector('.watch-line .gap');
    const { gaps, duration_ns: length } = await up.api(`/recordings/${id}`);
    const camera = gaps.find((gap) => gap.track === 'camera');
    p.check(camera.to_ns - camera.from_ns < 30e9, `the gap: ${JSON.stringify(camera)}`);
    // Behind the gap: the picture is the one of its time again.
    const at = Math.min(camera.to_ns / 1e9 + 1, length / 1e9 - 0.2);
    await p.seekTo(page, at);
    const truth = tape.truthOf(tape.readLesson(join(up.data, 'lessons', id)), 'camera');
    tape.checkPicture(truth, await p.lessonTime(page), await p.demoClock(page), 'behind the gap');
    await shot(page, `page-gap-${lang}`);
}

/** Where a long microlesson has nothing yet while the server is away, it plays by itself when that is back. */
async function playerGoesOn(page, up) {
    const [id] = up.lessons().sort().slice(-1);
    const pieces = Array.from({ length: 60 }, () => ({ lesson: id, from_ns: 0, to_ns: 3e9 }));
    const answer = await fetch(`${up.url}api/v1/clips`, { method: 'POST', body: JSON.stringify({ edl: { pieces } }),
        headers: { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json' } });
    await page.goto(`${up.url}lessons/${(await answer.json()).id}`);
    await page.waitForSelector('.big-play');
    await p.shown(page);
    up.hold();
    process.kill(up.pidOf('lectern-server'), 'SIGKILL');
    await p.setBar(page, 100);
    await page.click('.act-play');
    await page.waitForSelector('.spinner');
    await p.reads(page, '.stage-notice', /The server does not answer|服务器没有回应/, 30); // some tries were in vain
    up.release();
    await p.until(async () => (await p.lessonTime(page)) > 101, 'it to play on', 60);
    await page.goto(up.url);
    await page.waitForSelector('.recording');
}

/** The disk of a lesson is gone when it ends: said, and not wiped away by what the room says then. */
async function stopFails(page, up, t) {
    await p.record(page, '');
    await page.waitForSelector('.proof-good');
    const [id] = up.lessons().sort().slice(-1);
    rmSync(join(up.data, 'lessons', id), { recursive: true });
    await p.stop(page);
    await p.reads(page, '.trouble', t.failed);
    await p.sleep(1000);
    p.check(t.failed.test(await p.text(page, '.trouble')), 'the words stay');
    await p.record(page, '');
    await p.until(async () => (await p.text(page, '.trouble')) === '', 'the words to go with the next lesson');
    await p.stop(page);
}

const languages = { chromium: 'zh', firefox: 'en' };
await forEachBrowser(async (page, name) => {
    const lang = languages[name];
    const t = words[lang];
    const up = await p.startUp(['demo']);
    await p.enter(page, up, lang);
    await p.record(page, '');
    const [id] = up.lessons();
    await page.waitForSelector('.proof-good');
    const bytes = recorded(up, id);
    await serverDies(page, up, t, lang);
    p.check(recorded(up, id) >= bytes, 'the recording went on');
    await serverHangs(page, up, t, id);
    await recorderDies(page, up, t, lang);
    await p.sleep(2000);
    await p.stop(page);
    p.check(up.lessons().length === 1, `one lesson: ${up.lessons()}`);
    await gapShown(page, up, t, lang);
    await playerGoesOn(page, up);
    await stopFails(page, up, t);
    await up.close();
    console.log(`${name} (${lang}): server and recorder died; one lesson, one gap, all said`);
}, 'chromium');
