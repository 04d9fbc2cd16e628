// SPDX-License-Identifier: GPL-3.0-or-later
// The time line: thumbnails, waveform, what is kept, drawn on a canvas; a pointer seeks, drags the
// edges of pieces, and selects with Shift.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { Fault, isRefused } from '../../lib/api.js';
import { pieceAt } from '../../lib/edit/draft.js';
import { fetchWave, newThumbs } from '../../lib/edit/look.js';
import { snap } from '../../lib/edit/snap.js';
import { exact, seconds, span } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';

/** @typedef {import('../../types').Wave} Wave */
/** @typedef {import('../../types').DraftClip} DraftClip */
/** @typedef {{ from: number, to: number }} View ns of the lesson */
/** @typedef {{ what: 'seek' | 'select' | 'from' | 'to', piece: number, begin: number, at: number }} Drag */

const RULER = 22;
const THUMBS = 54;
const WAVE = 84;
const HEIGHT = RULER + THUMBS + WAVE;
const THUMB_WIDTH = 96;
const EDGE_PX = 8;
const SNAP_PX = 10;
const SETTLED_MS = 150;
const AGAIN_MS = 2000;
const LEAST_NS = 0.2e9; // in sight
const PIECE_NS = 40e6; // a picture, at least
const STEPS_S = [0.04, 0.2, 1, 5, 10, 30, 60, 300, 600, 1800, 3600];

/**
 * The view zoomed around a moment.
 * @param {View} view
 * @param {number} factor below 1: nearer
 * @param {number} around
 * @param {number} length
 * @returns {View}
 */
export function zoomed(view, factor, around, length) {
  const wide = Math.min(length, Math.max(LEAST_NS, (view.to - view.from) * factor));
  const from = Math.min(Math.max(0, around - ((around - view.from) / (view.to - view.from)) * wide), length - wide);
  return { from: Math.round(from), to: Math.round(from + wide) };
}

/** What of a lesson's sound and pictures is in sight, fetched when the view rests, and again while the server is away. @param {import('../../types').EditLesson} lesson @param {View} view @param {number} width */
function useLook(lesson, view, width) {
  const [, setNews] = useState(0);
  const [again, setAgain] = useState(0); // how often something did not come
  const come = () => setNews((n) => n + 1);
  const whole = useRef(/** @type {Wave | null} */ (null));
  const near = useRef(/** @type {Wave | null} */ (null));
  const sound = lesson.tracks.find((track) => track.kind === 'sound')?.name;
  const picture = (lesson.tracks.find((track) => track.kind === 'screen') || lesson.tracks.find((track) => track.kind === 'camera'))?.name;
  const thumbs = useRef(/** @type {ReturnType<typeof newThumbs> | null} */ (null));
  const missed = (/** @type {unknown} */ error) => error instanceof Fault && !isRefused(error) && setTimeout(() => setAgain((n) => n + 1), AGAIN_MS);
  useEffect(() => {
    thumbs.current = thumbs.current || (picture ? newThumbs(lesson.id, picture, come) : null);
    if (sound && !whole.current) {
      fetchWave(lesson.id, sound, 0, lesson.duration_ns).then((wave) => {
        whole.current = wave;
        come();
      }, missed);
    }
  }, [again]);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      const wide = view.to - view.from;
      thumbs.current?.want(view.from, view.to, Math.max(1, Math.ceil(width / THUMB_WIDTH))).catch(missed);
      const fine = near.current;
      const have = fine && fine.from_ns <= view.from && fine.to_ns >= Math.min(view.to, fine.duration_ns) && fine.to_ns - fine.from_ns <= 4 * wide;
      if (sound && wide < lesson.duration_ns * 0.8 && !have) {
        const [from, to] = [Math.max(0, view.from - wide / 2), Math.min(lesson.duration_ns, view.to + wide / 2)].map(Math.round);
        fetchWave(lesson.id, sound, from, to).then((wave) => {
          if (current) {
            near.current = wave;
            come();
          }
        }, missed);
      }
    }, SETTLED_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [again, view.from, view.to, width]);
  return { whole: whole.current, near: near.current, thumbs: thumbs.current };
}

