// SPDX-License-Identifier: GPL-3.0-or-later
//
// The editor's model: random operations beside a plain list of what is kept, moment by moment, of two
// lessons; undo of all is the begin, redo the end, what was kept comes back as it was; what was saved
// stays what it is; a microlesson that is opened and saved is the same; nonsense is refused and changes
// nothing. What is marked begins and ends with pictures.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { source } from '../e2e/_browsers.mjs';

const load = (name) => import(pathToFileURL(join(source, 'control/web/lib/edit', name)));
const d = await load('draft.js');
const h = await load('history.js');

const LENGTHS = { a: 60, b: 40 }; // ns: so short that a list of all moments can be kept
const LENGTH = LENGTHS.a;
const ROUNDS = process.env.LCT_DEEP && process.env.LCT_DEEP !== '0' && process.env.LCT_DEEP !== 'OFF' ? 20000 : 600;

/** Mulberry32: the same numbers for a seed. */
function random(seed) {
    let state = seed;
    const next = () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    return { below: (n) => Math.floor(next() * n) };
}

/** An operation that may or may not make sense. */
function anyChange(dice, draft) {
    const clip = dice.below(draft.clips.length);
    const n = draft.clips[clip].pieces.length;
    const piece = dice.below(n + 1);
    const [from_ns, to_ns] = [dice.below(LENGTH + 1), dice.below(LENGTH + 2)];
    const lesson = ['a', 'b'][dice.below(2)];
    const key = `key${dice.below(1e6)}`;
    const kinds = [
        { do: 'keep', clip, lesson, from_ns, to_ns }, { do: 'keep', clip, lesson, from_ns, to_ns: from_ns + 1 },
        { do: 'cut', clip, lesson, from_ns, to_ns }, { do: 'lesson', lesson: 'b', duration_ns: LENGTHS.b }, { do: 'split', clip, piece, at_ns: from_ns }, { do: 'trim', clip, piece, from_ns, to_ns },
        { do: 'move', clip, piece, to: dice.below(n + 1) }, { do: 'remove', clip, piece },
        { do: 'picture', clip, piece, picture: [null, { layout: 'side', main: 'camera', other: 'screen' }][dice.below(2)] },
        { do: 'fade', clip, piece, fade_in_ns: dice.below(20), fade_out_ns: dice.below(20) },
        { do: 'chapter', clip, lesson, time_ns: from_ns, title: [null, '一', 'two'][dice.below(3)] },
        { do: 'title', clip, title: `t${dice.below(9)}` }, { do: 'look', clip, look: [{}, { logo: true }, { opening: CARD }][dice.below(3)] },
        { do: 'become', clip, title: 'x', pieces: [{ lesson, from_ns, to_ns }], chapters: [{ lesson, time_ns: from_ns, title: 'c' }], look: {} },
        { do: 'add', clip: dice.below(draft.clips.length + 2), key }, { do: 'drop', clip, key }, { do: 'divide', clip, piece, at_ns: from_ns, key },
        { do: 'add', clip, key: draft.clips[clip].key },
    ];
    return kinds[dice.below(kinds.length)];
}

const CARD = { template: 'opening', fields: { title: '折射' } };

/** How often each moment of the lessons is in the clip: those of a, then those of b. */
const heard = (clip) => Object.entries(LENGTHS).flatMap(([lesson, length]) =>
    Array.from({ length }, (_, t) => clip.pieces.filter((one) => one.lesson === lesson && one.from_ns <= t && t < one.to_ns).length));

