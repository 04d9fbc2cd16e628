// SPDX-License-Identifier: GPL-3.0-or-later
//
// What people write may be anything: HTML, letters that run the other way with marks that turn whatever
// follows them, emoji, ends of lines, all of it as long as it may be. As what a room, a lesson, a microlesson,
// a collection, a chapter, a mark, a subtitle, a term, a teacher and a file are called it is text on every page
// and turns nothing beside it, and no page is wider than a phone. What is longer is refused in words.

import { browsers, shot, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';

const HTML = '<img src=x onerror="hacked=1"><script>hacked=1</script>';
const TURNS = '\u202eשלום עולם\u2067'; // letters from right to left, an override and an isolate that nobody ends
const cut = (text, n) => Array.from(text).slice(0, n).join('');
const NAME = `${HTML}${TURNS}👩‍🏫`;
const LONG = cut(NAME + 'W'.repeat(200), 200);
const TEN = '题'.repeat(10000);

const up = await p.startUp(['demo'], { name: `<img src=x onerror=hacked=1>${TURNS}👩‍🏫` }); // 80 bytes at most

async function ask(method, path, body, headers = {}) {
    const isJson = typeof body === 'object';
    const answer = await fetch(`${up.url}api/v1${path}`, { method, body: isJson ? JSON.stringify(body) : body,
        headers: { Authorization: `Bearer ${up.code}`, ...(isJson && { 'Content-Type': 'application/json' }), ...headers } });
    return { status: answer.status, tag: answer.headers.get('ETag'), json: await answer.json().catch(() => null) };
}

async function must(method, path, body, headers) {
    const answer = await ask(method, path, body, headers);
    p.check(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
    return answer.json;
}

/** Refused, in both languages. */
async function refused(method, path, body) {
    const { status, json } = await ask(method, path, body);
    p.check(status === 400 && json.fault.en && /[\u4e00-\u9fff]/.test(json.fault.zh), `${method} ${path}: ${status} ${JSON.stringify(json)}`);
}

/** In the page: what ran, and what stands beside other words and is not isolated from them. */
function faults() {
    const bad = window.hacked || document.querySelector('img[src=x]') ? ['it ran'] : [];
    const isApart = (one) => getComputedStyle(one).display !== 'inline' || getComputedStyle(one).unicodeBidi !== 'normal';
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        let one = node.parentElement;
        while (!isApart(one)) {
            one = one.parentElement;
        }
        const alone = one.textContent.trim() === node.data.trim() && node.data.trim().startsWith('<img');
        const isolated = /\u2068[^\u202a-\u202e\u2066-\u2069]*\u2069/.test(node.data);
        if (/[\u0590-\u05ff]/.test(node.data) && !alone && !isolated) {
            bad.push(one.outerHTML);
        }
    }
    return bad;
}

async function holds(page, what) {
    await p.until(() => page.evaluate(() => /[\u0590-\u05ff]/.test(document.body.textContent)), `${what} to show it`);
    const bad = await page.evaluate(faults);
    p.check(bad.length === 0, `${what}: ${bad.join('\n')}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    p.check(wide <= 0, `${what} is ${wide} pixels wider than the phone`);
    await shot(page, `titles-${what}`);
}

/** A lesson and a microlesson of it, and all that is said of them. */
async function fill(page) {
    await page.goto(`${up.url}watch/main`);
    await p.until(() => page.evaluate(() => document.querySelector('.watch-lesson')?.textContent.startsWith('<img')), 'the lesson live');
    await holds(page, 'watch');
    await page.goto(up.url);
    await page.waitForSelector('.big-stop');
    await p.until(async () => (await p.elapsed(page)) >= 3, 'three seconds');
    await holds(page, 'recording');
    await p.stop(page);
    await p.until(() => p.has(page, '.recording:first-child .badge-ended'), 'its end');
    await must('POST', '/uploads', { name: `${cut(NAME, 80).replace(/[/]/g, '_')}.mp4`, size: 10 });
    await page.reload();
    await p.until(() => p.has(page, '.upload'), 'the upload');
    await holds(page, 'recordings');

    const [id] = up.lessons();
    const said = { version: 1, title: LONG, teachers: [cut(LONG, 50), cut(NAME, 50)], subject: cut(LONG, 60), school: cut(LONG, 60), points: [cut(LONG, 40)], description: `${LONG}\r\n${LONG}`, state: 'draft' };
    await refused('PUT', `/items/${id}/metadata`, { ...said, title: TEN });
    await must('PUT', `/items/${id}/metadata`, said);
    await must('PUT', `/items/${id}/chapters`, { chapters: [{ time_ns: 0, title: LONG }, { time_ns: 1e9, title: '<b>' }] });
    await must('PUT', `/items/${id}/subtitles/zh`, `WEBVTT\n\n00:00.000 --> 00:05.000\n<img src=x onerror="hacked=1">${'W'.repeat(60)} ${TURNS}\n`, { 'Content-Type': 'text/vtt' });
    const edl = { pieces: [{ lesson: id, from_ns: 0, to_ns: 1e9 }], chapters: [{ time_ns: 0, title: cut(LONG, 100) }], opening: { template: 'opening', fields: { title: LONG, school: NAME } } };
    await refused('POST', '/clips', { title: TEN, edl });
    const { id: clip } = await must('POST', '/clips', { title: LONG, edl });
    await refused('POST', '/collections', { title: TEN });
    const { id: collection } = await must('POST', '/collections', { title: LONG, description: LONG, items: [id, clip] });
    const { json: terms, tag } = await ask('GET', '/vocabularies');
    await must('PUT', '/vocabularies', { ...terms, subject: [{ term: cut(LONG, 60), en: cut(NAME, 60) }] }, { 'If-Match': tag });
    const file = await fetch(`${up.url}api/v1/clips/${clip}/media.mp4`, { headers: { Authorization: `Bearer ${up.code}` } });
    p.check(/^attachment; filename="[\w ().-]+"; filename\*=UTF-8''[\w%.-]+$/.test(file.headers.get('Content-Disposition')), `the file: ${file.headers.get('Content-Disposition')}`);
    return { id, clip, collection };
}

async function library(page, { clip, collection }) {
    const items = (n) => p.until(async () => (await p.count(page, '.item')) === n, `${n} items`);
    const press = (selector) => page.evaluate((s) => document.querySelector(s).click(), selector);
    await page.goto(`${up.url}library?q=img`);
    await items(2);
    await p.until(() => p.has(page, '.hit-text'), 'what was found');
    await holds(page, 'found');
    await press('.item-acts .button');
    await p.until(() => p.has(page, '.memberships input'), 'the details');
    await holds(page, 'details');
    await press('.details-close');
    await press('.place-terms');
    await p.until(() => p.has(page, '.term'), 'the terms');
    await holds(page, 'terms');
    await page.goto(`${up.url}library?collection=${collection}`);
    await items(2);
    await holds(page, 'collection');
    await press('.collection-edit');
    await p.until(() => p.has(page, '.in-collection .term'), 'what is in it');
    await holds(page, 'in-collection');
    await must('PUT', `/items/${clip}/trash`);
    await page.goto(`${up.url}library?trash=1`);
    await items(1);
    await press('.item-acts .button');
    await p.reads(page, '.shelves-news', /<img/);
    await holds(page, 'restored');
}

async function players(page, { id, clip }) {
    const share = await must('POST', `/items/${clip}/shares`, {});
    for (const [what, path] of [['lesson', `lessons/${id}`], ['clip', `lessons/${clip}`], ['edit', `edit/${clip}`], ['share', share.url.slice(1)]]) {
        await page.goto(up.url + path);
        if (what === 'edit') {
            await p.until(() => p.has(page, '.edit-saved'), 'the editor', 30);
            await page.evaluate(() => ['.edit-cards summary', '.edit-piece-main'].forEach((one) => document.querySelector(one).click()));
            await p.until(() => page.evaluate(() => document.querySelector('.card-picture')?.innerText.includes('<img')), 'the card');
        } else {
            await page.waitForSelector('.big-play');
            await page.keyboard.press('c');
            await p.reads(page, '.cues', /<img/);
        }
        await holds(page, what);
    }
}

await p.until(async () => (await up.api('/rooms/main')).online, 'the recorder');
await refused('POST', '/rooms/main/recording', { title: TEN });
await refused('POST', '/rooms/main/recording', { title: 'a\r\nb' });
await must('POST', '/rooms/main/recording', { title: cut(LONG, 80) });
await p.until(async () => (await up.api('/rooms/main')).status, 'a lesson that runs');
await refused('POST', '/rooms/main/marks', { label: TEN });
await must('POST', '/rooms/main/marks', { label: cut(LONG, 80) });
await withBrowser(browsers('chromium')[0], async (page) => {
    await p.enter(page, up, 'zh');
    await p.resize(page, 'phone');
    const made = await fill(page);
    await library(page, made);
    await players(page, made);
});
await up.close();
