// SPDX-License-Identifier: GPL-3.0-or-later
//
// The editor: microlessons are cut out of a lesson by keyboard and by hand, everything is kept while
// it happens, through a killed server and a reload, with its undo; a second editor is told; what is
// saved is what was kept, and the preview plays just that.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { shot, source, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';

const bin = process.env.LCT_BIN ?? join(source, 'build/bin');
const S = 1e9;
const words = {
    zh: { kept: /已自动保存/, waiting: /尚未保存/, other: /有人正在编辑/, taken: /接管/, saved: /资源库/, empty: /还没有保留/ },
    en: { kept: /^Kept$/, waiting: /Not kept yet/, other: /Somebody else is editing/, taken: /taken the editing over/, saved: /in the library/, empty: /Nothing is kept/ },
};

const up = await p.startUp(['demo']);

/** What the server holds of the lesson: the draft as the page would restore it. */
async function keptOf(id) {
    const { restored, now } = await import(join(source, 'control/web/lib/edit/history.js'));
    const kept = await p.until(() => up.api(`/edits/${id}`).catch(() => null), 'the server, which is killed beside this');
    return now(restored(kept));
}

const keys = async (page, ...names) => {
    for (const name of names) {
        await page.keyboard.press(name);
    }
};

/** Shift and an arrow: a second. */
async function seconds(page, n, key = 'ArrowRight') {
    await page.keyboard.down('Shift');
    for (let i = 0; i < n; i++) {
        await page.keyboard.press(key);
    }
    await page.keyboard.up('Shift');
}

/** Where one is, ns, as shown to the millisecond. */
const at = async (page) => {
    const [h, m, s] = (await p.text(page, '.edit-now')).split(':').map(Number);
    return Math.round((3600 * h + 60 * m + s) * S);
};

/** A page that knows nothing of the other. */
const stranger = async (page) => (page.context ? (await page.context().browser().newContext()).newPage() : page.browser().newPage());

const pieces = async (page) => p.count(page, '.edit-piece');
const range = (piece) => [piece.from_ns, piece.to_ns];

async function looksGood(page, name) {
    await page.evaluate(p.AXE);
    for (const size of ['desk', 'phone']) {
        await p.resize(page, size);
        await p.sleep(400);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        p.check(wide <= 0, `${name} (${size}) is ${wide} pixels wider than the screen`);
        const { violations } = await page.evaluate(() => window.axe.run('.edit-box'));
        p.check(violations.length === 0, `axe on ${name}: ${JSON.stringify(violations.map((one) => [one.id, one.nodes.map((node) => node.html)]))}`);
        await shot(page, `${name}-${size}`);
    }
    await p.resize(page, 'desk');
}

async function edit(name, lang) {
    const t = words[lang];
    const id = `20260301-08000${lang === 'zh' ? 1 : 2}-main-0001`;
    execFileSync(join(bin, 'lectern'), ['record', '--source', 'demo', '--duration', '8', '--out', join(up.data, 'lessons', id)], { stdio: 'ignore' });
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
        p.check(JSON.stringify((await keptOf(id)).clips[0].pieces.map(range)) === JSON.stringify([[2 * S, 4 * S]]), 'two seconds are kept');

        /* By one picture: where the index says that the next one is. */
        const { reels } = await up.api(`/recordings/${id}/tracks/camera/index`);
        const times = reels.flatMap((reel) => reel.rows.map((row) => row[2]));
        for (const [key, next] of [['ArrowRight', times.find((time) => time > 4 * S)], ['ArrowLeft', times.filter((time) => time <= 4 * S).pop()]]) {
            await keys(page, key);
            await p.until(async () => (await at(page)) === Math.floor(next / 1e6) * 1e6, `${key} to ${next}`);
        }

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
        await page.mouse.move(x(4 * S) - 1, box.top + 100);
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
            return one.clips.every((clip) => clip.saved) && one;
        }, 'both saved');
        const { edlOf } = await import(join(source, 'control/web/lib/edit/draft.js'));
        for (const clip of draft.clips) {
            const { edl } = await up.api(`/clips/${clip.saved}`);
            p.check(JSON.stringify(edl.pieces.map(range)) === JSON.stringify(edlOf(clip, id).pieces.map(range)) && edl.pieces[0].lesson === id, 'what was saved is what was kept');
        }

        /* The preview plays the pieces and ends with them. */
        await page.click('.edit-tabs .act:nth-child(1)');
        const [first, last] = draft.clips[0].pieces;
        await keys(page, '[', 'p');
        await p.until(async () => page.evaluate(() => !document.querySelector('.edit-stage video').paused), 'the preview to play');
        const shown = [];
        await p.until(async () => {
            const clock = await p.demoClock(page);
            if (clock >= 0) {
                shown.push(p.behind(clock, up.zeroMs(id)) / 1000);
            }
            return (await page.evaluate(() => document.querySelector('.edit-stage video').paused)) && Math.abs((await at(page)) - last.to_ns) <= 1e6;
        }, `the preview to end at ${last.to_ns}`, 20);
        const outside = shown.filter((time) => ![first, last].some((piece) => time > piece.from_ns / S - 0.04 && time < piece.to_ns / S + 0.04));
        p.check(shown.length > 2 && outside.length <= 1, // a browser short of CPU may be late at the join
            `the preview of ${range(first)}, ${range(last)} showed ${shown}`);
        await page.keyboard.press('?');
        await p.until(() => p.has(page, '.keys'), 'the keys');
        await page.keyboard.press('Escape');
        await looksGood(page, `edit-${name}-${lang}`);

        /* A second one is told, and may take it over. */
        const second = await stranger(page);
        await p.enter(second, up, lang);
        await second.goto(`${up.url}edit/${id}`);
        await p.reads(second, '.band', t.other);
        p.check(await second.evaluate(() => document.querySelector('.edit-clip-head .act').disabled), 'it changes nothing');
        await second.click('.band .act');
        await p.until(async () => !(await p.has(second, '.band')), 'the second one to edit');
        await p.reads(page, '.band', t.taken);
        await second.close();
        console.log(`${name} (${lang}): ${draft.clips.length} microlessons of ${draft.clips.map((clip) => clip.pieces.length)} pieces`);
    });
}

await Promise.all([edit('chromium', 'zh'), edit('firefox', 'en')]);
await up.close();
