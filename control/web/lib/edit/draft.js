// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a person makes of a lesson in the editor: microlessons ("clips"), each some pieces of it in a
 * row. Pure: an operation is a small JSON value, apply() gives a new draft and never changes the one
 * it was given; nonsense gives a RangeError. Times are whole nanoseconds of lesson time; a picture
 * belongs to a piece when from_ns <= its time < to_ns, and no piece is empty.
 *
 * Pieces have no time of their own in the clip: they follow each other, so whatever is cut, trimmed
 * or moved ripples by itself. Chapters stand at lesson time, too, and so go where their piece goes;
 * one whose moment is cut away is not lost, it comes back with it.
 *
 *     draft = apply(draft, { do: 'keep', clip: 0, from_ns, to_ns });
 *     const edl = edlOf(draft.clips[0], lesson);                  // docs/formats/clip.md
 */

/** @typedef {import('../../types').DraftPiece} DraftPiece */
/** @typedef {import('../../types').DraftClip} DraftClip */
/** @typedef {import('../../types').Draft} Draft */
/** @typedef {import('../../types').DraftChange} DraftChange */

/** As many pieces as an edit decision list may have. */
export const PIECES_MAX = 10000;
export const CLIPS_MAX = 200;

/** @type {DraftClip} */
const EMPTY = { title: '', pieces: [], chapters: [] };

/** A draft in which nothing was done. @param {number} duration_ns of the lesson @returns {Draft} */
export const newDraft = (duration_ns) => ({ duration_ns, clips: [EMPTY] });

/** @param {unknown} holds @param {string} what */
function need(holds, what) {
  if (!holds) {
    throw new RangeError(what);
  }
}

const isTime = (/** @type {unknown} */ ns) => Number.isSafeInteger(ns) && /** @type {number} */ (ns) >= 0;

