// SPDX-License-Identifier: GPL-3.0-or-later
//
// Subtitles while they are written: what is done to them at random leaves cues with a begin before their
// end and loses no word; what is kept is read back as it was; what is hard to read is said.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { source } from '../e2e/_browsers.mjs';

const s = await import(pathToFileURL(join(source, 'control/web/lib/subtitles/cues.js')));
const { added, cuesOf, joined, kept, moved, problems, removed, split, typed, vttOf } = s;

let state = 7;
const below = (n) => Math.floor(((state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 4294967296) * n);
const words = ['光的折射', 'a < b & c', 'x --> y', '', '  一 ', 'two\nlines', '&amp;', '\n\n空行'];
const letters = (cues) => cues.map(({ text }) => text.replace(/\s/g, '')).join('');

for (let round = 0; round < 300; round++) {
    let cues = [];
    for (let i = 0; i < 30; i++) {
        const before = JSON.stringify(cues);
        const was = cues;
        const n = below(cues.length || 1);
        const what = cues.length === 0 ? 0 : below(7);
        const at = below(100000);
        cues = [() => added(cues, at).cues, () => typed(cues, n, words[below(words.length)]), () => split(cues, n, below(cues[n].text.length + 1), at),
            () => joined(cues, n), () => moved(cues, n, ['from', 'to'][below(2)], at - 1000), () => removed(cues, n), () => added(cues, at).cues][what]();
        assert.equal(JSON.stringify(was), before, 'what was given is as it was');
        assert.ok(cues.every(({ from, to }) => Number.isInteger(from) && from >= 0 && from < to), JSON.stringify(cues));
        if (what === 2 || what === 3) {
            assert.equal(letters(cues), letters(was), 'no letter is lost');
        }
        cues.forEach((_, k) => problems(cues, k));
    }
    const all = kept(cues);
    assert.deepEqual(cuesOf(vttOf(all)), all, 'read back as kept');
    assert.deepEqual(kept(all), all);
}

/* What a person would call right. */
const two = [{ from: 1000, to: 3000, text: '光从空气进入水中' }, { from: 3000, to: 5000, text: '方向改变' }];
assert.deepEqual(split(two, 0, 4, 1800).slice(0, 2), [{ from: 1000, to: 1800, text: '光从空气' }, { from: 1800, to: 3000, text: '进入水中' }], 'at the picture');
assert.equal(split(two, 0, 4, 9000)[0].to, 2000, 'half the letters: half the time');
assert.deepEqual(joined(two, 0), [{ from: 1000, to: 5000, text: '光从空气进入水中方向改变' }]);
assert.equal(joined([{ from: 0, to: 1, text: 'light' }, { from: 1, to: 2, text: 'bends' }], 0)[0].text, 'light bends');
assert.equal(moved(two, 0, 'from', 2990)[0].from, 2900, 'never behind its end');
assert.equal(added(two, 2000).index, 1);
assert.deepEqual(problems(two, 0), []);
assert.deepEqual(problems([{ from: 0, to: 900, text: '光从空气进入水中方向' }], 0), ['fast'], '10 letters in 0.9 s');
assert.deepEqual(problems([{ from: 0, to: 9000, text: '一'.repeat(22) }], 0), ['long']);
assert.deepEqual(problems([{ from: 0, to: 9000, text: 'a'.repeat(42) }], 0), []);
assert.deepEqual(problems([{ from: 0, to: 9000, text: '' }, { from: 8999, to: 9001, text: 'x' }], 0), ['empty', 'overlap']);
assert.deepEqual(cuesOf('WEBVTT\n\n01:02:03.004 --> 01:02:04.000\na &lt;b&gt; &amp;amp;\n'), [{ from: 3723004, to: 3724000, text: 'a <b> &amp;' }]);
console.log('300 rounds of 30 changes');
