// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a person makes in the editor: microlessons ("clips"), each some pieces in a row of the lessons
 * that lie on the table. Pure: an operation is a small JSON value, apply() gives a new draft and never
 * changes the one it was given; nonsense gives a RangeError. Times are whole nanoseconds of lesson
 * time; a picture belongs to a piece when from_ns <= its time < to_ns, and no piece is empty.
 *
 * Pieces have no time of their own in the clip: they follow each other, so whatever is cut, trimmed
 * or moved ripples by itself. Chapters stand at lesson time, too, and so go where their piece goes;
 * one whose moment is cut away is not lost, it comes back with it.
 *
 * A clip has a key, which whoever makes it chooses. What the library holds of it stands beside the
 * clips (saved, by key): saving is not undone, so that who saves again saves the same microlesson.
 *
 *     draft = apply(draft, { do: 'keep', clip: 0, lesson, from_ns, to_ns });
 *     const edl = edlOf(draft.clips[0]);                          // docs/formats/clip.md
 */

/** @typedef {import('../../types').DraftPiece} DraftPiece */
/** @typedef {import('../../types').DraftClip} DraftClip */
/** @typedef {import('../../types').Draft} Draft */
/** @typedef {import('../../types').DraftChange} DraftChange */
/** @typedef {import('../../types').DraftLook} DraftLook */
/** @typedef {import('../../types').Edl} Edl */

/** As many pieces as an edit decision list may have. */
export const PIECES_MAX = 10000;
export const CLIPS_MAX = 200;
export const LESSONS_MAX = 100;

/** What was not used before, for a clip. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** @param {string} key @returns {DraftClip} */
const emptyClip = (key) => ({ key, title: '', pieces: [], chapters: [] });

/** A draft in which nothing was done. @param {string} lesson @param {number} duration_ns of it @param {string} key @returns {Draft} */
export const newDraft = (lesson, duration_ns, key) => ({ lessons: { [lesson]: duration_ns }, clips: [emptyClip(key)], saved: {} });

/** @param {unknown} holds @param {string} what */
function need(holds, what) {
  if (!holds) {
    throw new RangeError(what);
  }
}

const isTime = (/** @type {unknown} */ ns) => Number.isSafeInteger(ns) && /** @type {number} */ (ns) >= 0;

/** @param {object} names @param {string} word */
const knows = (names, word) => Object.prototype.hasOwnProperty.call(names, word);

/** @param {Draft} draft @param {string} lesson @param {number} from_ns @param {number} to_ns */
function needRange({ lessons }, lesson, from_ns, to_ns) {
  need(knows(lessons, lesson) && isTime(from_ns) && isTime(to_ns) && from_ns < to_ns && to_ns <= lessons[lesson], 'no range of a lesson on the table');
}

/** @param {Draft} draft @param {string} lesson @param {number} time_ns */
function needMoment({ lessons }, lesson, time_ns) {
  need(knows(lessons, lesson) && isTime(time_ns) && time_ns < lessons[lesson], 'no moment of a lesson on the table');
}

/** @param {Draft} draft @param {unknown} key */
function needKey({ clips }, key) {
  need(typeof key === 'string' && key && clips.every((one) => one.key !== key), 'no new key');
}

/** @template T @param {T[]} list @param {number} at @param {number} gone @param {T[]} come */
const splice = (list, at, gone, come) => [...list.slice(0, at), ...come, ...list.slice(at + gone)];

/** A fade is no longer than its piece. @param {DraftPiece} piece @returns {DraftPiece} */
function fit(piece) {
  const length = piece.to_ns - piece.from_ns;
  const { fade_in_ns = 0, fade_out_ns = 0, ...rest } = piece;
  const fadeIn = Math.min(fade_in_ns, length);
  const fadeOut = Math.min(fade_out_ns, length - fadeIn);
  return { ...rest, ...(fadeIn > 0 && { fade_in_ns: fadeIn }), ...(fadeOut > 0 && { fade_out_ns: fadeOut }) };
}

/** Two of one, at a moment inside it. @param {DraftPiece} piece @param {number} at_ns */
function halves(piece, at_ns) {
  const { fade_in_ns, fade_out_ns, ...rest } = piece; // what begins keeps fading in, what ends out
  return [
    fit({ ...rest, to_ns: at_ns, ...(fade_in_ns && { fade_in_ns }) }),
    fit({ ...rest, from_ns: at_ns, ...(fade_out_ns && { fade_out_ns }) }),
  ];
}

