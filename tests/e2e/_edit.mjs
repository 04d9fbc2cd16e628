// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the tests of the editor share: lessons that are there before, hands for the keyboard, and what
// the server keeps.

import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { shot, source, temporary } from './_browsers.mjs';
import * as p from './_page.mjs';

const bin = process.env.LCT_BIN ?? join(source, 'build/bin');
export const S = 1e9;

/** Records one lesson of the demo; returns what lays it down under each id. For startUp's fill. */
export function lessons(ids, length_s) {
    const made = join(temporary(), ids[0]);
    execFileSync(join(bin, 'lectern'), ['record', '--source', 'demo', '--duration', String(length_s), '--out', made], { stdio: 'ignore' });
    return (data) => ids.forEach((id) => cpSync(made, join(data, 'lessons', id), { recursive: true }));
}

/** The draft that the server holds of a lesson, as the page would restore it. */
export async function keptOf(up, id) {
    const { restored, now } = await import(join(source, 'control/web/lib/edit/history.js'));
    const kept = await p.until(() => up.api(`/edits/${id}`).catch(() => null), 'the server, which is killed beside this');
    return now(restored(kept));
}

/** The same when it is as wanted. */
export const keptSo = (up, id, wanted, what) => p.until(async () => {
    const draft = await keptOf(up, id).catch(() => null);
    return draft && wanted(draft) && draft;
}, what, 30);

export const keys = async (page, ...names) => {
    for (const name of names) {
        await page.keyboard.press(name);
    }
};

/** Shift and an arrow: a second. */
export async function seconds(page, n, key = 'ArrowRight') {
    await page.keyboard.down('Shift');
    for (let i = 0; i < n; i++) {
        await page.keyboard.press(key);
    }
    await page.keyboard.up('Shift');
}

/** Where one is, ns, as shown to the millisecond. */
export const at = async (page) => nsOf(await p.text(page, '.edit-now'));

/** Of h:mm:ss.mmm. */
export const nsOf = (text) => {
    const [h, m, s] = text.split(':').map(Number);
    return Math.round((3600 * h + 60 * m + s) * S);
};

export const range = (piece) => [piece.from_ns, piece.to_ns];

/** Nothing is wider than the screen, and axe finds nothing; pictures of both sizes. */
export async function looksGood(page, name, part = '.edit-box') {
    await page.evaluate(p.AXE);
    for (const size of ['desk', 'phone']) {
        await p.resize(page, size);
        await p.until(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} (${size}) to be no wider than the screen`);
        const { violations } = await page.evaluate((box) => window.axe.run(box), part);
        p.check(violations.length === 0, `axe on ${name}: ${JSON.stringify(violations.map((one) => [one.id, one.nodes.map((node) => node.html)]))}`);
        await shot(page, `${name}-${size}`);
    }
    await p.resize(page, 'desk');
}
