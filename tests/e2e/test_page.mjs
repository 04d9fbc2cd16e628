// SPDX-License-Identifier: GPL-3.0-or-later
//
// The page as a teacher uses it, on the demo classroom: sign in, look, record, mark, stop, play,
// seek, download. In Chromium and in Chinese, in Firefox and in English.

import { join } from 'node:path';
import { forEachBrowser, shot } from './_browsers.mjs';
import * as p from './_page.mjs';
import * as tape from './_tape.mjs';

const LESSON_SECONDS = 7;
const words = {
    zh: { title: '二次函数的图像', room: /^教室$/, ready: /可以录制/, recording: /正在录制/, demo: /演示/,
        verified: /已保存并校验至 \d\d:\d\d:\d\d/, mark: '重点', wrong: /访问码不对/, complete: /完整/ },
    en: { title: 'Quadratic functions', room: /^Classroom$/, ready: /Ready to record/, recording: /Recording/, demo: /Demo/,
        verified: /Saved and verified up to \d\d:\d\d:\d\d/, mark: 'Key point', wrong: /not right/, complete: /Complete/ },
};

async function signIn(page, up, t, lang) {
    const answer = await page.goto(up.url);
    p.check(answer.status() === 401, 'without the code the page is refused');
    await page.click(`button[lang^=${lang}]`);
    await page.click('#code');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await p.reads(page, '#trouble', t.wrong);
    // What was wrong is selected, to be written over.
    await page.keyboard.type(up.code.toUpperCase()); // as a phone's keyboard may write it
    await page.keyboard.press('Enter');
    await page.waitForSelector('.big-record');
    p.check(await page.evaluate((l) => document.documentElement.lang.startsWith(l), lang),
        'the language chosen at the door holds inside');
}

/**
 * Before anything is recorded the sources are open. (That levels move, and how often, is seen in
 * test_page_desktop.mjs: the demo's tone is steady.)
 */
async function sourcesLive(page, t) {
    await p.reads(page, '.room-head h2', t.room);
    await p.reads(page, '.pill', t.ready);
    await p.reads(page, '.sources h3', t.demo);
    await page.waitForSelector('.health-running');
    await p.reads(page, '.source-picture', /1280×720 · (2\d|30|31) /);
    await p.until(() => page.evaluate(() =>
        Math.abs(Number(document.querySelector('.meter').getAttribute('aria-valuenow')) + 30) <= 2), 'the tone');
}

/** What moves while nobody touches anything (only Chromium tells). */
async function nothingJumps(page) {
    const shift = await page.evaluate(() => new Promise((done) => {
        let sum = 0;
        if (!PerformanceObserver.supportedEntryTypes.includes('layout-shift')) {
            done(0);
            return;
        }
        new PerformanceObserver((list) => list.getEntries().forEach((entry) => (sum += entry.value)))
            .observe({ type: 'layout-shift' });
        setTimeout(() => done(sum), 3000);
    }));
    p.check(shift < 0.005, `nothing jumps: ${shift}`);
}

async function recordLesson(page, up, t) {
    await p.record(page, t.title);
    await p.reads(page, '.pill', t.recording);
    await p.reads(page, '.lesson-title', new RegExp(t.title));
    const started = Date.now();
    await p.reads(page, '.proof', t.verified);
    await page.click('.quick .button');
    await p.until(async () => (await p.count(page, '.mark .mark-good')) === 1, 'the mark');
    await page.click('input[name=mark]');
    await page.keyboard.type('例题 2 <b>&amp;');
    await page.keyboard.press('Enter');
    await p.until(async () => (await p.count(page, '.mark .mark-good')) === 2, 'the second mark');
    await nothingJumps(page);
    const [id] = up.lessons().sort().slice(-1);
    const { marks } = await up.api(`/recordings/${id}/marks`);
    p.check(marks.map((mark) => mark.label).join() === `${t.mark},例题 2 <b>&amp;`, 'marks are on the disk');
    await p.sleep(Math.max(0, 1000 * LESSON_SECONDS - (Date.now() - started)));
    const elapsed = await p.elapsed(page);
    p.check(elapsed >= LESSON_SECONDS - 2, `elapsed time: ${elapsed}`);
    return id;
}