/** @param {DraftPiece} piece @param {number} at_ns */
const inside = (piece, at_ns) => piece.from_ns < at_ns && at_ns < piece.to_ns;

/** @typedef {Pick<DraftPiece, 'lesson' | 'from_ns' | 'to_ns'>} Range */

/** Pieces without a range of a lesson. @param {DraftPiece[]} pieces @param {Range} range */
function without(pieces, { lesson, from_ns, to_ns }) {
  const cutAt = (/** @type {number} */ ns) => (/** @type {DraftPiece} */ piece) =>
    (piece.lesson === lesson && inside(piece, ns) ? halves(piece, ns) : [piece]);
  return pieces.flatMap(cutAt(from_ns)).flatMap(cutAt(to_ns))
    .filter((piece) => piece.lesson !== lesson || piece.to_ns <= from_ns || piece.from_ns >= to_ns);
}

/** What of a range no piece holds. @param {DraftPiece[]} pieces @param {Range} range */
function missing(pieces, { lesson, from_ns, to_ns }) {
  return pieces.reduce((left, piece) => without(left, piece), [/** @type {DraftPiece} */ ({ lesson, from_ns, to_ns })]);
}

/** Each new piece goes behind the last one that stands before it in its lesson; the first of a lesson to the end. @param {DraftPiece[]} pieces @param {DraftPiece[]} come */
function insert(pieces, come) {
  let all = pieces;
  for (const piece of come) {
    const own = [...all.keys()].filter((i) => all[i].lesson === piece.lesson);
    const before = own.filter((i) => all[i].to_ns <= piece.from_ns).pop();
    all = splice(all, before === undefined ? own[0] ?? all.length : before + 1, 0, [piece]);
  }
  return all;
}

/** @param {{ time_ns: number }} a @param {{ time_ns: number }} b */
const byTime = (a, b) => a.time_ns - b.time_ns;

/** @param {DraftClip} clip @param {number} i */
function pieceOf(clip, i) {
  need(Number.isInteger(i) && i >= 0 && i < clip.pieces.length, 'no such piece');
  return clip.pieces[i];
}

/** @type {Record<string, (draft: Draft, clip: DraftClip, op: any) => DraftClip>} */
const onClip = {
  keep(draft, clip, { lesson, from_ns, to_ns }) {
    needRange(draft, lesson, from_ns, to_ns);
    return { ...clip, pieces: insert(clip.pieces, missing(clip.pieces, { lesson, from_ns, to_ns })) };
  },
  cut(draft, clip, { lesson, from_ns, to_ns }) {
    needRange(draft, lesson, from_ns, to_ns);
    return { ...clip, pieces: without(clip.pieces, { lesson, from_ns, to_ns }) };
  },
  split(_, clip, { piece: i, at_ns }) {
    const piece = pieceOf(clip, i);
    need(isTime(at_ns) && inside(piece, at_ns), 'not inside the piece');
    return { ...clip, pieces: splice(clip.pieces, i, 1, halves(piece, at_ns)) };
  },
  trim(draft, clip, { piece: i, from_ns, to_ns }) {
    const piece = pieceOf(clip, i);
    needRange(draft, piece.lesson, from_ns, to_ns);
    return { ...clip, pieces: splice(clip.pieces, i, 1, [fit({ ...piece, from_ns, to_ns })]) };
  },
  move(_, clip, { piece: i, to }) {
    const piece = pieceOf(clip, i);
    need(Number.isInteger(to) && to >= 0 && to < clip.pieces.length, 'no such place');
    return { ...clip, pieces: splice(splice(clip.pieces, i, 1, []), to, 0, [piece]) };
  },
  remove(_, clip, { piece: i }) {
    pieceOf(clip, i);
    return { ...clip, pieces: splice(clip.pieces, i, 1, []) };
  },
  picture(_, clip, { piece: i, picture }) {
    const { picture: before, ...rest } = pieceOf(clip, i);
    return { ...clip, pieces: splice(clip.pieces, i, 1, [picture ? { ...rest, picture } : rest]) };
  },
  fade(_, clip, { piece: i, fade_in_ns, fade_out_ns }) {
    need(isTime(fade_in_ns) && isTime(fade_out_ns), 'no length of a fade');
    return { ...clip, pieces: splice(clip.pieces, i, 1, [fit({ ...pieceOf(clip, i), fade_in_ns, fade_out_ns })]) };
  },
  chapter(draft, clip, { lesson, time_ns, title }) { // title null: away with it
    needMoment(draft, lesson, time_ns);
    const others = clip.chapters.filter((one) => one.lesson !== lesson || one.time_ns !== time_ns);
    return { ...clip, chapters: (title === null ? others : [...others, { lesson, time_ns, title }]).sort(byTime) };
  },
  title(_, clip, { title }) {
    return { ...clip, title };
  },
  look(_, { opening, closing, logo, ...clip }, { look }) { // cards and logo as in an edit decision list
    return { ...clip, ...look };
  },
  /** It is a microlesson of the library, or one of its versions. */
  become(draft, { key }, { title, pieces, chapters, look }) {
    pieces.forEach((/** @type {DraftPiece} */ one) => needRange(draft, one.lesson, one.from_ns, one.to_ns));
    chapters.forEach((/** @type {DraftClip['chapters'][0]} */ one) => needMoment(draft, one.lesson, one.time_ns));
    return { key, title, pieces, chapters: [...chapters].sort(byTime), ...look };
  },
};

