// SPDX-License-Identifier: GPL-3.0-or-later
//
// What was saved is edited again: a microlesson of two lessons with cards and a logo opens in the editor
// from its page, gets a piece of a third lesson, is saved as its next version with all that it had, and
// goes on being the same one after an undo; an older version is taken up; what somebody else saved
// meanwhile is told. The preview plays pieces of several lessons. The school's logo is chosen and removed.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browsers, temporary, withBrowser } from './_browsers.mjs';
import { S, at, keptSo, keys, lessons, looksGood, range, seconds } from './_edit.mjs';
import * as p from './_page.mjs';

const words = {
    zh: { saved: /资源库/, kept: /已自动保存/, version: /第 1 版/, clash: /其他人保存了/ },
    en: { saved: /in the library/, kept: /^Kept$/, version: /version 1/, clash: /Somebody else has saved/ },
};
const ids = { zh: '20260301-080001-main-0001', en: '20260301-080002-main-0001' };
const [second, third] = ['20260302-080000-main-0002', '20260303-080000-main-0003'];
const up = await p.startUp(['demo'], { fill: lessons([...Object.values(ids), second, third], 5) });

const logo = join(temporary(), 'logo.svg');
writeFileSync(logo, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 30"><circle cx="30" cy="15" r="14" fill="#c01020"/></svg>');

/** Asks the server as a program would. */
async function ask(method, path, body, tag) {
    const response = await fetch(`${up.url}api/v1${path}`, { method, body: body && JSON.stringify(body), headers: {
        Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json', ...(tag && { 'If-Match': tag }) } });
    const json = await response.json();
    p.check(response.ok, `${method} ${path}: ${JSON.stringify(json)}`);
    return { json, tag: response.headers.get('ETag') };
}

const look = { opening: { template: 'opening', fields: { title: '光的折射', school: '实验小学' } }, closing: { template: 'closing', fields: {} }, logo: true };
/** What of an edit decision list a new version must keep. */
const looks = ({ opening, closing, logo }) => JSON.stringify([opening, closing, logo]);

/** The school's logo: what is no picture is refused in words, a picture is shown at once, on the card too, and can be removed. */
async function school(page, lang) {
    const bring = async (file) => {
        const input = await page.$('.edit-logo-choose input');
        await (input.setInputFiles ? input.setInputFiles(file) : input.uploadFile(file));
    };
    const seen = (where) => p.until(() => page.evaluate((box) => document.querySelector(box)?.naturalWidth === 1024, where), `the logo in ${where}`, 30);
    await page.click('.edit-cards summary');
    await p.until(() => p.has(page, '.edit-school:not([disabled])'), 'what is known of a logo', 30);
    await page.click('.edit-school');
    await bring(join(up.data, 'lessons', second, 'lesson.json'));
    await p.reads(page, '.edit-dialog [role=alert]', /PNG/);
    p.check((await fetch(`${up.url}api/v1/logo`, { headers: { Authorization: `Bearer ${up.code}` } })).status === 404, 'it was not taken');
    await bring(logo);
    await seen('.edit-logo img');
    p.check(await p.text(page, '.edit-dialog [role=alert]') === '', 'nothing is wrong any more');
    await looksGood(page, `edit-logo-${lang}`, '.edit-dialog');
    await page.keyboard.press('Escape');
    await seen('.card-logo img');
    p.check(readFileSync(join(up.data, 'logo.png')).subarray(1, 4).toString() === 'PNG', 'it lies where exports find it');
    await page.click('.edit-school');
    await page.click('.edit-logo-acts .ask .button');
    await p.asked(page);
    await page.click('.edit-logo-acts .button-bad');
    await p.until(async () => !(await p.has(page, '.edit-logo img')) && !existsSync(join(up.data, 'logo.png')), 'it to be gone', 30);
    await p.until(() => page.evaluate(() => document.activeElement.matches('.edit-logo-choose input')), 'the focus on what is left to do');
    await page.keyboard.press('Escape');
}

async function again(name, lang) {
    const t = words[lang];
    const id = ids[lang];
    await ask('PUT', `/items/${third}/metadata`, { title: '第三课' }, (await ask('GET', `/items/${third}`)).tag).catch(() => {}); // the other browser was first
    const edl = { pieces: [{ lesson: id, from_ns: S, to_ns: 2 * S, fade_in_ns: S / 2 }, { lesson: second, from_ns: 3 * S, to_ns: 4 * S }],
        chapters: [{ time_ns: 1.5 * S, title: '实验' }], ...look };
    const { json: { id: clip } } = await ask('POST', '/clips', { title: '折射', edl });
    const newest = async () => (await ask('GET', `/clips/${clip}`)).json;
    await withBrowser(name, async (page) => {
        await p.enter(page, up, lang);
        await p.resize(page, 'desk');
        await page.goto(`${up.url}lessons/${clip}`);
        await p.until(() => p.has(page, '.lesson-edit'), 'the way to the editor');
        await page.click('.lesson-edit');
        await p.until(async () => (await p.count(page, '.edit-piece')) === 2, 'its pieces', 30);
        p.check(await page.evaluate(() => document.querySelector('.edit-title').value) === '折射', 'its title');
        p.check(await page.evaluate(() => document.querySelector('.edit-chapter').value) === '实验', 'its chapter');
        await p.until(async () => (await p.count(page, '.edit-table .act')) === 3, 'both lessons on the table', 30);

        /* Its opening, as it will look; one word of it is another now. */
        await page.click('.edit-cards summary');
        await p.until(() => page.evaluate(() => document.querySelector('.card-picture')?.innerText.includes('光的折射')), 'the card', 30);
        p.check(await page.evaluate(() => document.querySelector('.edit-cards select').value === 'opening' && document.querySelector('.edit-cards .edit-check input').checked), 'what was chosen');
        await looksGood(page, `edit-cards-${name}-${lang}`);
        const put = (selector, value) => page.evaluate(([where, to]) => {
            const field = document.querySelector(where);
            field.value = to;
            field.dispatchEvent(new Event('input', { bubbles: true }));
            field.dispatchEvent(new Event('change', { bubbles: true }));
        }, [selector, value]);
        await put('.card-opening-school', '第二小学');
        await put('select[name=closing]', '');
        await keptSo(up, id, ({ clips }) => !clips[0].closing, 'no closing');
        await put('select[name=closing]', 'closing');
        const { clips: [chosen] } = await keptSo(up, id, ({ clips }) => clips[0].closing?.fields.title === '折射', 'a closing, filled in');
        p.check(chosen.opening.fields.school === '第二小学' && chosen.logo, JSON.stringify(chosen));

        /* A second of a third lesson, found by its title, goes between the two. */
        await page.click('.edit-table .act:last-of-type');
        await page.type('.edit-dialog input', '第三');
        await p.until(async () => (await p.count(page, '.edit-found button')) === 1, 'the third lesson', 30);
        if (name === 'chromium') {
            await looksGood(page, `edit-search-${lang}`, '.edit-dialog');
        }
        await page.click('.edit-found button');
        await p.until(() => p.has(page, '.edit-table .act:nth-child(3)[aria-pressed=true]'), 'its time line', 30);
        await seconds(page, 1);
        await keys(page, 'i');
        await seconds(page, 1);
        await keys(page, 'o', 'Enter');
        await p.until(async () => (await p.count(page, '.edit-piece')) === 3, 'its piece');
        await page.click('.edit-piece:nth-child(3) .edit-piece-main');
        await page.click('.edit-piece-acts .act:nth-child(1)');
        const { clips: [{ pieces }] } = await keptSo(up, id, ({ clips }) => clips[0].pieces[1]?.lesson === third, 'the order');
        const [own, [from, to], other] = pieces.map(range);
        p.check(JSON.stringify([own, other]) === JSON.stringify([[S, 2 * S], [3 * S, 4 * S]]) && Math.abs(from - S) < 0.3 * S && Math.abs(to - 2 * S) < 0.3 * S, `pieces ${JSON.stringify(pieces)}`);

        /* The preview goes through all three and ends in the second lesson. */
        await page.click('.edit-piece:nth-child(1) .edit-piece-main');
        await keys(page, 'p');
        await p.until(() => p.has(page, '.edit-table .act:nth-child(3)[aria-pressed=true]'), 'the preview in the third lesson', 60);
        await p.until(async () => (await p.has(page, '.edit-table .act:nth-child(2)[aria-pressed=true]')) && Math.abs((await at(page)) - 4 * S) <= 1e6,
            'the preview to end', 60);

        /* The next version has all that the first had; after an undo it is still the same microlesson. */
        await page.click('.edit-main');
        await p.reads(page, '.edit-notice', t.saved, 30);
        const saved = await newest();
        p.check(saved.version === 2 && looks(saved.edl) === looks(chosen), `cards and logo: ${JSON.stringify(saved)}`);
        p.check(saved.edl.pieces[1].lesson === third && saved.edl.pieces[0].fade_in_ns === S / 2 && saved.edl.chapters[0].time_ns === 1.5 * S + to - from, JSON.stringify(saved.edl));
        await page.keyboard.down('Control');
        await keys(page, 'z', 'z');
        await page.keyboard.up('Control');
        await p.until(async () => (await p.count(page, '.edit-piece')) === 2, 'undo');
        await page.click('.edit-main');
        await p.until(async () => (await newest()).version === 3, 'the same microlesson after an undo', 30);

        /* Its first version is taken up, and is the fourth. */
        await page.click('.edit-save .act[aria-haspopup]');
        await p.until(async () => (await p.count(page, '.edit-versions li')) === 3, 'its versions', 30);
        await page.evaluate(() => document.activeElement.blur());
        await keys(page, 'n'); // not behind the window
        await page.click('.edit-versions li:nth-child(2) .act'); // the second
        await p.until(async () => (await p.count(page, '.edit-piece')) === 3, 'the second version', 30);
        p.check((await p.count(page, '.edit-tabs .act')) === 2, 'one microlesson, and the button for more');
        await page.click('.edit-save .act[aria-haspopup]');
        await p.until(async () => (await p.count(page, '.edit-versions li')) === 3, 'its versions', 30);
        await looksGood(page, `edit-versions-${name}-${lang}`, '.edit-dialog');
        await page.click('.edit-versions li:nth-child(3) .act');
        await p.reads(page, '.edit-notice', t.version, 30);
        await p.until(async () => (await p.count(page, '.edit-piece')) === 2, 'the first version', 30);
        await page.click('.edit-main');
        const fourth = await p.until(async () => ((await newest()).version === 4 && newest()), 'the fourth version', 30);
        p.check(JSON.stringify(fourth.edl.pieces.map(range)) === JSON.stringify(edl.pieces.map(range)) && looks(fourth.edl) === looks(edl), 'it is as the first');

        await p.reads(page, '.edit-notice', t.saved, 30);

        /* Somebody else saves: nothing is saved over it unasked. */
        const { tag } = await ask('GET', `/clips/${clip}`);
        await ask('PUT', `/clips/${clip}`, { edl: { ...edl, pieces: [edl.pieces[0]], chapters: [] } }, tag);
        await page.click('.edit-main');
        await p.reads(page, '.band', t.clash, 30);
        p.check((await p.text(page, '.band')).includes('折射'), 'which one it is');
        p.check((await newest()).version === 5, 'nothing was saved over it');
        await page.click('.band .act:nth-of-type(1)');
        await p.until(async () => (await p.count(page, '.edit-piece')) === 1, 'what somebody else saved', 30);

        await seconds(page, 1);
        await p.until(async () => (await at(page)) > 1.5 * S, 'another moment than that of an opened one');
        const stood = await at(page);

        /* Somebody else takes the editing, and gives it back while the line is away: nothing is edited before it is what
         * was kept, and that is not the version with which the page was opened. */
        await ask('POST', `/edits/${id}/presence`, { editor: 'else', wish: 'take' });
        await p.until(() => p.has(page, '.band-warn .act'), 'that to be told', 30);
        await page.evaluate(() => {
            window.line = window.fetch;
            window.fetch = (address, how) => (/edits.[^/]*$/.test(address) ? Promise.reject(new TypeError('away')) : window.line(address, how));
            document.querySelector('.band-warn .act').click();
        });
        await p.until(() => p.has(page, '.band-bad .act'), 'the line to be away', 30);
        p.check(await page.evaluate(() => document.querySelector('.edit-main').disabled), 'nothing to be edited');
        await page.evaluate(() => {
            window.fetch = window.line;
            document.querySelector('.band-bad .act').click();
        });
        await p.until(() => page.evaluate(() => !document.querySelector('.band') && !document.querySelector('.edit-main').disabled), 'it to be edited again', 30);
        await p.sleep(500); // a microlesson that was opened would come
        p.check((await p.count(page, '.edit-piece')) === 1 && (await at(page)) === stood, 'what was edited, where it was');

        /* Opened once more it is the one that is here, with what was done since. */
        await keys(page, 'n');
        await p.until(async () => (await p.count(page, '.edit-tabs .act')) === 3, 'one more');
        await keptSo(up, id, ({ clips }) => clips.length === 2, 'it to be kept');
        await p.reads(page, '.edit-keeping', t.kept, 30);
        await page.goto(`${up.url}edit/${clip}`);
        await p.until(() => p.has(page, '.edit-tabs .act:nth-child(1)[aria-pressed=true]'), 'the microlesson to be chosen', 30);
        p.check((await p.count(page, '.edit-tabs .act')) === 3, 'it is not there twice');
        await looksGood(page, `edit-again-${name}-${lang}`);
        const { saved: ours } = await keptSo(up, id, () => true, 'the draft');
        p.check(Object.values(ours).filter((one) => one.id === clip).length === 1, `one of ours is it: ${JSON.stringify(ours)}`);

        if (name === browsers('firefox')[0]) { // there is one for all
            await school(page, lang);
        }
        console.log(`${name} (${lang}): ${(await ask('GET', `/clips/${clip}/versions`)).json.versions.length} versions`);
    });
}

const languages = { chromium: 'zh', firefox: 'en' };
await Promise.all(browsers('firefox').map((name) => again(name, languages[name])));
await up.close();
