// SPDX-License-Identifier: GPL-3.0-or-later
//
// The library: a word is found as it is typed and opened at its second, facets narrow the list, what
// is said of a lesson is written by two at once and nothing is lost, lessons are gathered, shared,
// thrown away, brought back and deleted for ever; a long list comes part by part.

import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shot, source, temporary, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';

const FILL = 30;
const bin = process.env.LCT_BIN ?? join(source, 'build/bin');
const words = {
    zh: { none: /没有符合/, saved: /^已保存/, unsaved: /还没有保存/, conflict: /两边不同/, used: /有微课使用它.*牛顿/, trashed: /已移入回收站/, copied: /观看链接/, gone: /已彻底删除/ },
    en: { none: /No lesson/, saved: /^Saved/, unsaved: /not saved/, conflict: /differ/, used: /Microlessons are made of it.*牛顿/, trashed: /In the trash/, copied: /watch link/, gone: /Deleted for ever/ },
};

const original = join(temporary(), 'lesson');
execFileSync(join(bin, 'lectern'), ['record', '--source', 'demo', '--duration', '3', '--out', original], { stdio: 'ignore' });

const ids = Array.from({ length: FILL }, (_, i) => `202601${String(28 - Math.floor(i / 4)).padStart(2, '0')}-${17 - 2 * (i % 4)}0000-main-0001`);

/** A library of copies of a real lesson, some of them described. */
function fill(data) {
    for (const [i, id] of ids.entries()) {
        const folder = join(data, 'lessons', id);
        cpSync(original, folder, { recursive: true });
        writeFileSync(join(folder, 'text.jsonl'), i === 0 ? `${JSON.stringify({ time_ns: 2e9, to_ns: 3e9, text: '牛顿第一定律：惯性' })}\n` : '');
        if (i < 3) {
            writeFileSync(join(folder, 'metadata.json'), JSON.stringify({ version: 1, title: ['运动和力', '光的折射', '二次函数'][i],
                stage: '初中', subject: ['物理', '物理', '数学'][i], grade: ['八年级', '八年级', '九年级'][i], teachers: [['王芳'], ['李强'], ['王芳']][i] }));
        }
    }
}

