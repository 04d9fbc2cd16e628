// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the editor keeps, by a line that loses answers: an edit that came, and whose answer did not, is
// known for one's own, whatever was changed meanwhile; what somebody else saved is never overwritten.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { source } from '../e2e/_browsers.mjs';

const { editStore, newKeeper } = await import(pathToFileURL(join(source, 'control/web/lib/edit/keeper.js')));

let there = ''; // the document
let version = 0;
let lose = 0; // so many answers of PUT
const said = (status, json) => ({ status, ok: status < 300, json: async () => json, headers: { get: () => `"${version}"` } });
globalThis.fetch = async (_, { method, headers, body }) => {
    if (method === 'GET') {
        return said(200, JSON.parse(there));
    }
    if (version > 0 && headers['If-Match'] !== `"${version}"`) {
        return said(412, { fault: { code: 'changed', en: '', zh: '' } });
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
let state = '';
const until = async (wanted) => {
    for (let i = 0; i < 100 && state !== wanted; i++) {
        await new Promise((done) => setTimeout(done, 50));
    }
    assert.equal(state, wanted);
};
const keeper = newKeeper(editStore('a'), (keeping) => {
    state = keeping;
});
keeper.keep(() => edit(1));
await until('kept');
lose = 1;
keeper.keep(() => edit(2));
await until('waiting');
keeper.keep(() => edit(3)); // before it is asked again
await until('kept');
assert.deepEqual(JSON.parse(there), edit(3), 'the last one is there');
assert.equal(version, 3);

there = JSON.stringify(edit(99)); // somebody else's
version++;
keeper.keep(() => edit(4));
await until('changed');
assert.deepEqual(JSON.parse(there), edit(99));