/** @param {Draft} draft @param {number} from_ns @param {number} to_ns */
function needRange(draft, from_ns, to_ns) {
  need(isTime(from_ns) && isTime(to_ns) && from_ns < to_ns && to_ns <= draft.duration_ns, 'no range of this lesson');
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

/** Pieces without a range of lesson time. @param {DraftPiece[]} pieces @param {number} from_ns @param {number} to_ns */
function without(pieces, from_ns, to_ns) {
  return pieces
    .flatMap((piece) => (inside(piece, from_ns) ? halves(piece, from_ns) : [piece]))
    .flatMap((piece) => (inside(piece, to_ns) ? halves(piece, to_ns) : [piece]))
    .filter((piece) => piece.to_ns <= from_ns || piece.from_ns >= to_ns);
}

/** What of a range no piece holds. @param {DraftPiece[]} pieces @param {number} from_ns @param {number} to_ns */
function missing(pieces, from_ns, to_ns) {
  /** @type {DraftPiece[]} */
  let left = [{ from_ns, to_ns }];
  for (const piece of pieces) {
    left = without(left, piece.from_ns, piece.to_ns);
  }
  return left;
}

/** Each new piece goes behind the last one that stands before it in the lesson. @param {DraftPiece[]} pieces @param {DraftPiece[]} come */
function insert(pieces, come) {
  let all = pieces;
  for (const piece of come) {
    let at = 0;
    all.forEach((one, i) => {
      at = one.to_ns <= piece.from_ns ? i + 1 : at;
    });
    all = splice(all, at, 0, [piece]);
  }
  return all;
}

/** @param {DraftClip} clip @param {number} i */
function pieceOf(clip, i) {
  need(Number.isInteger(i) && i >= 0 && i < clip.pieces.length, 'no such piece');
  return clip.pieces[i];
}

/** @type {Record<string, (draft: Draft, clip: DraftClip, op: any) => DraftClip>} */
const onClip = {
  keep(draft, clip, { from_ns, to_ns }) {
    needRange(draft, from_ns, to_ns);
    return { ...clip, pieces: insert(clip.pieces, missing(clip.pieces, from_ns, to_ns)) };
  },
  cut(draft, clip, { from_ns, to_ns }) {
    needRange(draft, from_ns, to_ns);
    return { ...clip, pieces: without(clip.pieces, from_ns, to_ns) };
  },
  split(_, clip, { piece: i, at_ns }) {
    const piece = pieceOf(clip, i);
    need(isTime(at_ns) && inside(piece, at_ns), 'not inside the piece');
    return { ...clip, pieces: splice(clip.pieces, i, 1, halves(piece, at_ns)) };
  },
  trim(draft, clip, { piece: i, from_ns, to_ns }) {
    needRange(draft, from_ns, to_ns);
    return { ...clip, pieces: splice(clip.pieces, i, 1, [fit({ ...pieceOf(clip, i), from_ns, to_ns })]) };
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
  chapter(draft, clip, { time_ns, title }) { // title null: away with it
    need(isTime(time_ns) && time_ns < draft.duration_ns, 'no moment of this lesson');
    const others = clip.chapters.filter((one) => one.time_ns !== time_ns);
    const all = title === null ? others : [...others, { time_ns, title }];
    return { ...clip, chapters: all.sort((a, b) => a.time_ns - b.time_ns) };
  },
  title(_, clip, { title }) {
    return { ...clip, title };
  },
  saved(_, clip, { id }) { // it is a microlesson of the library now
    return { ...clip, saved: id };
  },
};

/** @type {Record<string, (draft: Draft, op: any) => DraftClip[]>} */
const onClips = {
  add({ clips }, { clip: at }) {
    need(Number.isInteger(at) && at >= 0 && at <= clips.length, 'no such place');
    return splice(clips, at, 0, [EMPTY]);
  },
  drop({ clips }, { clip: at }) {
    need(at in clips, 'no such microlesson');
    return clips.length > 1 ? splice(clips, at, 1, []) : [EMPTY];
  },
  /** What stands behind a moment becomes a microlesson of its own. */
  divide({ clips }, { clip: at, piece: i, at_ns }) {
    need(at in clips, 'no such microlesson');
    const clip = clips[at];
    const piece = pieceOf(clip, i);
    need(at_ns === piece.from_ns ? i > 0 : inside(piece, at_ns), 'nothing would be left');
    const [end, begin] = at_ns === piece.from_ns ? [[], [piece]] : halves(piece, at_ns).map((one) => [one]);
    return splice(clips, at, 1, [
      { ...clip, pieces: [...clip.pieces.slice(0, i), ...end] },
      { ...EMPTY, chapters: clip.chapters, pieces: [...begin, ...clip.pieces.slice(i + 1)] },
    ]);
  },
};

/** @param {object} changes @param {string} word */
const knows = (changes, word) => Object.prototype.hasOwnProperty.call(changes, word);

/** @param {Draft} draft @param {DraftChange} op @returns {Draft} */
export function apply(draft, op) {
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

/** Where a moment of the clip is in the lesson; the last piece's end at its end. @param {DraftClip} clip @param {number} clip_ns */
export function atClipTime(clip, clip_ns) {
  let left = clip_ns;
  for (const [i, piece] of clip.pieces.entries()) {
    if (left < lengthOf(piece) || i === clip.pieces.length - 1) {
      return { piece: i, time_ns: Math.min(piece.from_ns + left, piece.to_ns) };
    }
    left -= lengthOf(piece);
  }
  return null;
}

/** Where a moment of a piece is in the clip. @param {DraftClip} clip @param {number} piece @param {number} time_ns */
export const clipTimeOf = (clip, piece, time_ns) =>
  clip.pieces.slice(0, piece).reduce((sum, one) => sum + lengthOf(one), 0) + time_ns - clip.pieces[piece].from_ns;

/** The first piece that holds a moment of the lesson, -1: none. @param {DraftClip} clip @param {number} time_ns */
export const pieceAt = (clip, time_ns) => clip.pieces.findIndex((one) => one.from_ns <= time_ns && time_ns < one.to_ns);

/** Its chapters in clip time: one for each piece that holds the moment. @param {DraftClip} clip */
export function chaptersOf(clip) {
  return clip.pieces.flatMap((piece, i) => clip.chapters
    .filter(({ time_ns }) => piece.from_ns <= time_ns && time_ns < piece.to_ns)
    .map(({ time_ns, title }) => ({ time_ns: clipTimeOf(clip, i, time_ns), title })));
}

/** The clip's edit decision list (docs/formats/clip.md). @param {DraftClip} clip @param {string} lesson */
export const edlOf = (clip, lesson) => ({
  version: 1,
  pieces: clip.pieces.map((piece) => ({ lesson, ...piece })),
  chapters: chaptersOf(clip),
});
