// SPDX-License-Identifier: GPL-3.0-or-later
//
// The sign that a room is on air, and who may watch it, by the keyboard alone: a link is copied,
// made, revoked; the room is public and no longer. Who has a link sees the room and nothing else,
// until it is revoked.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { browsers, shot, source, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';
import * as w from './_watch.mjs';

const OFFER = readFileSync(join(source, 'tests/data/sdp/chromium.sdp'), 'utf8');
const words = {
    zh: { off: /未在直播/, air: /正在直播.*1 人在看/, copied: /观看链接已复制/, isPublic: /公开的/ },
    en: { off: /Off air/, air: /On air.*1 viewer/, copied: /The watch link is copied/, isPublic: /is public/ },
};

const links = async (up) => (await up.api('/rooms/main/links')).links;

const buttonTop = (page) => page.evaluate(() => document.querySelector('.big').getBoundingClientRect().top + scrollY);

/** A viewer who only says hello. */
async function oneViewer(up, bearer) {
    const answer = await fetch(`${up.url}api/v1/live/main/whep`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/sdp' },
        body: OFFER,
    });
    p.check(answer.status === 201, `a viewer is let in: ${answer.status}`);
    return () => fetch(new URL(answer.headers.get('Location'), up.url), {
        method: 'DELETE',
        headers: { Authorization: `Bearer ${bearer}` },
    });
}

async function shares(page, up, lang) {
    const t = words[lang];
    await p.enter(page, up, lang);
    await p.reads(page, '.air', t.off);
    await p.resize(page, 'phone');
    const before = await buttonTop(page);
    await p.record(page, 'x');
    p.check(await buttonTop(page) === before, 'the button stays where it is when the lesson begins');
    await p.resize(page, 'desk');
    await p.until(async () => (await fetch(`${up.url}api/v1/live/main/whep`, { method: 'POST', body: OFFER,
        headers: { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/sdp' } })).status === 201, 'live');
    await p.reads(page, '.air-on', t.air);

    await p.press(page, '.sharing-head .button-main');
    await p.reads(page, '.sharing-news', t.copied);
    p.check((await links(up)).length === 1, 'one link was made');
    await page.evaluate(() => document.querySelector('.sharing-head .button-main').focus());
    await page.keyboard.press('Enter');
    await p.reads(page, '.sharing-news', t.copied);
    p.check((await links(up)).length === 1, 'the next one who wants it gets the same');

    await p.press(page, '.sharing-more');
    await page.waitForSelector('.watch-link');
    await p.press(page, '.new-link .button');
    await p.until(async () => (await p.count(page, '.watch-link')) === 2, 'the second link');
    await p.looksGood(page, `sharing-links-${lang}`);

    const [{ url }] = await links(up);
    const token = new URL(url, up.url).searchParams.get('link');
    await oneViewer(up, token);
    await page.evaluate(() => document.querySelector('.sharing-more').focus());
    await p.press(page, '.watch-link:first-child .ask .button');
    await p.asked(page);
    await p.looksGood(page, `sharing-asking-${lang}`);
    await page.keyboard.press('Escape');
    await p.until(async () => !(await p.has(page, '.ask-open')), 'Escape to be a no');
    p.check((await links(up)).length === 2, 'nothing was revoked');
    await page.keyboard.press('Enter');
    await p.asked(page);
    await p.press(page, '.ask-open .button-bad');
    await p.until(async () => (await p.count(page, '.watch-link')) === 1, 'the link to go');
    p.check(await page.evaluate(() => document.activeElement.classList.contains('sharing-more')), 'the focus is not lost');
    await p.reads(page, '.air-on', t.air); // and its viewer with it

    await p.press(page, '.sharing-public .button');
    await p.asked(page);
    await p.press(page, '.ask-open .button-bad');
    await p.until(async () => (await up.api('/rooms/main')).public, 'the room to be public');
    await p.reads(page, '.sharing .band-warn', t.isPublic);
    await p.looksGood(page, `sharing-public-${lang}`);
    await page.evaluate(() => document.querySelector('.sharing-more').focus());
    await p.press(page, '.sharing-public .button');
    await p.until(async () => !(await p.has(page, '.sharing .band-warn')), 'the room to be closed');
    await p.stop(page);
    await p.reads(page, '.air', t.off);
}

/** A browser that knows no code. */
async function byLink(page, up) {
    const lesson = await w.startLesson(up, '第一课');
    const made = await fetch(`${up.url}api/v1/rooms/main/links`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json' },
        body: '{"seconds":600}',
    });
    const { id, url } = await made.json();
    const answer = await page.goto(`${up.url}watch/main`);
    p.check(answer.status() === 401, 'nobody comes in without');
    await page.goto(new URL(url, up.url).href);
    p.check(await page.evaluate(() => location.pathname + location.search) === '/watch/main', 'the token left the address');
    await page.waitForSelector('.watch-acts');
    await w.plays(page, 2);
    for (const path of ['', `api/v1/recordings/${lesson}`, 'api/v1/rooms', 'watch/other']) {
        const got = await page.evaluate(async (where) => (await fetch(where)).status, up.url + path);
        p.check(got === 401, `a link does not open /${path}: ${got}`);
    }
    await fetch(`${up.url}api/v1/rooms/main/links/${id}`,
        { method: 'DELETE', headers: { Authorization: `Bearer ${up.code}` } });
    await p.until(async () => (await up.api('/rooms/main')).viewers === 0, 'the viewer to be ended');
    await p.reads(page, '.stage-words', /已失效|not good any more/); // the page looks why, and is told
    await shot(page, 'sharing-refused');
    await w.stopLesson(up);
}

async function inRoom(name, test) {
    const up = await p.startUp(['demo']);
    await withBrowser(name, (page) => test(page, up));
    await up.close();
}

const languages = { chromium: 'zh', firefox: 'en' };
await Promise.all([
    ...browsers('chromium').map((name) => inRoom(name, (page, up) => shares(page, up, languages[name]))),
    inRoom('chromium', byLink),
]);
console.log('links are copied, made and revoked by the keyboard; who has one sees the room alone');