/** How wide an element is. @param {{ current: HTMLElement | null }} box */
function useWidth(box) {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const look = () => setWidth(box.current?.clientWidth || 0);
    look();
    addEventListener('resize', look);
    return () => removeEventListener('resize', look);
  }, []);
  return width;
}

/** @param {CanvasRenderingContext2D} c @param {(ns: number) => number} x @param {View} view @param {number} width */
function drawRuler(c, x, view, width) {
  const wanted = (seconds(view.to - view.from) / width) * 90;
  const step = STEPS_S.find((one) => one >= wanted) || 7200;
  c.fillStyle = '#b4c3cf';
  c.font = '12px system-ui, sans-serif';
  c.textBaseline = 'middle';
  for (let s = Math.ceil(seconds(view.from) / step) * step; s * 1e9 <= view.to; s += step) {
    const at = x(s * 1e9);
    c.fillRect(at, RULER - 5, 1, 5);
    c.fillText(step < 1 ? exact(Math.round(s * 1e9)).slice(2) : span(Math.round(s)), at + 4, RULER / 2);
  }
}

/** @param {CanvasRenderingContext2D} c @param {(ns: number) => number} x @param {Wave | null} wave @param {View} view */
function drawWave(c, x, wave, view) {
  if (!wave || wave.peaks.length === 0) {
    return;
  }
  const step = (2 * (wave.to_ns - wave.from_ns)) / wave.peaks.length;
  const middle = RULER + THUMBS + WAVE / 2;
  const first = Math.max(0, Math.floor((view.from - wave.from_ns) / step));
  const last = Math.min(wave.peaks.length / 2, Math.ceil((view.to - wave.from_ns) / step));
  c.beginPath();
  for (let i = first; i < last; i++) {
    const left = x(wave.from_ns + i * step);
    const [low, high] = [wave.peaks[2 * i], wave.peaks[2 * i + 1]];
    const top = (Math.sqrt(high / 127) * WAVE) / 2.1; // so that speech is not a thin line
    const bottom = (Math.sqrt(-low / 127) * WAVE) / 2.1;
    c.rect(left, middle - (top || 0.5), Math.max(1, x(wave.from_ns + (i + 1) * step) - left), (top || 0.5) + (bottom || 0.5));
  }
  c.fillStyle = '#6fb6e3';
  c.fill();
}

/**
 * @param {{ lesson: import('../../types').EditLesson, clip: DraftClip, others: DraftClip[], at: number, selection: { from: number | null, to: number | null },
 *   view: View, moments: number[], mayChange: boolean, picked: number, onView: (view: View) => void, onSeek: (ns: number) => void,
 *   onSelect: (from: number, to: number) => void, onTrim: (piece: number, from_ns: number, to_ns: number) => void,
 *   onPick: (piece: number) => void, onWave: (wave: Wave) => void }} props
 */
