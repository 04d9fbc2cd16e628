// SPDX-License-Identifier: GPL-3.0-or-later
//
// The page of a lesson in both browsers: two pictures on one clock while it plays, is sought in and
// at twice the speed; a seek to the very picture; a microlesson whose every join is exact, for who
// has no more than its link, too; three
// presses that make one, which plays at once; where one was is kept; what is said is shown and found;
// where sound is lacking, in the middle or at the end, it is silent, and what nothing is left of is passed over;
// a lesson that is still recorded grows.

import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browsers, forEachBrowser, shot } from './_browsers.mjs';
import { watchApart } from './_apart.mjs';
import { addTwo } from './_two.mjs';
import { decodeClock } from './player/clock.mjs';
import * as p from './_page.mjs';

const FRAME_MS = 1000 / 30;
const AXE = readFileSync(join(p.web, 'node_modules/axe-core/axe.min.js'), 'utf8');
const LANGS = { chromium: 'zh', firefox: 'en' };
const SECOND = 1e9;
const PIECES = [[3.1, 3.6], [1, 2.5], [2.2, 2.3], [14.5, 17.1]]; // the last over two reels of two sizes

const videos = (page, test) => page.evaluate((text) => {
    const all = Array.from(document.querySelectorAll('.pane:not([hidden]) video'));
    return all.length > 0 && all.every(new Function('one', `return ${text}`));
}, test);
const plays = (page) => p.until(() => videos(page, '!one.paused && one.readyState > 2 && !one.seeking'), 'it to play');
const stands = (page) => p.until(() => videos(page, 'one.paused && one.readyState > 1 && !one.seeking'), 'pictures that stand');
const press = (page, selector) => page.evaluate((s) => document.querySelector(s).click(), selector);

async function open(page, up, id) {
    await page.goto(`${up.url}lessons/${id}`);
    await page.waitForSelector('.big-play');
    await stands(page);
}

const seek = (page, at) => page.evaluate((to) => {
    const bar = document.querySelector('.watch-place');
    bar.value = to;
    bar.dispatchEvent(new Event('input', { bubbles: true }));
}, at);

const choose = (page, selector, value) => page.evaluate(({ s, v }) => {
    const box = document.querySelector(s);
    box.value = v;
    box.dispatchEvent(new Event('change', { bubbles: true }));
}, { s: selector, v: value });

/** At most looks at new pictures both are of one moment, but for pictures that a busy machine shows late. */
async function together(page, ms, what) {
    const found = await page.evaluate(watchApart, { ms, decode: decodeClock.toString(), least: 6 });
    const over = found.filter(({ apart }) => Math.abs(apart) > FRAME_MS + 1);
    const clocks = over.filter(({ late }) => !late);
    console.log(`${what}: ${found.length} looks, ${over.length} more than a picture apart, ${clocks.length} by their clocks`);
    p.check(found.length > 5 && clocks.length <= 0.2 * found.length, `${what}: ${JSON.stringify(found)}`);
}

/** Seeks while it stands, and both pictures are those of lesson time source. */
async function finds(page, truth, at, source) {
    await seek(page, at);
    await stands(page);
    const wanted = truth.filter((one) => one.pts <= source + 0.0006).at(-1).code;
    const code = await p.until(async () => {
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        const seen = await p.demoClock(page);
        return seen === wanted ? { seen } : null;
    }, `the picture of ${wanted} ms at ${at}`, 8);
    return code;
}