/** @type {Record<string, (draft: Draft, op: any) => DraftClip[]>} */
const onClips = {
  add(draft, { clip: at, key }) {
    needKey(draft, key);
    need(Number.isInteger(at) && at >= 0 && at <= draft.clips.length, 'no such place');
    return splice(draft.clips, at, 0, [emptyClip(key)]);
  },
  drop(draft, { clip: at, key }) { // there is always one
    need(at in draft.clips, 'no such microlesson');
    needKey(draft, key);
    return draft.clips.length > 1 ? splice(draft.clips, at, 1, []) : [emptyClip(key)];
  },
  /** What stands behind a moment becomes a microlesson of its own. */
  divide(draft, { clip: at, piece: i, at_ns, key }) {
    need(at in draft.clips, 'no such microlesson');
    needKey(draft, key);
    const clip = draft.clips[at];
    const piece = pieceOf(clip, i);
    need(at_ns === piece.from_ns ? i > 0 : inside(piece, at_ns), 'nothing would be left');
    const [end, begin] = at_ns === piece.from_ns ? [[], [piece]] : halves(piece, at_ns).map((one) => [one]);
    return splice(draft.clips, at, 1, [
      { ...clip, pieces: [...clip.pieces.slice(0, i), ...end] },
      { ...clip, key, title: '', pieces: [...begin, ...clip.pieces.slice(i + 1)] },
    ]);
  },
};

/** @param {Draft} draft @param {DraftChange} op @returns {Draft} */
export function apply(draft, op) {
  if (op.do === 'lesson') { // one more on the table
    need(isTime(op.duration_ns) && op.duration_ns > 0 && !knows(draft.lessons, op.lesson), 'no new lesson');
    need(Object.keys(draft.lessons).length < LESSONS_MAX, 'too many lessons');
    return { ...draft, lessons: { ...draft.lessons, [op.lesson]: op.duration_ns } };
  }
  if (knows(onClips, op.do)) {
    const clips = onClips[op.do](draft, op);
    need(clips.length <= CLIPS_MAX, 'too many microlessons');
    return { ...draft, clips };
  }
  need(knows(onClip, op.do), 'no such operation');
  need(op.clip in draft.clips, 'no such microlesson');
  const clip = onClip[op.do](draft, draft.clips[op.clip], op);
  need(clip.pieces.length <= PIECES_MAX, 'too many pieces');
  return { ...draft, clips: splice(draft.clips, op.clip, 1, [clip]) };
}

/** @param {DraftPiece} piece */
export const lengthOf = (piece) => piece.to_ns - piece.from_ns;

/** How bright and loud a piece is at a moment of the lesson, 0 to 1. @param {DraftPiece} piece @param {number} time_ns */
export const fadeAt = ({ from_ns, to_ns, fade_in_ns, fade_out_ns }, time_ns) => Math.max(0, Math.min(1,
  fade_in_ns ? (time_ns - from_ns) / fade_in_ns : 1, fade_out_ns ? (to_ns - time_ns) / fade_out_ns : 1));

