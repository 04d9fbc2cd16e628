// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files on their way to the server when what they lie on is pulled out, and when somebody pauses while
// the line is asked after: neither asks the server without end, and a pause stays one. Answers that are lost
// with their connection lose nothing, and nothing is made twice; what passes takes nothing of what has
// come.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { source } from '../e2e/_browsers.mjs';

const { Uploads } = await import(pathToFileURL(join(source, 'control/web/lib/uploads.js')));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const SIZE = 8 << 20;

let have = 0, asked = 0, away = false, held = Promise.resolve(), ill = 0, full = false, filled = false;
const there = { '/uploads': [], '/jobs': [] }, lost = new Set();
const said = (json) => ({ status: 200, ok: true, json: async () => json, headers: { get: () => null } });
globalThis.fetch = async (address, { method, body }) => {
    asked++;
    const path = address.slice('/api/v1'.length);
    if (ill > 0 && path !== '/uploads') {
        ill--;
        return { status: 502, ok: false, json: async () => Promise.reject(new SyntaxError('a page')), headers: { get: () => null } };
    }
    if (method === 'PUT' && path === '/jobs/j') {
        return said({ id: 'j', ...JSON.parse(body) });
    }
    if (method === 'PUT') {
        if (away) {
            throw new TypeError('the line is away');
        }
        have += body.size;
        await sleep(1);
        return said({ have });
    }
    if (full && path === '/jobs' && method === 'POST') {
        return { ...said({ fault: { code: 'no-space', en: '', zh: '' } }), status: 507, ok: false };
    }
    if (method === 'POST') {
        const made = path === '/jobs' ? { id: 'j', ...JSON.parse(body) } : { id: `u${there['/uploads'].length}`, ...JSON.parse(body), have: 0 };
        there[path].push(made);
        if (lost.delete(path)) {
            throw new TypeError('the answer is lost');
        }
        return said(made);
    }
    await held;
    const job = filled ? { state: 'failed', fault: { code: 'no-space', en: '', zh: '' } } : { state: 'done' };
    return said(there[path] ? { [path.slice(1)]: there[path] } : path === '/jobs/j' ? job : { have });
};

let out = false; // the card
const file = { name: '课.mp4', size: SIZE,
    slice: (from, to) => ({ arrayBuffer: async () => {
        if (out || (out === null && from >= SIZE / 2)) {
            throw new DOMException('pulled out', 'NotReadableError');
        }
        return new ArrayBuffer(to - from);
    } }) };
const until = async (one, state) => {
    for (let i = 0; i < 400 && one.state !== state; i++) {
        await sleep(50);
    }
    assert.equal(one.state, state);
};

const uploads = new Uploads(() => {});
out = null; // half of it can be read
await uploads.add([file]);
const [one] = uploads.list;
await until(one, 'lacking');
assert.ok(have > 0 && have < SIZE && one.have === have, `${one.have} of ${have}`);
assert.equal(one.file, null);
const before = asked;
await sleep(100);
assert.equal(asked, before, 'nothing is asked meanwhile');

out = false;
away = true;
let release;
held = new Promise((done) => (release = done));
await uploads.add([file]); // the same one goes on
assert.equal(uploads.list.length, 1);
await sleep(100);
uploads.pause(one);
release();
away = false;
await sleep(2500);
assert.equal(one.state, 'paused');
assert.ok(one.have < SIZE);

uploads.send(one);
await until(one, 'done');
assert.equal(have, SIZE);

have = 0;
lost.add('/uploads').add('/jobs');
await uploads.add([{ ...file, name: '屏.mp4' }]);
const [, other] = uploads.list;
await until(other, 'done');
assert.deepEqual([there['/uploads'].length, there['/jobs'].length, lost.size, other.id], [2, 2, 0, 'u1']);

/* What stands before the server answers for it for a while: it goes on. A full disk is said, and nothing is given up. */
have = 0;
ill = 2;
full = true;
await uploads.add([{ ...file, name: '板.mp4' }]);
const third = uploads.list[2];
await until(third, 'paused');
assert.deepEqual([ill, have, third.fault.code], [0, SIZE, 'no-space']);
full = false;
filled = true; // and while the lesson is made
uploads.send(third);
await until(third, 'paused');
assert.equal(third.fault.code, 'no-space');
const jobs = there['/jobs'].length;
filled = false;
uploads.send(third);
await until(third, 'done');
assert.deepEqual([have, there['/jobs'].length], [SIZE, jobs], 'nothing is sent again, and no second job is asked for');
uploads.close();
console.log(`${asked} questions`);