async function addClip(up, lesson) {
    const pieces = PIECES.map(([from, to]) => ({ lesson, from_ns: Math.round(from * SECOND), to_ns: Math.round(to * SECOND) }));
    const answer = await fetch(`${up.url}api/v1/clips`, { method: 'POST', body: JSON.stringify({ title: '折射', edl: { pieces } }),
        headers: { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json' } });
    p.check(answer.status === 201, `the clip: ${answer.status} ${await answer.clone().text()}`);
    return (await answer.json()).id;
}

/** The path and query of a link for others. */
async function addShare(up, item) {
    const answer = await fetch(`${up.url}api/v1/items/${item}/shares`, { method: 'POST', body: '{}',
        headers: { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json' } });
    p.check(answer.status === 201, `the link: ${answer.status} ${await answer.clone().text()}`);
    return (await answer.json()).url;
}

/** Every piece's first pictures and its last, in the order in which seeks jump about. */
async function joins(page, truth) {
    let at = 0;
    const places = PIECES.flatMap(([from, to]) => {
        const start = at;
        at += to - from;
        return [0, 0.1, to - from - 0.1].filter((by) => by < to - from - 0.05).map((by) => ({ at: Math.round(10 * (start + by)) / 10, source: from + by }));
    });
    for (const { at: to, source } of [...places.filter((_, i) => i % 2), ...places.filter((_, i) => i % 2 === 0)]) {
        await finds(page, truth, to, source);
    }
    return places.length;
}

/** One picture back from where a piece begins is the last one of the piece before. */
async function stepsBack(page, truth) {
    let at = 0;
    for (const [i, [from, to]] of PIECES.slice(0, -1).entries()) {
        at += to - from;
        await finds(page, truth, Math.round(10 * at) / 10, PIECES[i + 1][0]);
        await page.keyboard.press(',');
        const { code: wanted } = truth.filter(({ pts }) => pts < to - 0.0006).at(-1);
        await p.until(async () => (await p.demoClock(page)) === wanted, `the last picture of piece ${i}, ${wanted} ms`);
    }
}

async function looksGood(page, name) {
    await page.evaluate(AXE);
    for (const size of ['desk', 'phone']) {
        await p.resize(page, size);
        await p.sleep(300);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        p.check(wide <= 0, `${name} (${size}) is ${wide} pixels wider than the screen`);
        const found = await page.evaluate(() => window.axe.run());
        const faults = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
        p.check(faults.length === 0, `axe on ${name} (${size}): ${faults.join('\n')}`);
        await shot(page, `lesson-${name}-${size}`);
    }
    await p.resize(page, 'twice');
    await p.until(() => page.evaluate(() => ['html', '.watch-top', '.watch-acts', '.views', '.inside'].every((part) =>
        document.querySelector(part).scrollWidth <= document.querySelector(part).clientWidth)), `${name} with large letters to be no wider than the screen`);
    await shot(page, `lesson-${name}-twice`);
    await p.resize(page, 'desk');
}

/** A lesson that is still recorded becomes longer in the player, which plays on behind what was its end. */
async function grows(page, up, name) {
    await open(page, up, running);
    const length = () => page.evaluate(() => Number(document.querySelector('.watch-place').max));
    const before = await length();
    await seek(page, before - 1);
    await page.click('.big-play');
    await p.until(() => videos(page, `one.currentTime > ${before} + 1.5`), 'it to play behind what was its end', 30);
    const clock = await p.demoClock(page);
    p.check(clock >= 0 && p.behind(clock, up.zeroMs(running)) > 1000 * before - 200, `${clock} at ${before}`);
    p.check(await length() > before, `it was ${before} s long, and is`);
    console.log(`${name}: a lesson grew from ${before} to ${await length()} s`);
}

/** The same lesson without some of its reels; its id. */
function holed(up, { id, folder }, name, reels) {
    const other = `20260302-080000-main-${name}`;
    const to = join(up.data, 'lessons', other);
    cpSync(folder, to, { recursive: true });
    writeFileSync(join(to, 'lesson.json'), readFileSync(join(to, 'lesson.json'), 'utf8').replace(id, other));
    reels.forEach((reel) => ['mp4', 'index', 'init.mp4'].forEach((kind) => rmSync(join(to, `${reel}.${kind}`))));
    return other;
}

/** From 8 s to 16 s there is the screen alone; elsewhere the sound ends at 16 s. */
async function holes(page, up) {
    const passed = async () => /8\.\d (s were not recorded|秒未录制)/.test(await p.text(page, '.stage-notice'));
    const open3 = async (id, at) => {
        await open(page, up, id);
        await choose(page, '.act-speed select', '3');
        await seek(page, at);
        await stands(page);
        await page.click('.big-play');
    };
    await open3(middle, 7);
    await p.until(() => videos(page, 'one.currentTime > 12 && one.currentTime < 17'), 'it to play where the sound is lacking', 30);
    p.check(!(await passed()), 'pictures go on: nothing is passed over');
    await open3(tail, 15);
    await p.until(() => videos(page, 'one.currentTime > 23'), 'it to play behind the end of the sound', 30);
    await open3(middle, 1);
    await p.until(() => videos(page, 'one.currentTime > 2'), 'it to play');
    await press(page, '.views .act:nth-of-type(3)'); // the camera alone
    await p.until(async () => (await p.count(page, '.pane video')) === 1, 'it alone');
    await seek(page, 7);
    await p.until(passed, 'what was not recorded to be passed over', 30);
    await p.until(() => videos(page, 'one.currentTime > 17'), 'it to play behind it', 30);
}

async function inside(page, name) {
    await choose(page, '.acts-main label:last-of-type select', 'zh');
    await seek(page, 3);
    await p.reads(page, '.cues', /斜射入水中/);
    await p.until(async () => (await p.text(page, '.line[aria-current] .line-text')).includes('斜射'), 'the transcript to follow');
    const pictures = await page.evaluate(() => Array.from(document.querySelectorAll('.line-chapter img'), (one) => one.getAttribute('src')));
    p.check(pictures.length === 2 && pictures.every((one) => one.includes(`${id}/tracks/screen/thumb?t=`)), `pictures of chapters: ${pictures}`); // test_library sees such ones shown
    await looksGood(page, `${name}-${LANGS[name]}`);
    await page.focus('.download summary');
    await page.keyboard.press('Enter');
    await p.until(() => p.has(page, '.download[open]'), 'the downloads');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    await p.until(() => page.evaluate(() => document.activeElement.matches('.download:not([open]) summary')), 'them to be closed, and the focus where it was');
    await press(page, '.act-cover');
    await p.reads(page, '.stage-notice', /封面|cover/);
    const { cover } = await up.api(`/items/${id}`);
    p.check(cover.lesson === id && cover.track === 'camera' && Math.abs(cover.time_ns - 3e9) < 1e8, `the cover: ${JSON.stringify(cover)}`);
    await page.click('.inside-find input');
    await page.keyboard.type('8');
    await p.reads(page, '.inside-none', /Nothing|没有/);
    await page.keyboard.press('Backspace');
    await press(page, '.inside-list li:last-child .line');
    await p.until(async () => (await page.evaluate(() => document.querySelector('.watch-place').value)) >= 8, 'the chapter');
}

async function threePresses(page, up, truth) {
    await seek(page, 3.1);
    await stands(page);
    await press(page, '.clipping .act:nth-of-type(1)');
    await seek(page, 5.2);
    await stands(page);
    await press(page, '.clipping .act:nth-of-type(2)');
    await page.waitForSelector('.act-save');
    await press(page, '.act-save');
    await p.until(() => page.evaluate(() => location.pathname.startsWith('/lessons/clip-')), 'the microlesson');
    await plays(page);
    await p.reads(page, '.stage-notice', /library|资源库/);
    const item = await up.api(`/items/${await page.evaluate(() => location.pathname.split('/')[2])}`);
    const [{ from_ns: from, to_ns: to }] = item.pieces;
    const kept = truth.filter(({ pts }) => pts * SECOND > from - 1000 && pts * SECOND < to - 1000);
    p.check(item.pieces.length === 1 && JSON.stringify(kept) === JSON.stringify(truth.filter(({ pts }, i) => pts <= 5.2006 && truth[i + 1].pts > 3.1006)),
        `the pictures that were seen are the first and the last: ${from} to ${to}`);
    p.check(Math.abs(from - kept[0].pts * SECOND) < 1000, `it begins at ${from}, and its first picture at ${kept[0].pts}`);
    await p.until(() => p.has(page, '.big-play'), 'its end'); // and not one of them that waits for another
    await finds(page, truth, 0, 3.1);
    await finds(page, truth, (to - from) / SECOND - 0.01, 5.2);
}

const up = await p.startUp(['demo']);
const made = addTwo(up);
const { id, truth } = made;
const middle = holed(up, made, 'mid0', ['sound/0002', 'camera/0002']), tail = holed(up, made, 'end0', ['sound/0003']);
await p.until(async () => (await up.api('/rooms/main')).online, 'the recorder');
const recording = (method) => fetch(`${up.url}api/v1/rooms/main/recording`, { method, body: '{}',
    headers: { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json' } });
await recording('POST');
const { lesson: running } = await p.until(async () => (await up.api('/rooms/main')).status, 'a lesson that runs');
const clip = await p.until(() => addClip(up, id), 'a clip');

const share = await addShare(up, clip);
let grown = 0; // browsers in which the lesson that runs did

await forEachBrowser(async (page, name) => {
    await page.goto(up.url.slice(0, -1) + share);
    await open(page, up, clip);
    console.log(`${name}, with a link: ${await joins(page, truth)} places around joins right`);
    await stepsBack(page, truth);
    await seek(page, 0);
    await stands(page);
    await page.click('.big-play');
    await p.until(() => page.evaluate(() => document.querySelector('.watch-place').value >= 4), 'it to play over the joins');
    await p.enter(page, up, LANGS[name]);
    await open(page, up, id);
    await page.click('.big-play');
    await plays(page);
    await together(page, 2500, `${name}, playing`);
    await seek(page, 9.5);
    await plays(page);
    await together(page, 1500, `${name}, after a seek`);
    await seek(page, 2);
    await choose(page, '.act-speed select', '2');
    await plays(page);
    await together(page, 2000, `${name}, twice as fast`);
    await page.keyboard.press(' ');
    await stands(page);
    for (const at of [0, 7.9, 8, 0.1, 12.3, 23.9, 16]) {
        await finds(page, truth, at, at);
    }
    await inside(page, name);
    await seek(page, 12);
    await stands(page);
    await threePresses(page, up, truth);
    await open(page, up, id);
    await seek(page, 13);
    await stands(page);
    await page.evaluate(() => dispatchEvent(new Event('pagehide')));
    await open(page, up, id);
    await p.reads(page, '.resumed', /00:13/);
    await p.until(async () => await p.demoClock(page) === truth.filter((one) => one.pts <= 13.0006).at(-1).code, 'where one was');
    const seen = truth.findIndex((one) => one.pts > 13.0006) - 1; // by pictures on, and back before where one was
    for (const [key, i] of [['.', seen + 1], ['.', seen + 2], [',', seen + 1], [',', seen], [',', seen - 1]]) {
        await page.keyboard.press(key);
        await p.until(async () => await p.demoClock(page) === truth[i].code, `picture ${i - seen}`, 20);
    }
    await holes(page, up);
    await grows(page, up, name);
    grown++;
    if (grown === browsers().length) {
        await recording('DELETE');
    }
    await p.until(() => p.has(page, '.lesson-edit'), 'its end to be seen', 60);
});
await up.close();