function isSound(draft) {
    assert.ok(draft.clips.length > 0);
    assert.equal(new Set(draft.clips.map(({ key }) => key)).size, draft.clips.length, 'each has a key of its own');
    for (const clip of draft.clips) {
        for (const piece of clip.pieces) {
            assert.ok(piece.from_ns >= 0 && piece.from_ns < piece.to_ns && piece.to_ns <= draft.lessons[piece.lesson], JSON.stringify(piece));
            assert.ok((piece.fade_in_ns ?? 0) + (piece.fade_out_ns ?? 0) <= d.lengthOf(piece), 'a fade longer than its piece');
        }
        for (const lesson of Object.keys(LENGTHS)) {
            const times = clip.chapters.filter((one) => one.lesson === lesson).map((one) => one.time_ns);
            assert.deepEqual(times, [...new Set(times)].sort((a, b) => a - b), 'chapters in order, one a moment');
        }
        const edl = d.edlOf(clip);
        if (clip.pieces.length > 0) { // opened and saved: the same
            const again = d.changesOf(draft, 0, clip.title, edl, () => undefined).reduce(d.apply, draft);
            assert.deepEqual(d.edlOf(again.clips[0]), edl);
        }
        for (const { time_ns } of d.chaptersOf(clip)) {
            assert.ok(time_ns < d.clipLength(clip), 'a chapter behind the end');
        }
        for (let t = 0; t < d.clipLength(clip); t++) { // clip time and lesson time are each other's inverse
            const { piece, lesson, time_ns } = d.atClipTime(clip, t);
            assert.equal(d.clipTimeOf(clip, piece, time_ns), t);
            assert.ok(d.pieceAt(clip, lesson, time_ns) >= 0);
        }
    }
}

/** What an operation must do to what is heard. */
function isRight(before, after, change) {
    const [old, now] = [before.clips[change.clip], after.clips[change.clip]];
    const first = change.lesson === 'b' ? LENGTHS.a : 0;
    const inRange = (t) => first + change.from_ns <= t && t < first + change.to_ns;
    switch (change.do) {
    case 'keep':
        assert.deepEqual(heard(now), heard(old).map((n, t) => (inRange(t) ? Math.max(n, 1) : n)));
        break;
    case 'cut':
        assert.deepEqual(heard(now), heard(old).map((n, t) => (inRange(t) ? 0 : n)));
        break;
    case 'split': case 'move': case 'picture': case 'fade': case 'chapter': case 'title': case 'look':
        assert.deepEqual(heard(now), heard(old));
        break;
    case 'divide': {
        const rest = heard(after.clips[change.clip + 1]);
        assert.deepEqual(heard(now).map((n, t) => n + rest[t]), heard(old));
        assert.equal(d.clipLength(now) + d.clipLength(after.clips[change.clip + 1]), d.clipLength(old));
        break;
    }
    case 'become':
        assert.equal(d.clipLength(now), d.lengthOf(change.pieces[0]));
        assert.equal(now.key, old.key);
        break;
    case 'lesson':
        assert.deepEqual(after.clips, before.clips);
        break;
    case 'trim': // what follows ripples: nothing else changes
        assert.equal(d.clipLength(now), d.clipLength(old) - d.lengthOf(old.pieces[change.piece]) + change.to_ns - change.from_ns);
        break;
    case 'remove':
        assert.equal(d.clipLength(now), d.clipLength(old) - d.lengthOf(old.pieces[change.piece]));
        break;
    default:
        assert.equal(after.clips.length - before.clips.length, { add: 1, drop: before.clips.length > 1 ? -1 : 0 }[change.do]);
    }
}

function round(seed) {
    const dice = random(seed);
    const begin = d.newDraft('a', LENGTH, 'first');
    let history = h.newHistory(begin);
    let refused = 0;
    for (let i = 0; i < 40; i++) {
        const before = h.now(history);
        const text = JSON.stringify(before);
        const change = anyChange(dice, before);
        if (dice.below(6) === 0) {
            history = [h.undone, h.redone][dice.below(2)](history);
            continue;
        }
        try {
            history = h.done(history, change);
            isRight(before, h.now(history), change);
        } catch (error) {
            if (!(error instanceof RangeError)) {
                throw error;
            }
            refused++;
        }
        assert.equal(JSON.stringify(before), text, `${change.do} changed what was`);
        isSound(h.now(history));
    }
    const { key } = h.now(history).clips[0];
    history = h.noted(history, key, { id: 'clip-20260101-080000-aaaa', tag: '"1"' });
    const again = h.restored(JSON.parse(JSON.stringify(h.kept(history))));
    assert.deepEqual(again, JSON.parse(JSON.stringify(history)), 'what was kept comes back');
    let [back, last] = [history, history];
    while (back.at > 0) {
        back = h.undone(back);
    }
    assert.deepEqual(h.now(back), { ...begin, saved: h.now(history).saved }, 'undo of all is the begin');
    assert.equal(h.now(back).saved[key].id, 'clip-20260101-080000-aaaa', 'what was saved is known whatever is undone');
    while (last.at < last.changes.length) {
        last = h.redone(last);
    }
    while (back.at < back.changes.length) {
        back = h.redone(back);
    }
    assert.deepEqual(h.now(back), h.now(last), 'redo of all is the end');
    assert.equal(h.undone(h.newHistory(begin)).at, 0);
    return refused;
}