/** How long a clip is. @param {DraftClip} clip */
export const clipLength = (clip) => clip.pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);

/** Where a moment of the clip is in its lesson; the last piece's end at its end. @param {Pick<DraftClip, 'pieces'>} clip @param {number} clip_ns */
export function atClipTime(clip, clip_ns) {
  let left = clip_ns;
  for (const [i, piece] of clip.pieces.entries()) {
    if (left < lengthOf(piece) || i === clip.pieces.length - 1) {
      return { piece: i, lesson: piece.lesson, time_ns: Math.min(piece.from_ns + left, piece.to_ns) };
    }
    left -= lengthOf(piece);
  }
  return null;
}

/** Where a moment of a piece is in the clip. @param {DraftClip} clip @param {number} piece @param {number} time_ns */
export const clipTimeOf = (clip, piece, time_ns) =>
  clip.pieces.slice(0, piece).reduce((sum, one) => sum + lengthOf(one), 0) + time_ns - clip.pieces[piece].from_ns;

/** Does a piece hold a moment of a lesson? @param {DraftPiece} piece @param {string} lesson @param {number} time_ns */
export const holds = (piece, lesson, time_ns) => piece.lesson === lesson && piece.from_ns <= time_ns && time_ns < piece.to_ns;

/** The first piece that holds a moment of a lesson, -1: none. @param {DraftClip} clip @param {string} lesson @param {number} time_ns */
export const pieceAt = (clip, lesson, time_ns) => clip.pieces.findIndex((one) => holds(one, lesson, time_ns));

/** Its chapters in clip time: one for each piece that holds the moment. @param {DraftClip} clip */
export function chaptersOf(clip) {
  return clip.pieces.flatMap((piece, i) => clip.chapters
    .filter(({ lesson, time_ns }) => holds(piece, lesson, time_ns))
    .map(({ time_ns, title }) => ({ time_ns: clipTimeOf(clip, i, time_ns), title })));
}

/** What of a clip is neither pieces nor chapters. @param {DraftLook} clip @returns {DraftLook} */
export const lookOf = ({ opening, closing, logo }) => ({ ...(opening && { opening }), ...(closing && { closing }), ...(logo && { logo }) });

/** The clip's edit decision list (docs/formats/clip.md). @param {DraftClip} clip @returns {Edl} */
export const edlOf = (clip) => ({ version: 1, pieces: clip.pieces, chapters: chaptersOf(clip), ...lookOf(clip) });

/**
 * What makes a clip of the draft a microlesson of the library: first the lessons that are not on the table yet, then
 * itself. A lesson that is gone counts as long as what was taken of it.
 * @param {Draft} draft @param {number} clip @param {string} title @param {Edl} edl
 * @param {(lesson: string) => number | undefined} lengthOfLesson undefined: it is gone
 * @returns {DraftChange[]}
 */
export function changesOf(draft, clip, title, edl, lengthOfLesson) {
  /** @type {Record<string, number>} */
  const lengths = { ...draft.lessons };
  /** @type {DraftChange[]} */
  const changes = [];
  for (const { lesson } of edl.pieces) {
    if (!knows(lengths, lesson)) {
      lengths[lesson] = lengthOfLesson(lesson) ?? Math.max(...edl.pieces.map((one) => (one.lesson === lesson ? one.to_ns : 0)));
      changes.push({ do: 'lesson', lesson, duration_ns: lengths[lesson] });
    }
  }
  const pieces = edl.pieces.map((one) => fit({ ...one, to_ns: Math.min(one.to_ns, lengths[one.lesson]) }))
    .filter((one) => one.from_ns < one.to_ns); // it may end half a second behind its lesson
  /** @type {Map<string, DraftClip['chapters'][0]>} one a moment */
  const chapters = new Map();
  for (const { time_ns: at, title: words } of edl.chapters || []) {
    const there = atClipTime({ pieces }, at);
    if (there) {
      const time_ns = Math.min(there.time_ns, pieces[there.piece].to_ns - 1);
      chapters.set(`${there.lesson} ${time_ns}`, { lesson: there.lesson, time_ns, title: words });
    }
  }
  return [...changes, { do: 'become', clip, title, pieces, chapters: [...chapters.values()], look: lookOf(edl) }];
}
