// SPDX-License-Identifier: GPL-3.0-or-later
//
// The whole way of microlessons through the real pages, by mouse and keyboard: a lesson is recorded and
// stopped; three microlessons are cut out of it, titled, one with a chapter, and saved together; one of
// them is found by a word of two characters that stands only on a slide, and watched on a phone; it is
// exported by a preset with its subtitles drawn, looked after where it was asked for, downloaded and
// dismissed; and a teacher makes one by three presses in the player.

import { deep, forEachBrowser, shot } from './_browsers.mjs';
import { keys, looksGood, seconds } from './_edit.mjs';
import * as p from './_page.mjs';

const words = {
    zh: { lesson: '光的折射 <b>', titles: ['引入', '实验', '小结'], chapter: '提出问题', saved: /已存 3 节微课/, slide: /课件/, must: /不足下限/,
        drawn: /重新编码/, done: /已完成/ },
    en: { lesson: 'Refraction <b>', titles: ['The question', 'Experiment', 'Summary'], chapter: 'What do we see?', saved: /3 microlessons/, slide: /slide/,
        must: /must last 30:00/, drawn: /encoded anew/, done: /done/ },
};
const LANGS = { chromium: ['zh', 'en'], firefox: ['en', 'zh'] }; // the second in a campaign
const ON_A_SLIDE = '演示'; // docs/sources.md: the demo's slides
const SMALL = '.export:nth-last-child(3)'; // sound and what is wrong are behind it

const titles = (page) => page.evaluate(() => Array.from(document.querySelectorAll('.item-name'), (one) => one.textContent));
const leave = (page) => page.evaluate(() => document.activeElement.blur());
const playing = (page) => p.until(() => page.evaluate(() => Array.from(document.querySelectorAll('.pane video')).every((one) => !one.paused && one.currentTime > 1.3)), 'it to play');

async function records(page, t) {
    await p.record(page, t.lesson);
    await p.until(async () => (await p.elapsed(page)) >= 7, 'seven seconds');
    await p.stop(page);
    await p.until(() => p.has(page, '.recording:first-child .badge-ended'), 'the recording has ended');
}

/** Three of a second each; the first begins with a chapter. */
async function cuts(page, t, name) {
    await page.click('.recording:first-child .recording-acts > a:last-of-type');
    await p.until(() => p.has(page, '.edit-empty'), 'the editor', 30);
    for (const [i, title] of t.titles.entries()) {
        if (i > 0) {
            await keys(page, 'n');
            await p.until(async () => (await p.count(page, '.edit-tabs .act')) === i + 2, 'one more');
        }
        await seconds(page, 1);
        await keys(page, 'i');
        await seconds(page, 1);
        await keys(page, 'o', 'Enter');
        await p.until(async () => (await p.count(page, '.edit-piece')) === 1, 'a piece');
        await page.click('.edit-title');
        await page.keyboard.type(title);
        await leave(page);
        if (i === 0) {
            await seconds(page, 1, 'ArrowLeft');
            await keys(page, 'c');
            await page.waitForSelector('.edit-chapter');
            await page.click('.edit-chapter');
            await page.keyboard.type(t.chapter);
            await leave(page);
            await seconds(page, 1);
        }
    }
    await p.until(() => page.evaluate(() => !document.querySelector('.edit-save > .act:nth-of-type(2)').disabled), 'all to be saved');
    await page.click('.edit-save > .act:nth-of-type(2)');
    await p.reads(page, '.edit-notice', t.saved, 30);
    await looksGood(page, `walk-editor-${name}`);
}