let refused = 0;
for (let seed = 1; seed <= ROUNDS; seed++) {
    try {
        refused += round(seed);
    } catch (error) {
        console.error(`seed ${seed}`);
        throw error;
    }
}
assert.ok(refused > ROUNDS, 'nonsense is among what is tried');

/* What a person would call right, said outright. */
const S = 1e9;
let draft = d.newDraft('lesson-1', 3600 * S, 'k');
const does = (change) => (draft = d.apply(draft, { clip: 0, ...(['keep', 'cut', 'chapter'].includes(change.do) && { lesson: 'lesson-1' }), ...change }));
does({ do: 'keep', from_ns: 100 * S, to_ns: 200 * S });
does({ do: 'keep', from_ns: 0, to_ns: 50 * S });
assert.deepEqual(draft.clips[0].pieces.map((one) => one.from_ns / S), [0, 100], 'in the order of the lesson');
does({ do: 'keep', from_ns: 0, to_ns: 150 * S });
assert.deepEqual(draft.clips[0].pieces.map((one) => [one.from_ns / S, one.to_ns / S]), [[0, 50], [50, 100], [100, 200]], 'only what was missing');
does({ do: 'chapter', time_ns: 120 * S, title: '例题' });
does({ do: 'move', piece: 2, to: 0 });
assert.deepEqual(d.chaptersOf(draft.clips[0]), [{ time_ns: 20 * S, title: '例题' }], 'a chapter goes with its piece');
does({ do: 'cut', from_ns: 110 * S, to_ns: 130 * S });
assert.deepEqual(d.chaptersOf(draft.clips[0]), [], 'its moment is cut away');
does({ do: 'trim', piece: 0, from_ns: 100 * S, to_ns: 125 * S });
assert.deepEqual(d.chaptersOf(draft.clips[0]), [{ time_ns: 20 * S, title: '例题' }], 'and comes back with it');
does({ do: 'picture', piece: 0, picture: { layout: 'single', main: 'screen' } });
does({ do: 'fade', piece: 0, fade_in_ns: S, fade_out_ns: 0 });
assert.deepEqual(d.edlOf(draft.clips[0]).pieces[0], { lesson: 'lesson-1', from_ns: 100 * S, to_ns: 125 * S,
    picture: { layout: 'single', main: 'screen' }, fade_in_ns: S });
does({ do: 'keep', from_ns: 3600 * S - 1, to_ns: 3600 * S });
assert.equal(d.clipLength(d.newDraft('a', 9, 'k').clips[0]), 0);

/* Of another lesson, among those of the first. */
does({ do: 'lesson', lesson: 'lesson-2', duration_ns: 100 * S });
does({ do: 'keep', lesson: 'lesson-2', from_ns: 10 * S, to_ns: 20 * S });
assert.equal(draft.clips[0].pieces[draft.clips[0].pieces.length - 1].lesson, 'lesson-2', 'behind all');
does({ do: 'move', piece: draft.clips[0].pieces.length - 1, to: 1 });
does({ do: 'keep', lesson: 'lesson-2', from_ns: 30 * S, to_ns: 40 * S });
assert.deepEqual(draft.clips[0].pieces.slice(1, 3).map((one) => [one.lesson, one.from_ns / S]), [['lesson-2', 10], ['lesson-2', 30]], 'behind its own');
does({ do: 'chapter', lesson: 'lesson-2', time_ns: 35 * S, title: '别处' });
assert.ok(d.chaptersOf(draft.clips[0]).some(({ time_ns, title }) => title === '别处' && time_ns === (25 + 10 + 5) * S));