/** A double press of the stop button ends nothing; a yes does, once. */
async function stopLesson(page) {
    const deletes = [];
    page.on('request', (request) => request.method() === 'DELETE' && deletes.push(request.url()));
    const { x, y } = await page.evaluate(() => {
        const { left, top, width, height } = document.querySelector('.big-stop').getBoundingClientRect();
        return { x: left + width / 2, y: top + height / 2 };
    });
    await page.mouse.click(x, y, { clickCount: 2 });
    await p.sleep(1000);
    p.check(deletes.length === 0, 'a double press ends nothing');
    if (await p.has(page, '.keep')) {
        await page.click('.keep');
    }
    await page.waitForSelector('.big-stop');
    await p.stop(page);
    p.check(deletes.length === 1, `stopped once: ${deletes}`);
}

async function playLesson(page, up, t, id) {
    await p.reads(page, '.recording:first-child .recording-name', new RegExp(t.title));
    await p.reads(page, '.recording:first-child .badge', t.complete);
    await p.openPlayer(page);
    p.check(t.complete.test(await p.text(page, '.watch-lesson')), await p.text(page, '.watch-lesson'));
    await page.click('.act-play');
    await p.until(async () => (await p.lessonTime(page)) > 1, 'it to play');
    await page.click('.act-play');
    const middle = LESSON_SECONDS / 2 + 0.25;
    await p.seekTo(page, middle);
    p.check(Math.abs((await p.lessonTime(page)) - middle) < 0.06, 'the bar seeks');
    const truth = tape.truthOf(tape.readLesson(join(up.data, 'lessons', id)), 'camera');
    tape.checkPicture(truth, await p.lessonTime(page), await p.demoClock(page), t.title);

    p.check(await page.evaluate(() => Array.from(document.querySelectorAll('.pane video'), (one) => one.videoWidth).includes(1920)), 'the screen');
    await page.click('.pane-pick'); // the other one is large
    p.check(Math.abs((await p.lessonTime(page)) - middle) < 0.06, 'a swap keeps the time');
    p.check(await p.count(page, '.download a') === 6, 'it can be downloaded here, too');

    await page.click('.inside-list .line-mark'); // slides may stand before it
    const [mark] = (await up.api(`/recordings/${id}/marks`)).marks;
    await p.until(async () => Math.abs(await p.lessonTime(page) - mark.time_ns / 1e9) < 0.2, `the mark at ${mark.time_ns / 1e9} s`);
    p.check((await p.count(page, '.point-mark')) === 2, 'marks stand on the bar');
}

async function downloadLesson(page, up, name, id) {
    const links = await page.evaluate(() => Array.from(document.querySelectorAll('.recording:first-child .download a'),
        (link) => link.getAttribute('href')));
    p.check(links.length === 6, `all, two pairs, three tracks: ${links}`);
    const all = p.probe(await up.download(links[0].replace('/api/v1', '')));
    const { duration_ns: length } = await up.api(`/recordings/${id}`);
    p.check(all.streams.length === 3 && Math.abs(all.duration - length / 1e9) < 0.5, `${JSON.stringify(all)} of ${length} ns`);
    const one = p.probe(await up.download(`/recordings/${id}/media.mp4?track=screen`));
    p.check(one.streams.length === 1 && one.streams[0].width === 1920, JSON.stringify(one));
    if (name === 'chromium') { // Puppeteer cannot catch Firefox's downloads
        await page.click('.recording:first-child .download summary');
        const [saved] = await Promise.all([page.waitForEvent('download'),
            page.click('.recording:first-child .download li:nth-child(2) a')]);
        p.check(saved.suggestedFilename().endsWith('.mp4'), saved.suggestedFilename());
        const kinds = p.probe(await saved.path()).streams.map((stream) => stream.codec_type).sort().join();
        p.check(kinds === 'audio,video', `camera and sound: ${kinds}`);
    }
}

const languages = { chromium: 'zh', firefox: 'en' };
await forEachBrowser(async (page, name) => {
    const lang = languages[name];
    const t = words[lang];
    const up = await p.startUp(['demo']);
    await signIn(page, up, t, lang);
    await sourcesLive(page, t);
    const id = await recordLesson(page, up, t);
    await shot(page, `page-recording-${lang}`);
    await stopLesson(page);
    await playLesson(page, up, t, id);
    await shot(page, `page-player-${lang}`);
    await page.goto(up.url);
    await page.waitForSelector('.recording');
    await downloadLesson(page, up, name, id);
    await p.reads(page, '.pill', t.ready);
    await up.close();
    console.log(`${name} (${lang}): signed in, recorded, marked, stopped, played, downloaded`);
});