/** By the word on the slide; opened at it, on a phone. */
async function findsAndWatches(page, t, name) {
    await page.click('.places a[href="/library"]');
    const all = [...t.titles].reverse().concat(t.lesson);
    await p.until(async () => (await titles(page)).join() === all.join(), 'three microlessons and their lesson', 30);
    await page.click('.search input');
    await page.keyboard.type(ON_A_SLIDE);
    await p.until(async () => t.slide.test(await p.text(page, '.hit-kind')) && (await p.count(page, '.item')) === 4, 'the word on the slide', 60);
    await looksGood(page, `walk-found-${name}`, '.shelves');
    await p.resize(page, 'phone');
    await p.until(() => page.evaluate(() => !document.querySelector('.filters').open), 'the filters to make room');
    await page.evaluate((title) => Array.from(document.querySelectorAll('.item')).find((one) => one.querySelector('.item-name').textContent === title)
        .querySelector('.hit-at').click(), t.titles[0]);
    await page.waitForSelector('.big-play');
    await p.shown(page);
    p.check((await p.text(page, '.line-chapter .line-text')).endsWith(t.chapter), 'its chapter');
    await page.click('.big-play');
    await playing(page);
    await p.until(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it to be no wider than the phone');
    await shot(page, `walk-phone-${name}`);
    await p.resize(page, 'desk');
}

async function exports(page, up, t, name) {
    const clip = await page.evaluate(() => location.pathname.split('/')[2]);
    await page.evaluate((id) => fetch(`/api/v1/items/${id}/subtitles/zh`, { method: 'PUT', body: 'WEBVTT\n\n00:00.200 --> 00:05.000\n光的折射\n' }), clip);
    await page.evaluate(() => document.querySelector('.download summary').click());
    await p.until(() => p.has(page, '.exports-drawn select'), 'subtitles can be drawn');
    await page.evaluate(() => {
        const choice = document.querySelector('.exports-drawn select');
        choice.value = 'zh';
        choice.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await p.reads(page, '.exports-drawn', t.drawn);
    await p.until(() => p.has(page, `${SMALL} .export-make`), 'the presets');
    await p.reads(page, '.download-list', t.must);
    await looksGood(page, `walk-export-${name}`, '.watch-top');
    if (name === 'chromium') { // Puppeteer cannot catch Firefox's downloads
        const [saved] = await Promise.all([page.waitForEvent('download'), page.click('.download-list a')]);
        p.check(saved.suggestedFilename().endsWith('.mp4'), `it is saved as ${saved.suggestedFilename()}`);
        await page.evaluate(() => document.querySelector('.download summary').click());
    }
    await page.evaluate((selector) => document.querySelector(selector).click(), `${SMALL} .export-make`);
    await p.reads(page, `${SMALL} .export-job`, t.done, 60);
    const kind = await page.evaluate(async (selector) => {
        const answer = await fetch(document.querySelector(selector).href);
        return `${answer.status} ${answer.headers.get('Content-Type')}`;
    }, `${SMALL} .export-file`);
    p.check(kind === '200 video/mp4', `its file: ${kind}`);
    const { captions } = (await up.api('/jobs')).jobs.find((job) => job.kind === 'export');
    p.check(captions === 'zh', `subtitles: ${captions}`);
    await page.goto(up.url);
    await p.reads(page, '.job:first-child .health', t.done);
    p.check((await p.text(page, '.job:first-child .job-name')) === t.titles[0], 'it is among the jobs');
    await p.looksGood(page, `walk-jobs-${name}`, '.jobs');
    await p.press(page, '.job:first-child .job-acts button:last-child');
    await p.until(async () => !(await p.has(page, '.jobs')), 'it is gone');
}

async function threePresses(page, up, t, name) {
    await page.click('.recording-name');
    await page.waitForSelector('.big-play');
    await p.shown(page);
    await p.seekTo(page, 2);
    await page.click('.clipping .act:nth-of-type(1)');
    await p.seekTo(page, 3.5);
    await page.evaluate(() => document.querySelector('.watch-place').focus());
    await keys(page, 'o'); // the bar has the focus, and letters are the page's
    await page.waitForSelector('.act-save');
    await shot(page, `walk-presses-${name}`);
    await page.click('.act-save');
    await p.until(() => page.evaluate(() => location.pathname.startsWith('/lessons/clip-')), 'the microlesson');
    const { title, pieces } = await up.api(`/items/${await page.evaluate(() => location.pathname.split('/')[2])}`);
    const { reels } = await up.api(`/recordings/${pieces[0].lesson}/tracks/camera/index`);
    const times = reels.flatMap((reel) => reel.rows.map((row) => row[2]));
    const seen = [times.findLast((time) => time <= 2e9), times.find((time) => time > 3.5e9)]; // from the begin of one picture to the end of another
    p.check(pieces.length === 1 && pieces[0].from_ns === seen[0] && pieces[0].to_ns === seen[1], JSON.stringify([pieces, seen]));
    p.check(title.startsWith(t.lesson), `its title: ${title}`);
    await playing(page);
}

async function walk(page, browser, lang) {
    const t = words[lang];
    const name = `${browser}-${lang}`;
    const up = await p.startUp(['demo']);
    const rest = up.hurry();
    await p.enter(page, up, lang);
    await p.resize(page, 'desk');
    await records(page, t);
    await cuts(page, t, name);
    await findsAndWatches(page, t, name);
    await exports(page, up, t, name);
    await threePresses(page, up, t, name);
    rest();
    await up.close();
    console.log(`${browser} (${lang}): recorded, cut, found, watched, exported, and three presses`);
}

await forEachBrowser(async (page, name) => {
    for (const lang of deep ? LANGS[name] : LANGS[name].slice(0, 1)) {
        await walk(page, name, lang);
    }
}, 'firefox');