const send = (up, method, path, body, headers = {}) => fetch(`${up.url}api/v1${path}`,
    { method, headers: { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json', ...headers }, body: body && JSON.stringify(body) });

const titles = (page) => page.evaluate(() => Array.from(document.querySelectorAll('.item-name'), (one) => one.textContent));
const shows = (page, wanted) => p.until(async () => (await titles(page)).join() === wanted.join(), `the cards ${wanted}`);

/** Into a field, as if typed. */
const fillIn = (page, selector, value) => page.evaluate(({ s, v }) => {
    const field = document.querySelector(s);
    field.value = v;
    field.dispatchEvent(new Event(field.matches('select') ? 'change' : 'input', { bubbles: true }));
}, { s: selector, v: value });

const press = (page, selector) => page.evaluate((s) => document.querySelector(s).click(), selector);
const closed = (page) => p.until(async () => !(await p.has(page, 'dialog')), 'the details to close');

async function openDetails(page, title) {
    await page.evaluate((wanted) => {
        const card = Array.from(document.querySelectorAll('.item')).find((one) => one.querySelector('.item-name').textContent === wanted);
        card.querySelector('.item-acts .button').focus();
    }, title);
    await page.keyboard.press('Enter');
    await p.until(() => p.has(page, 'dialog .metadata-title input'), 'the details');
}

async function describe(page, up, lang) {
    const t = words[lang];
    await openDetails(page, '光的折射');
    await fillIn(page, '.metadata-title input', '光的折射现象');
    const cover = await page.evaluate(() => {
        const one = document.querySelectorAll('.cover')[2];
        one.querySelector('input').click();
        one.scrollIntoView();
        return one.querySelector('img').getAttribute('src');
    });
    await p.until(() => page.evaluate(() => Array.from(document.querySelectorAll('.cover img')).slice(0, 3).every((one) => one.naturalWidth > 0)), 'pictures to choose from');
    await shot(page, `library-cover-${lang}-desk`);
    await press(page, '.metadata-state .button:nth-child(2)');
    /* Somebody else saves meanwhile: another title, another school. */
    const before = await send(up, 'GET', `/items/${ids[1]}`);
    const theirs = await send(up, 'PUT', `/items/${ids[1]}/metadata`, { ...(await before.json()).metadata, title: '折射', school: '第一中学' },
        { 'If-Match': before.headers.get('ETag') });
    p.check(theirs.ok, `somebody else saves: ${theirs.status}`);
    await press(page, '.metadata-foot .button');
    await p.reads(page, '.metadata .band', t.conflict);
    p.check(await page.evaluate(() => document.querySelector('.metadata-title input').value) === '光的折射现象', 'what was written stands there');
    p.check(await p.count(page, '.theirs') === 1, 'the title collides and nothing else');
    await shot(page, `library-conflict-${lang}`);
    await press(page, '.metadata-foot .button');
    await p.reads(page, '.metadata-foot [role=status]', t.saved);
    const now = (await up.api(`/items/${ids[1]}`)).metadata;
    p.check(now.title === '光的折射现象' && now.school === '第一中学' && now.state === 'published' && now.teachers[0] === '李强'
        && now.cover.lesson === ids[1], `saved: ${JSON.stringify(now)}`);

    await p.until(() => page.evaluate((src) => Array.from(document.querySelectorAll('.item-sight img')).some((one) => one.getAttribute('src') === src), cover), 'the cover on its card');

    /* Changes that are not saved are not lost by Escape. */
    await fillIn(page, '.metadata-description textarea', '用激光笔演示');
    await page.keyboard.press('Escape');
    await p.reads(page, '.leaving', t.unsaved);
    await page.keyboard.press('Escape'); // Chromium asks no second time
    await p.until(() => p.has(page, 'dialog.details:modal'), 'the window to stay');
    await press(page, '.metadata-foot .button');
    await p.until(async () => (await up.api(`/items/${ids[1]}`)).metadata.description === '用激光笔演示', 'the description');

    /* A link for others, and its end. */
    await press(page, '.new-link .button');
    await p.until(async () => (await up.api(`/items/${ids[1]}/shares`)).shares.length === 1, 'a link');
    await p.reads(page, '.sharing-news', t.copied);
    await looksGood(page, `library-details-${lang}`, '.details');
    await press(page, '.watch-link .ask .button');
    await p.asked(page);
    await press(page, '.watch-link .button-bad');
    await p.until(async () => (await up.api(`/items/${ids[1]}/shares`)).shares.length === 0, 'the link to go');

    /* Into the collection that was made. */
    await press(page, '.memberships input');
    await p.until(async () => (await up.api('/collections')).collections[0].count === 1, 'one in the collection');
    await press(page, '.details-close');
    await closed(page);
}

/** As wide as the screen, and no complaint of axe's. */
async function looksGood(page, name, part) {
    await page.evaluate(p.AXE);
    for (const size of ['phone', 'desk']) {
        await p.resize(page, size);
        await p.sleep(200);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        p.check(wide <= 0, `${name} (${size}) is ${wide} pixels wider than the screen`);
        const found = await page.evaluate((s) => window.axe.run(s), part);
        p.check(found.violations.length === 0, `axe on ${name}: ${JSON.stringify(found.violations.map((one) => [one.id, one.nodes[0].html]))}`);
        await shot(page, `${name}-${size}`);
    }
}

const terms = async (up, field) => (await up.api('/vocabularies'))[field].map(({ term }) => term);

/** The terms that are offered are changed; who uses one is said, and follows. */
async function offers(page, up, lang) {
    const t = words[lang];
    const row = (term) => page.evaluate((wanted) => Array.from(document.querySelectorAll('.term')).findIndex((one) => one.textContent.includes(wanted)) + 1, term);
    await page.focus('.place-terms');
    await page.keyboard.press('Enter');
    await p.until(() => p.has(page, '.term'), 'the terms');
    await press(page, `.term:nth-child(${await row('物理')}) .term-edit`);
    await fillIn(page, '.term .term-zh', '物理学');
    await page.keyboard.press('Escape');
    await p.reads(page, '.leaving', t.unsaved);
    await press(page, '.term-form button[type=submit]');
    await p.reads(page, '.terms-left', /2/);
    await looksGood(page, `library-terms-${lang}`, '.details');
    await press(page, '.terms-left .button');
    await p.reads(page, '.details .band-good', /2.*物理学/);
    for (const id of [ids[0], ids[1]]) {
        const { metadata } = await up.api(`/items/${id}`);
        p.check(metadata.subject === '物理学' && metadata.grade === '八年级', `its subject follows: ${JSON.stringify(metadata)}`);
    }
    const before = (await terms(up, 'subject')).indexOf('物理学');
    await press(page, `.term:nth-child(${await row('物理学')}) .order .button`);
    await p.until(async () => (await terms(up, 'subject')).indexOf('物理学') === before - 1, 'it is one place up');
    await press(page, `.term:nth-child(${await row('数学')}) .ask .button`);
    await p.asked(page);
    await p.reads(page, '.term .ask-words', /1.*数学/);
    await page.keyboard.press('Escape'); // the question, not the window
    await p.until(() => page.evaluate(() => document.activeElement.matches('dialog[open] .ask .button') && !document.querySelector('.ask-open')), 'the question to go');
    await page.keyboard.press('Enter');
    await p.asked(page);
    await press(page, '.term .button-bad');
    await p.until(async () => !(await terms(up, 'subject')).includes('数学'), 'it is taken away');
    p.check((await up.api(`/items/${ids[2]}`)).metadata.subject === '数学', 'who says it goes on saying so');
    await fillIn(page, '.terms-field select', 'points');
    await fillIn(page, '.term-new .term-zh', '惯性定律');
    await press(page, '.term-new button');
    await p.until(async () => (await terms(up, 'points')).join() === '惯性定律', 'a new one');
    await p.until(() => page.evaluate(() => !document.querySelector('.term-new .term-zh').value), 'nothing to be left to save');
    await page.keyboard.press('Escape');
    await closed(page);
    p.check(await page.evaluate(() => document.activeElement.matches('.place-terms')), 'the focus is where it was');
    await openDetails(page, '二次函数');
    await fillIn(page, '.metadata-points input', '抛物线，');
    p.check(await page.evaluate(() => document.querySelector('#terms-points option').value) === '抛物线，惯性定律', 'it is offered behind the others');
    await press(page, '.metadata-foot .button');
    await p.reads(page, '.metadata-foot [role=status]', t.saved);
    await press(page, '.details-close');
    await closed(page);
}

/** A collection is called otherwise, described and put in order while somebody else puts one more in. */
async function arrange(page, up, lang) {
    const { id } = (await up.api('/collections')).collections[0];
    const put = async (items) => {
        const { title } = await up.api(`/collections/${id}`);
        const answer = await send(up, 'PUT', `/collections/${id}`, { title, items }, { 'If-Match': '*' });
        p.check(answer.ok, `the collection: ${answer.status}`);
    };
    await put([ids[1], 'gone', ids[2]]);
    await page.reload();
    await shows(page, ['光的折射现象', '二次函数']);
    await press(page, '.collection-edit');
    await p.until(() => p.has(page, '.in-collection .term'), 'what is in it');
    await fillIn(page, '.collection-form input', '精品课');
    await fillIn(page, '.collection-form textarea', '第一学期\n<b>物理</b>');
    await press(page, '.in-collection .term:nth-child(2) .order .button:first-child');
    await p.until(async () => /二次函数/.test(await p.text(page, '.in-collection .term:first-child')), 'the other order');
    await looksGood(page, `library-collection-${lang}`, '.details');
    await put([ids[1], 'gone', ids[2], ids[0]]);
    await press(page, '.collection-form .button-main');
    await closed(page);
    await p.reads(page, '#shelves-title', /^精品课$/);
    await p.reads(page, '.collection-about', /<b>物理<\/b>/);
    await shows(page, ['二次函数', '光的折射现象', '运动和力']);
    const now = await up.api(`/collections/${id}`);
    p.check(now.items.join() === [ids[2], ids[1], 'gone', ids[0]].join(), `its order: ${now.items}`);
    await share(page, up, id, lang);
}

/* A link of it is made, and shows what is in it to who has nothing else. */
async function share(page, up, id, lang) {
    await press(page, '.collection-share');
    await press(page, '.new-link .button');
    await p.reads(page, '.sharing-news', words[lang].copied);
    await looksGood(page, `library-share-${lang}`, '.details');
    await press(page, '.details-close');
    await closed(page);
    const [{ url }] = (await up.api(`/collections/${id}/shares`)).shares;
    const before = page.url();
    await page.goto(up.url.slice(0, -1) + url);
    await shows(page, ['二次函数', '光的折射现象', '运动和力']);
    p.check(new URL(page.url()).pathname === `/collections/${id}` && !page.url().includes('link='), `the page: ${page.url()}`);
    await p.reads(page, '.shared h1', /^精品课$/);
    await looksGood(page, `library-shared-${lang}`, 'body');
    await page.goto(before);
    await shows(page, ['二次函数', '光的折射现象', '运动和力']);
}

async function uses(page, up, clip, lang) {
    const t = words[lang];
    await p.enter(page, up, lang);
    await p.resize(page, 'desk');
    await page.click('.place[href="/library"]');
    await p.until(async () => (await p.count(page, '.item')) === 24, 'the first part of the list');
    await press(page, '.shelves-more');
    await p.until(async () => (await p.count(page, '.item')) === FILL + 1 && !(await p.has(page, '.shelves-more')), 'the whole list');

    /* A word that stands only on a slide, as it is typed. */
    await page.click('.search input');
    await page.keyboard.type('惯性');
    await shows(page, ['运动和力']);
    p.check(await page.evaluate(() => document.querySelector('.hit-at').getAttribute('href')) === `/lessons/${ids[0]}?t=2`, 'it opens at its second');
    await p.until(() => page.evaluate(() => document.querySelector('.hit-picture')?.naturalWidth > 0), 'a picture of the slide');
    await shot(page, `library-search-${lang}`);
    await fillIn(page, '.search input', 'qqq');
    await p.reads(page, '.found', t.none);
    await press(page, '.found .button');
    await p.until(async () => (await p.count(page, '.item')) === 24, 'everything again');

    /* Facets; they stand in the address. */
    await fillIn(page, '.sort select', 'title');
    await fillIn(page, '.filter:nth-of-type(2) select', '物理');
    await shows(page, ['光的折射', '运动和力']);
    await page.reload();
    await shows(page, ['光的折射', '运动和力']);

    await fillIn(page, '.new-collection input', '物理精品');
    await press(page, '.new-collection .button');
    await p.until(async () => (await up.api('/collections')).collections.length === 1, 'a collection');
    await p.until(async () => (await p.count(page, '.item')) === 0, 'nothing in it yet');
    await page.goBack();
    await shows(page, ['光的折射', '运动和力']);
    await p.until(() => page.evaluate(() => document.querySelectorAll('.places-in > button').length === 3), 'the collection');
    await describe(page, up, lang);
    await press(page, '.places-in .place-in:nth-of-type(2)');
    await shows(page, ['光的折射现象']);
    await arrange(page, up, lang);

    /* The trash: a lesson that is used is said to be. */
    await page.goto(`${up.url}library?q=${encodeURIComponent('运动')}`);
    await shows(page, ['运动和力']);
    await openDetails(page, '运动和力');
    await page.evaluate(() => {
        window.line = window.fetch;
        window.fetch = () => Promise.reject(new TypeError('away'));
    });
    await press(page, '.details-trash .button');
    await p.until(() => p.has(page, '.details-trash .band'), 'the line to be away');
    p.check(!(await p.has(page, '.details-trash .button-bad')), 'no "anyway" without a word of who uses it');
    await page.evaluate(() => {
        window.fetch = window.line;
    });
    await press(page, '.details-trash .button');
    await p.reads(page, '.details-trash .band', t.used);
    await press(page, '.details-trash .button-bad');
    await closed(page);
    await p.reads(page, '.shelves-news', t.trashed);
    await shows(page, []);
    await press(page, '.shelves-news .button'); // undo
    await shows(page, ['运动和力']);
    await openDetails(page, '运动和力');
    await press(page, '.details-trash .button');
    await p.reads(page, '.details-trash .band', t.used);
    await press(page, '.details-trash .button');
    await closed(page);
    await shows(page, []);
    await press(page, '.places-in > button:last-of-type');
    await shows(page, ['运动和力']);
    await press(page, '.item .ask .button');
    await p.asked(page);
    await p.reads(page, '.ask-words', /牛顿/);
    await looksGood(page, `library-trash-${lang}`, 'body');
    await press(page, '.item .button-bad');
    await p.reads(page, '.shelves-news', t.used); // refused: a microlesson would be broken
    p.check((await up.api(`/items/${ids[0]}`)).id === ids[0], 'it is still there');
    await press(page, '.item .item-acts > .button'); // restore
    await p.until(async () => (await p.count(page, '.item')) === 0, 'the trash to be empty');
    await page.goto(`${up.url}library?kind=clip`);
    await shows(page, ['牛顿第一定律']);
    await openDetails(page, '牛顿第一定律');
    await press(page, '.details-trash .button');
    await closed(page);
    await shows(page, []);
    await press(page, '.places-in > button:last-of-type');
    await shows(page, ['牛顿第一定律']);
    await press(page, '.item .ask .button');
    await p.asked(page);
    await press(page, '.item .button-bad');
    await p.reads(page, '.shelves-news', t.gone);
    p.check((await up.api(`/items/${clip}`)).fault, 'it is gone');
    await page.goto(`${up.url}library`);
    await p.until(async () => (await p.count(page, '.item')) === 24, 'the library');
    await offers(page, up, lang);
    await looksGood(page, `library-${lang}`, 'body');
    console.log(`${lang}: found, described, gathered, shared, thrown away and brought back`);
}

await Promise.all([['chromium', 'zh'], ['firefox', 'en']].map(async ([name, lang]) => {
    const up = await p.startUp(['demo'], { fill });
    await p.until(async () => (await up.api('/library?limit=1')).total === FILL, 'all lessons');
    const clip = await send(up, 'POST', '/clips', { title: '牛顿第一定律', edl: { version: 1, pieces: [{ lesson: ids[0], from_ns: 0, to_ns: 1e9 }] } });
    const { id } = await clip.json();
    await withBrowser(name, (page) => uses(page, up, id, lang));
    await up.close();
}));
