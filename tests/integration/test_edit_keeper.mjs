// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the editor keeps, by a line that loses answers: an edit that came, and whose answer did not, is
// known for one's own, whatever was changed meanwhile; what somebody else saved is never overwritten. Who
// closes loses nothing that was changed while something else was on its way, and is told nothing more. A
// microlesson whose answer was lost is neither made twice nor somebody else's.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { source } from '../e2e/_browsers.mjs';

const web = (file) => import(pathToFileURL(join(source, 'control/web', file)));
const { editStore, newKeeper } = await web('lib/edit/keeper.js');
const { createClip, fetchChanges, saveClip } = await web('lib/edit/library.js');
const { newDraft, apply } = await web('lib/edit/draft.js');
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

/* A microlesson is made, and the answer lost: asked once more it is that one. The server writes its parts in an order of its own. */
const made = []; // edit decision lists
let online = true;
globalThis.fetch = async (address, { method, headers, body }) => {
    const path = address.slice('/api/v1'.length);
    const i = Number(path.split('-')[1] ?? made.length);
    version = i;
    if (path.startsWith('/library')) {
        return said(200, { items: made.map((_, n) => ({ id: `clip-${n}`, title: '折射' })) });
    }
    if (method === 'GET') {
        return said(200, { edl: made[i] });
    }
    if (method === 'PUT' && headers['If-Match'] !== `"${i}"`) {
        return said(412, { fault: { code: 'changed', en: '', zh: '' } });
    }
    const { pieces, ...edl } = JSON.parse(body).edl;
    made[i] = { pieces, chapters: [], ...edl };
    if (!online) {
        throw new TypeError('the line is away');
    }
    return said(200, { id: `clip-${i}` });
};
const edl = { version: 1, pieces: [{ lesson: 'a', from_ns: 0, to_ns: 5 }] };
online = false;
await assert.rejects(createClip('折射', edl), { status: 0 });
online = true;
assert.equal((await createClip('折射', edl)).id, 'clip-0');
assert.equal(made.length, 1, 'not made twice');
await createClip('折射', edl);
assert.equal(made.length, 2, 'and once more where one wants it');

/* A version of it: our own is known, somebody else's is not saved over. */
const clip = { key: 'k', title: '折射', pieces: edl.pieces, chapters: [] };
assert.deepEqual(await saveClip(clip, '折射', { id: 'clip-0', tag: '"before"' }, false), { id: 'clip-0', tag: '"0"' });
made[0] = { ...made[0], pieces: [{ lesson: 'a', from_ns: 0, to_ns: 4 }] };
await assert.rejects(saveClip(clip, '折射', { id: 'clip-0', tag: '"before"' }, false), { status: 412 });
assert.equal(made[0].pieces[0].to_ns, 4);

/* While a lesson is asked for, a clip before it goes: it is still the same one that changes. */
let draft = apply(newDraft('a', 10, 'first'), { do: 'add', clip: 1, key: 'second' });
const changes = fetchChanges(() => draft, 'second', '折射', { version: 1, pieces: [{ lesson: 'b', from_ns: 0, to_ns: 5 }] });
draft = apply(draft, { do: 'drop', clip: 0, key: 'third' });
assert.equal((await changes).pop().clip, 0);