/* What the library holds: cards and logo stay, a lesson that is gone stays as long as what was taken of it, half a second behind the end is the end. */
const library = { version: 1, pieces: [{ lesson: 'lesson-2', from_ns: 90 * S, to_ns: 100.4 * S }, { lesson: 'lesson-3', from_ns: 0, to_ns: 7 * S }],
    chapters: [{ time_ns: 10 * S, title: '二' }], opening: CARD, closing: { template: 'closing', fields: {} }, logo: true };
const opened = d.changesOf(draft, 0, '折射', library, () => undefined).reduce(d.apply, draft);
assert.equal(opened.lessons['lesson-3'], 7 * S);
assert.deepEqual(d.edlOf(opened.clips[0]), { ...library, pieces: [{ lesson: 'lesson-2', from_ns: 90 * S, to_ns: 100 * S }, library.pieces[1]] });
assert.equal(opened.clips[0].key, 'k');

/* Fades, and what is worth snapping to. */
const fading = { lesson: 'a', from_ns: 0, to_ns: 10 * S, fade_in_ns: 2 * S, fade_out_ns: 4 * S };
assert.deepEqual([0, 1, 2, 5, 8, 10].map((s) => d.fadeAt(fading, s * S)), [0, 0.5, 1, 1, 0.5, 0]);
assert.equal(d.fadeAt({ from_ns: 0, to_ns: 1 }, 0), 1);
const { silences, snap, neighbour } = await load('snap.js');
const loud = (from, to) => Array.from({ length: 200 }, (_, i) => (i >> 1 >= from && i >> 1 < to ? 0 : [-50, 50][i % 2]));
const wave = { from_ns: 10 * S, to_ns: 15 * S, duration_ns: 99 * S, peaks: loud(20, 40) }; // 50 ms a point
assert.deepEqual(silences(wave), [11.5 * S], 'the middle of a second of silence');
assert.deepEqual(silences({ ...wave, peaks: loud(20, 26) }), [], 'too short');
assert.deepEqual(silences({ ...wave, peaks: loud(90, 100) }), [14.75 * S], 'up to the end of what is seen');
assert.deepEqual(silences({ ...wave, to_ns: 99 * S }), [], 'too coarse to tell');
assert.deepEqual([snap(100, [90, 108], 10), snap(100, [80], 10), snap(100, [], 10)], [108, 100, 100]);
assert.deepEqual([neighbour(5, [9, 1, 7, 5, 3], 1), neighbour(5, [9, 1, 7, 5, 3], -1), neighbour(9, [9, 1], 1)], [7, 3, undefined]);

/* Cards: a pattern without any of its fields is left out; what they are filled with; what a file takes. */
const card = await load('card.js');
const text = { text: ['{stage}', '{grade}{volume}', 'x'], between: ' · ', box: [], size: 0.1, colour: '' };
assert.deepEqual([card.wordsOf(text, { volume: '上册' }), card.wordsOf(text, {})], ['上册 · x', 'x']);
assert.deepEqual(card.fieldsOf({ texts: [text, { ...text, text: '{stage}' }] }), ['stage', 'grade', 'volume']);
assert.deepEqual(card.filled({ teachers: ['张', '李'], school: '', title: 'y' }, '折射', ['title', 'teachers', 'school']), { title: '折射', teachers: '张、李' });
assert.equal(card.filled({ teachers: Array(20).fill('张'.repeat(60)) }, '', ['teachers']).teachers.length, 200, 'no more than a field holds');
const faded = { pieces: [{ from_ns: 0, to_ns: 9 * S, fade_in_ns: S }, { from_ns: 0, to_ns: 2 * S, picture: { other: 'camera' } }], opening: CARD };
assert.equal(card.madeOf(faded, true), 8 * S);
assert.deepEqual([true, false].map((hasLogo) => card.madeOf({ ...faded, logo: true }, hasLogo)), [16 * S, 8 * S], 'a logo that was removed is not drawn');

