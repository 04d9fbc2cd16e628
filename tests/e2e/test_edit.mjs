// SPDX-License-Identifier: GPL-3.0-or-later
//
// The editor: microlessons are cut out of a lesson by keyboard and by hand, everything is kept while
// it happens, through a killed server and a reload, with its undo; a second editor is told; what is
// saved is what was kept, and the preview plays just that.

import { join } from 'node:path';
import { source, withBrowser } from './_browsers.mjs';
import { S, at, keptOf as keptBy, keptSo, keys, lessons, looksGood, range, seconds } from './_edit.mjs';
import * as p from './_page.mjs';

const words = {
    zh: { kept: /已自动保存/, waiting: /尚未保存/, other: /有人正在编辑/, taken: /接管/, saved: /资源库/, empty: /还没有保留/ },
    en: { kept: /^Kept$/, waiting: /Not kept yet/, other: /Somebody else is editing/, taken: /taken the editing over/, saved: /in the library/, empty: /Nothing is kept/ },
};

const ids = { zh: '20260301-080001-main-0001', en: '20260301-080002-main-0001' };
const { edgesOf } = await import(join(source, 'control/web/lib/edit/mark.js'));
const fill = lessons(Object.values(ids), 6);

/** A page that knows nothing of the other. */
const stranger = async (page) => (page.context ? (await page.context().browser().newContext()).newPage() : page.browser().newPage());