export function Timeline({ lesson, clip, others, at, selection, view, moments, mayChange, picked, onView, onSeek, onSelect, onTrim, onPick, onWave }) {
  const t = useWords();
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [drag, setDrag] = useState(/** @type {Drag | null} */ (null));
  const width = useWidth(box);
  const { whole, near, thumbs } = useLook(lesson, view, width);
  const length = lesson.duration_ns;
  const perPx = (view.to - view.from) / Math.max(1, width);
  const x = (/** @type {number} */ ns) => (ns - view.from) / perPx;
  const fine = near && near.from_ns <= view.from && near.to_ns >= Math.min(view.to, near.duration_ns) ? near : whole;
  useEffect(() => {
    if (fine) {
      onWave(fine);
    }
  }, [fine]);

  /** Those of this lesson. @param {DraftClip} one */
  const own = (one) => [...one.pieces.entries()].filter(([, piece]) => piece.lesson === lesson.id);

  /** Pieces as they would be if the drag ended here, with their number in the clip. */
  const pieces = own(clip).map(([i, piece]) => {
    if (!drag || drag.piece !== i || drag.what === 'seek' || drag.what === 'select') {
      return { i, ...piece };
    }
    return drag.what === 'from' ? { i, ...piece, from_ns: Math.max(0, Math.min(drag.at, piece.to_ns - PIECE_NS)) }
      : { i, ...piece, to_ns: Math.min(length, Math.max(drag.at, piece.from_ns + PIECE_NS)) };
  });

  useEffect(() => {
    const c = canvas.current?.getContext('2d');
    if (!c || !canvas.current || width === 0) {
      return;
    }
    const ratio = devicePixelRatio || 1;
    canvas.current.width = Math.round(width * ratio);
    canvas.current.height = Math.round(HEIGHT * ratio);
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.fillStyle = '#0b1218';
    c.fillRect(0, 0, width, HEIGHT);
    drawRuler(c, x, view, width);
    const slot = THUMB_WIDTH * perPx;
    for (let ns = Math.floor(view.from / slot) * slot; ns < view.to; ns += slot) {
      const picture = thumbs?.at(ns + slot / 2);
      if (picture) {
        c.drawImage(picture, x(ns), RULER, THUMB_WIDTH - 1, THUMBS);
      }
    }
    drawWave(c, x, fine, view);
    c.fillStyle = 'rgba(11, 18, 24, 0.62)'; // what is not kept
    let dark = view.from;
    for (const piece of [...pieces].sort((a, b) => a.from_ns - b.from_ns)) {
      if (piece.from_ns > dark) {
        c.fillRect(x(dark), RULER, x(piece.from_ns) - x(dark), THUMBS + WAVE);
      }
      dark = Math.max(dark, piece.to_ns);
    }
    c.fillRect(x(dark), RULER, Math.max(0, width - x(dark)), THUMBS + WAVE);
    for (const other of others) {
      c.fillStyle = '#8a99a6';
      own(other).forEach(([, piece]) => c.fillRect(x(piece.from_ns), HEIGHT - 4, Math.max(1, x(piece.to_ns) - x(piece.from_ns)), 4));
    }
    pieces.forEach(({ i, ...piece }) => {
      const [left, right] = [x(piece.from_ns), x(piece.to_ns)];
      c.fillStyle = i === picked ? '#ffd166' : '#2b8ac6';
      c.fillRect(left, RULER, Math.max(1, right - left), 3);
      c.fillRect(left, HEIGHT - 3, Math.max(1, right - left), 3);
      c.fillRect(left, RULER, 2, THUMBS + WAVE);
      c.fillRect(right - 2, RULER, 2, THUMBS + WAVE);
    });
    c.fillStyle = '#e35d67';
    lesson.gaps.forEach((gap) => c.fillRect(x(gap.from_ns), RULER - 3, Math.max(2, x(gap.to_ns) - x(gap.from_ns)), 3));
    c.fillStyle = '#7bd0a0';
    [...lesson.chapters, ...lesson.slides].forEach((one) => c.fillRect(x(one.time_ns), RULER, 1, THUMBS));
    c.fillStyle = '#ffd166';
    lesson.marks.forEach((mark) => c.fillRect(x(mark.time_ns) - 2, RULER - 12, 4, 12));
    c.fillStyle = '#c9a5ff';
    clip.chapters.filter((one) => one.lesson === lesson.id).forEach((one) => c.fillRect(x(one.time_ns) - 3, HEIGHT - 14, 6, 14));
    if (selection.from !== null || selection.to !== null) {
      const [left, right] = [x(selection.from ?? selection.to ?? 0), x(selection.to ?? selection.from ?? 0)];
      c.fillStyle = 'rgba(255, 255, 255, 0.16)';
      c.fillRect(left, RULER, right - left, THUMBS + WAVE);
      c.fillStyle = '#fff';
      c.fillRect(left, 0, 1, HEIGHT);
      c.fillRect(right, 0, 1, HEIGHT);
    }
    c.fillStyle = '#ff5a63';
    c.fillRect(x(at) - 1, 0, 2, HEIGHT);
  });

  /** @param {PointerEvent} event */
  const timeOf = (event) => {
    const left = /** @type {HTMLElement} */ (canvas.current).getBoundingClientRect().left;
    const free = Math.round(Math.min(Math.max(0, view.from + (event.clientX - left) * perPx), length));
    return { free, near: snap(free, moments, SNAP_PX * perPx) };
  };

  /** @param {PointerEvent} event @returns {Drag} */
  function dragOf(event) {
    const { free } = timeOf(event);
    const reach = EDGE_PX * perPx;
    if (event.shiftKey) {
      return { what: 'select', piece: -1, begin: timeOf(event).near, at: free };
    }
    for (const [i, piece] of own(clip)) {
      if (mayChange && Math.abs(piece.from_ns - free) <= reach && free <= piece.to_ns) {
        return { what: 'from', piece: i, begin: free, at: piece.from_ns };
      }
      if (mayChange && Math.abs(piece.to_ns - free) <= reach && free >= piece.from_ns) {
        return { what: 'to', piece: i, begin: free, at: piece.to_ns };
      }
    }
    return { what: 'seek', piece: -1, begin: free, at: free };
  }

  /** @param {PointerEvent} event */
  function onDown(event) {
    canvas.current?.setPointerCapture(event.pointerId);
    const next = dragOf(event);
    setDrag(next);
    if (next.what === 'seek') {
      onSeek(timeOf(event).near);
    }
    onPick(next.what === 'seek' ? pieceAt(clip, lesson.id, next.at) : next.piece);
  }

  /** @param {PointerEvent} event */
  function onMove(event) {
    if (!drag) {
      /** @type {HTMLElement} */ (canvas.current).style.cursor = ['from', 'to'].includes(dragOf(event).what) ? 'ew-resize' : 'pointer';
      return;
    }
    const { near: there } = timeOf(event);
    setDrag({ ...drag, at: there });
    if (drag.what === 'seek') {
      onSeek(there);
    } else if (drag.what === 'select' && there !== drag.begin) {
      onSelect(Math.min(there, drag.begin), Math.max(there, drag.begin));
    } else if (drag.what !== 'select') {
      onSeek(there);
    }
  }

  function onUp() {
    const dragged = pieces.find(({ i }) => i === drag?.piece);
    if (drag && dragged && (drag.what === 'from' || drag.what === 'to') && drag.at !== clip.pieces[drag.piece][`${drag.what}_ns`]) {
      onTrim(drag.piece, dragged.from_ns, dragged.to_ns);
    }
    setDrag(null);
  }

  /** @param {WheelEvent} event */
  function onWheel(event) {
    event.preventDefault();
    const left = /** @type {HTMLElement} */ (canvas.current).getBoundingClientRect().left;
    const wide = view.to - view.from;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const from = Math.round(Math.min(Math.max(0, view.from + (event.deltaX || event.deltaY) * perPx), length - wide));
      onView({ from, to: from + wide });
    } else {
      onView(zoomed(view, event.deltaY > 0 ? 1.25 : 0.8, view.from + (event.clientX - left) * perPx, length));
    }
  }

  const wide = view.to - view.from;
  return html`<div class="edit-line" ref=${box}>
    <canvas ref=${canvas} class="edit-canvas" style=${{ height: `${HEIGHT}px` }} role="img"
      aria-label=${`${t.edit.timeline}: ${t.edit.at(exact(at), exact(length))}`}
      onPointerDown=${onDown} onPointerMove=${onMove} onPointerUp=${onUp} onPointerCancel=${() => setDrag(null)} onWheel=${onWheel}></canvas>
    <input class="edit-pan" type="range" min="0" max=${Math.max(1, length - wide)} step="any" value=${view.from} disabled=${wide >= length}
      aria-label=${t.edit.overview} aria-valuetext=${`${span(seconds(view.from))} – ${span(seconds(view.to))}`}
      onInput=${(/** @type {any} */ event) => {
        const from = Math.round(Number(event.target.value));
        onView({ from, to: from + wide });
      }} />
  </div>`;
}
