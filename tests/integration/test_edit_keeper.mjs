// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the editor keeps, by a line that loses answers: an edit that came, and whose answer did not, is
// known for one's own, whatever was changed meanwhile; what somebody else saved is never overwritten. Who
// closes loses nothing that was changed while something else was on its way, and is told nothing more.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { source } from '../e2e/_browsers.mjs';

const web = (file) => import(pathToFileURL(join(source, 'control/web', file)));
const { editStore, newKeeper } = await web('lib/edit/keeper.js');
const { newStore } = await web('lib/subtitles/store.js');

let there = ''; // the document
let version = 0;
let lose = 0; // so many answers of PUT
let refuse = 0; // so many times the disk is full
let held = Promise.resolve(); // until then nothing is answered
const said = (status, json) => ({ status, ok: status < 300, json: async () => json, headers: { get: () => `"${version}"` } });
globalThis.fetch = async (_, { method, headers, body }) => {
    await held;
    if (method === 'GET') {
        return said(200, JSON.parse(there));
    }
    if (version > 0 && headers['If-Match'] !== `"${version}"`) {
        return said(412, { fault: { code: 'changed', en: '', zh: '' } });
    }
    if (refuse > 0) {
        refuse--;
        return said(507, { fault: { code: 'no-space', en: 'The disk is full.', zh: '磁盘已满。' } });
    }
    there = body;
    version++;
    if (lose > 0) {
        lose--;
        throw new TypeError('the line is away');
    }
    return said(200, { lesson: 'a' });
};

const edit = (at) => ({ version: 1, begin: {}, changes: [], at });
let state = '', why = null, told = 0;
const until = async (wanted) => {
    for (let i = 0; i < 100 && state !== wanted; i++) {
        await new Promise((done) => setTimeout(done, 50));
    }
    assert.equal(state, wanted);
};
const open = () => newKeeper(editStore('a'), (keeping, fault) => {
    state = keeping;
    why = fault;
    told++;
});
const keeper = open();
keeper.keep(() => edit(1));
await until('kept');
lose = 1;
keeper.keep(() => edit(2));
await until('waiting');
assert.equal(why, null, 'the server is away, and will come');
keeper.keep(() => edit(3)); // before it is asked again
await until('kept');
assert.deepEqual(JSON.parse(there), edit(3), 'the last one is there');
assert.equal(version, 3);

there = JSON.stringify(edit(99)); // somebody else's
version++;
keeper.keep(() => edit(4));
await until('changed');
assert.deepEqual(JSON.parse(there), edit(99));

/* Closed while one is on its way: the next one goes, too, and then it is known that it is there. */
const closing = open();
await closing.load();
let release;
held = new Promise((done) => (release = done));
closing.keep(() => edit(5));
await new Promise((done) => setTimeout(done, 0));
closing.keep(() => edit(6));
const before = told;
const closed = closing.close();
release();
await closed;
assert.deepEqual(JSON.parse(there), edit(6), 'the last one is there');
assert.equal(told, before, 'and nobody is told');

/* Closed while it waits: once more at once; somebody else's is not overwritten, and nobody is blamed. */
const late = open();
await late.load();
lose = 2;
late.keep(() => edit(7));
await until('waiting');
late.keep(() => edit(8));
there = JSON.stringify(edit(98));
version++;
await late.close();
assert.deepEqual(JSON.parse(there), edit(98));
assert.equal(state, 'waiting');

/* What the server refuses has its words, and goes when one closes if it then may. */
const full = open();
await full.load();
refuse = 1;
full.keep(() => edit(9));
await until('waiting');
assert.equal(why?.en, 'The disk is full.');
await full.close();
assert.deepEqual(JSON.parse(there), edit(9));

/* The last subtitle goes only where nobody else has saved any since, and only once. */
const cues = newStore('a', 'zh');
let asked = null, answer = null;
globalThis.fetch = async (_, { method, headers }) => {
    asked = { method, tag: headers['If-Match'] };
    return answer;
};
answer = said(204, null);
assert.deepEqual(await cues.save([], '"3"'), { tag: '' });
assert.deepEqual(asked, { method: 'DELETE', tag: '"3"' });
answer = said(404, { fault: { code: 'not-found', en: '', zh: '' } });
assert.deepEqual(await cues.save([], '"3"'), { tag: '' }, 'gone already');
answer = said(412, { fault: { code: 'changed', en: '', zh: '' } });
await assert.rejects(cues.save([], '"3"'), { status: 412 });