const pieces = async (page) => p.count(page, '.edit-piece');
async function edit(name, lang) {
    const t = words[lang];
    const id = ids[lang];
    const up = await p.startUp(['demo'], { fill }); // one of its own, which is killed
    const keptOf = (one) => keptBy(up, one);
    await withBrowser(name, async (page) => {
        await p.enter(page, up, lang);
        await p.resize(page, 'desk');
        await page.goto(`${up.url}edit/${id}`);
        await p.reads(page, '.edit-empty', t.empty);

        /* Two seconds are kept, a third piece by hand of what was selected; undo and redo. */
        await seconds(page, 2);
        await keys(page, 'i');
        await seconds(page, 2);
        await keys(page, 'o', 'Enter');
        await p.until(async () => (await pieces(page)) === 1, 'one piece');
        await p.reads(page, '.edit-keeping', t.kept);
        const length = (await up.api(`/items/${id}`)).duration_ns;
        const { reels } = await up.api(`/recordings/${id}/tracks/camera/index`);
        const times = reels.flatMap((reel) => reel.rows.map((row) => row[2]));
        const edges = (moment) => edgesOf(times, moment, { from: 0, to: length }); // a busy machine may have recorded few pictures
        const near = (a, b) => Math.abs(a - b) <= 2e6; // what is shown is cut off to the millisecond
        const [first, behind] = [edges(2 * S).from, edges(4 * S).to];
        const ranges = async () => JSON.stringify((await keptOf(id)).clips[0].pieces.map(range));
        p.check((await ranges()) === JSON.stringify([[first, behind]]), `the pictures that were seen are in: ${await ranges()}, not ${first}-${behind}`);

        /* By one picture: where the index says that the next one is. */
        for (const [key, next] of [['ArrowRight', times.find((time) => time > 4 * S)], ['ArrowLeft', times.filter((time) => time <= 4 * S).pop()]]) {
            await keys(page, key);
            await p.until(async () => (await at(page)) === Math.floor(next / 1e6) * 1e6, `${key} to ${next}`);
        }

        /* One picture alone, somewhere in which the clock stands; it is taken back. */
        await seconds(page, 1);
        const inside = await at(page);
        await keys(page, 'i', 'o', 'Enter');
        const { clips: [{ pieces: [, alone] }] } = await keptSo(up, id, ({ clips }) => clips[0].pieces.length === 2, 'one picture');
        const seen = edges(inside + 1e6);
        p.check(near(alone.from_ns, seen.from) && near(alone.to_ns, seen.to), `${range(alone)}, not the picture ${JSON.stringify(seen)} alone`);
        await page.click('.edit-acts .act');
        await p.until(async () => (await pieces(page)) === 1, 'it to be taken back');
        await seconds(page, 1, 'ArrowLeft');
        const last = await at(page);
        await keys(page, 'ArrowLeft');
        await p.until(async () => (await at(page)) < last, 'one picture before the last one that is kept');

        /* Where pictures begin is heard late, and not in the order in which it was asked: what was pressed last counts. */
        await page.evaluate(() => {
            const [line, late] = [window.fetch, []];
            window.fetch = (address, how) => (/index/.test(address) ? new Promise((go) => late.push(go)).then(() => line(address, how)) : line(address, how));
            window.answer = async () => {
                while (late.length > 0) {
                    late.pop()();
                    await new Promise((done) => setTimeout(done, 300)); // it is here
                }
                window.fetch = line;
            };
        });
        await keys(page, 'i');
        await seconds(page, 1, 'ArrowLeft');
        const marked = await at(page);
        await keys(page, 'i');
        await seconds(page, 1);
        await keys(page, 'o');
        await keys(page, 'x', 'x', 'i'); // twice is once, and the next begin is another part's
        await page.evaluate(() => window.answer());
        const { clips: [{ pieces: [before, after] }] } = await keptSo(up, id, ({ clips }) => clips[0].pieces.length === 2, 'what is heard late to be cut out');
        p.check(near(before.to_ns, edges(marked + 1e6).from) && near(after.from_ns, edges(marked + S + 1e6).to), `${range(before)}, ${range(after)}, pressed at ${marked}`);
        p.check((await p.text(page, '.edit-notice')) === '', `said of it: ${await p.text(page, '.edit-notice')}`);
        await page.click('.edit-acts .act');
        await p.until(async () => (await pieces(page)) === 1, 'it to be taken back');

        /* The server dies while one goes on: it is said, and kept when it is back. */
        await seconds(page, 1, 'ArrowLeft');
        const cutAt = await at(page);
        up.hold();
        process.kill(up.pidOf('lectern-server'), 'SIGKILL');
        await keys(page, 's');
        await p.until(async () => (await pieces(page)) === 2, 'two pieces');
        await p.reads(page, '.edit-keeping', t.waiting);
        up.release();
        await p.reads(page, '.edit-keeping', t.kept, 30);

        /* What a browser that is gone had done is there in the next one, undo as well. */
        await page.reload();
        await p.until(async () => (await pieces(page)) === 2, 'both pieces after a reload');
        const split = (await keptOf(id)).clips[0].pieces;
        p.check(split[0].to_ns === split[1].from_ns && Math.abs(split[0].to_ns - cutAt) < 1e6, `split at ${split[0].to_ns}, not ${cutAt}`);
        await page.keyboard.down('Control');
        await keys(page, 'z');
        await p.until(async () => (await pieces(page)) === 1, 'undo of what was done before the reload');
        await keys(page, 'y');
        await page.keyboard.up('Control');
        await p.until(async () => (await pieces(page)) === 2, 'redo');

        /* The first piece goes behind the second, shows one picture only, and the rest is a clip of its own. */
        await page.click('.edit-piece:nth-child(1) .edit-piece-main');
        await page.click('.edit-piece-acts .act:nth-child(2)');
        await p.until(async () => (await keptOf(id)).clips[0].pieces[0].from_ns === split[1].from_ns, 'the order');
        await page.evaluate(() => {
            const select = document.querySelector('.edit-choice select');
            select.value = '2';
            select.dispatchEvent(new Event('change', { bubbles: true }));
            document.querySelector('.edit-check input').click();
        });
        await p.until(async () => (await keptOf(id)).clips[0].pieces[1].picture && (await keptOf(id)).clips[0].pieces[1].fade_in_ns, 'picture and fade');

        /* An edge by hand. */
        const box = await page.evaluate(() => {
            const { left, top, width } = document.querySelector('.edit-canvas').getBoundingClientRect();
            return { left, top, width };
        });
        const x = (ns) => box.left + (ns / length) * box.width;
        await page.mouse.move(x(behind) - 1, box.top + 100);
        await page.mouse.down();
        await page.mouse.move(x(4.5 * S), box.top + 100, { steps: 4 });
        await page.mouse.move(x(5 * S), box.top + 100, { steps: 4 });
        await page.mouse.up();
        await p.until(async () => (await keptOf(id)).clips[0].pieces.some((piece) => Math.abs(piece.to_ns - 5 * S) < 0.1 * S), 'the dragged edge');

        /* One more microlesson in one go, and both are saved. */
        await keys(page, 'n');
        await p.until(() => p.has(page, '.edit-tabs .act:nth-child(2)[aria-pressed=true]'), 'the new one to be chosen');
        await page.click('.edit-title');
        await page.keyboard.type('微课');
        await page.evaluate(() => document.querySelector('.edit-canvas').dispatchEvent(new WheelEvent('wheel', { deltaY: -100, cancelable: true })));
        await p.sleep(100); // what changes beside it takes nothing away
        await page.keyboard.type(` ${name}`);
        await page.keyboard.press('Tab');
        await page.evaluate(() => document.activeElement.blur());
        await page.click('.edit-empty .act');
        await p.until(async () => (await keptOf(id)).clips[1]?.title === `微课 ${name}`, 'a second one');
        await page.click('.edit-save .act:nth-child(2)');
        await p.reads(page, '.edit-notice', t.saved);
        const draft = await p.until(async () => {
            const one = await keptOf(id);
            return one.clips.every((clip) => one.saved[clip.key]) && one;
        }, 'both saved');
        for (const clip of draft.clips) {
            const { edl } = await up.api(`/clips/${draft.saved[clip.key].id}`);
            const whole = ({ picture, fade_in_ns: fade = 0, ...piece }) => [picture?.layout, picture?.main, fade, ...range(piece)];
            p.check(JSON.stringify(edl.pieces.map(whole)) === JSON.stringify(clip.pieces.map(whole)) && edl.pieces[0].lesson === id,
                `what was saved is what was kept: ${JSON.stringify(edl.pieces)}, not ${JSON.stringify(clip.pieces)}`);
        }

        /* The preview plays the pieces and ends with them. */
        await page.click('.edit-tabs .act:nth-child(1)');
        const [begins, ends] = draft.clips[0].pieces;
        await keys(page, '[', 'p');
        await p.until(async () => page.evaluate(() => !document.querySelector('.edit-stage video').paused), 'the preview to play');
        const shown = [];
        await p.until(async () => {
            const clock = await p.demoClock(page);
            if (clock >= 0) {
                shown.push(p.behind(clock, up.zeroMs(id)) / 1000);
            }
            return (await page.evaluate(() => document.querySelector('.edit-stage video').paused)) && Math.abs((await at(page)) - ends.to_ns) <= 1e6;
        }, `the preview to end at ${ends.to_ns}`, 20);
        const outside = shown.filter((time) => ![begins, ends].some((piece) => time > piece.from_ns / S - 0.04 && time < piece.to_ns / S + 0.04));
        p.check(shown.length > 2 && outside.length === 0,
            `the preview of ${range(begins)}, ${range(ends)} showed ${shown}`);
        await page.keyboard.press('?');
        await p.until(() => p.has(page, '.keys'), 'the keys');
        await page.keyboard.press('Escape');
        await looksGood(page, `edit-${name}-${lang}`);

        /* A second one is told, and may take it over. */
        await page.waitForResponse((response) => response.url().endsWith('/presence'), { timeout: 60000 }); // it was busy being looked at
        const second = await stranger(page);
        await p.enter(second, up, lang);
        await second.goto(`${up.url}edit/${id}`);
        await p.reads(second, '.band', t.other, 30);
        p.check(await second.evaluate(() => document.querySelector('.edit-clip-head .act').disabled), 'it changes nothing');
        await second.click('.band .act');
        await p.until(async () => !(await p.has(second, '.band')), 'the second one to edit');
        await p.reads(page, '.band', t.taken, 30);
        await second.close();
        console.log(`${name} (${lang}): ${draft.clips.length} microlessons of ${draft.clips.map((clip) => clip.pieces.length)} pieces`);
    });
    await up.close();
}

await Promise.all([edit('chromium', 'zh'), edit('firefox', 'en')]);