/* Marks: the picture that is seen is in, as the first and as the last; what stands is cut where one is. */
const { edgesOf, guessed, isExact } = await load('mark.js');
const whole = { from: 0, to: 20 * S };
const film = Array.from({ length: 30 }, (_, i) => 10 * S + Math.round(i * S / 30)); // and nothing behind it
const slides = [2 * S, 3 * S, 9 * S];
for (const [times, at, from, to, of, clock] of [
    [film, film[3], film[3], film[4]], [film, film[3] - 500, film[3], film[4]], [film, film[4] - 2000, film[3], film[4]], // a clock rounds
    [film, film[29] + 1e6, film[29], 10.1 * S + film[29] - 10 * S, { from: 0, to: 10.1 * S + film[29] - 10 * S }], // the last one ends with the lesson
    [film, 11.5 * S, 11.5 * S, 11.54 * S], // behind it nothing but what stands
    [slides, 2.5 * S, 2.5 * S, 2.54 * S], [slides, 3 * S - 1e7, 3 * S - 1e7, 3 * S], [slides, 3 * S, 3 * S, 3.04 * S],
    [[], 5 * S, 5 * S, 5.04 * S], [[], 20 * S, 20 * S, 20 * S],
    [film, film[2] - 2e7, film[2] - 3e7, film[3], { from: film[2] - 3e7, to: 11 * S }], // a piece's first picture is early
    [film, film[8] + 2e7, film[8], film[8] + 3e7, { from: 0, to: film[8] + 3e7 }], // and its last one ends with it
    [slides, 3 * S, 3.3 * S, 3.34 * S, whole, 3.3 * S], // what has stood for a while is cut where one pressed
    [slides, 2.9 * S, 3 * S, 3 * S, whole, 3.2 * S], [film, film[3], film[3], film[4], whole, film[5]], // not what comes behind it
]) {
    assert.deepEqual(edgesOf(times, at, of || whole, clock), { from, to }, `${at} of ${times.length}`);
}
assert.deepEqual(guessed(S, 20 * S), { from: S, to: 1.04 * S });
assert.deepEqual(['from', 'to'].map((edge) => isExact(3 * S, slides, edge, { from: S, stepped: null })), [true, true], 'a slide is neither begun nor ended by a picture more');
assert.deepEqual([isExact(3 * S, slides, 'to', { from: 3 * S, stepped: null }), isExact(3 * S + 1, slides, 'from', { from: null, stepped: null })], [false, false]);
assert.deepEqual(['from', 'to'].map((edge) => isExact(3 * S, slides, edge, { from: S, stepped: 3 * S })), [false, false], 'who stepped there means the picture');

/* More than may be kept, in bytes: the oldest changes become the begin, the draft and what can be redone stay. */
const bytes = (edit) => Buffer.byteLength(JSON.stringify(edit));
let long = h.newHistory(d.newDraft('a', 1000, 'k'));
const title = '微'.repeat(400);
for (let i = 0; i < 4000; i++) {
    long = h.done(long, { do: 'title', clip: 0, title: title + i });
}
long = h.undone(long);
const kept = h.kept(long);
assert.ok(bytes(kept) <= h.KEPT_MAX && kept.changes.length > 500, `${kept.changes.length} changes of ${bytes(kept)} bytes kept`);
assert.deepEqual(h.now(h.restored(kept)), h.now(long));
assert.deepEqual(h.now(h.redone(h.restored(kept))), h.now(h.redone(long)));
assert.throws(() => h.restored({ ...kept, at: kept.changes.length + 1 }), RangeError);
assert.throws(() => h.restored({ ...kept, begin: { clips: [] } }), RangeError);
while (long.at > 0) {
    long = h.undone(long);
}
const allUndone = h.kept(long);
assert.ok(bytes(allUndone) <= h.KEPT_MAX && allUndone.at === 0 && allUndone.changes.length > 500, 'what can be redone has its bound, too');
console.log(`${ROUNDS} rounds of 40 operations, ${refused} refused`);
