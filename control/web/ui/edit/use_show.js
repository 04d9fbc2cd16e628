// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of the lessons on the table: shown at a moment, played at any speed, or as the
// microlesson that pieces make, by the player that plays it afterwards. Nothing of them is fetched
// before somebody wants more than a thumbnail.

import { useEffect, useRef, useState } from '../../vendor/preact.js';
import { fadeAt, holds } from '../../lib/edit/draft.js';
import { isSound } from '../../lib/names.js';
import { lessonTime, pieceAt, planOf } from '../../lib/player/plan.js';
import { Player } from '../../lib/player/player.js';
import { follow, seenAt } from '../../lib/player/seen.js';
import { useLate } from '../use_late.js';

/** @typedef {import('../../types').DraftPiece} DraftPiece */
/** @typedef {import('../../types').EditLesson} EditLesson */
/** @typedef {{ rate: number, pieces: DraftPiece[] | null, piece: number }} Run pieces null: the lesson itself */
/** @typedef {{ player: Player, pieces: DraftPiece[] | null, lesson: string, panes: string }} Opened */
/** @typedef {Record<string, EditLesson>} Lessons */

const TELL_MS = 50;
const SPEEDS = [1, 2, 4];
const PICTURES = 2;

/** The tracks of each element: the pictures, the first one with the sound. @param {EditLesson[]} lessons */
export function panesOf(lessons) {
  const names = [...new Set(lessons.flatMap(({ tracks }) => tracks.map(({ name }) => name)))];
  const sound = names.filter(isSound).slice(0, 1);
  const pictures = names.filter((name) => !isSound(name)).slice(0, PICTURES);
  return pictures.length > 0 ? pictures.map((name, i) => (i === 0 ? [name, ...sound] : [name])) : [sound];
}

/** @param {Lessons} lessons @param {string} home what is shown first */
export function useShow(lessons, home) {
  const elements = useRef(/** @type {Map<string, HTMLVideoElement>} */ (new Map()));
  const [where, setWhere] = useState({ lesson: home, at: 0 });
  const [run, setRun] = useState(/** @type {Run | null} */ (null));
  const [state, setState] = useState(/** @type {Player['state']} */ ('paused')); // of the player, when it ran last
  const [isAwake, setAwake] = useState(false);
  const now = useRef({ lesson: home, at: 0, run: /** @type {Run | null} */ (null), opened: /** @type {Opened | null} */ (null) });

  /** @param {Run | null} next */
  function goOn(next) {
    now.current.run = next;
    setRun(next);
  }

  /** @param {number} ns @param {string} [lesson] */
  function place(ns, lesson = now.current.lesson) {
    const at = Math.round(Math.min(Math.max(0, ns), lessons[lesson].duration_ns));
    now.current.lesson = lesson;
    now.current.at = at;
    setWhere((before) => (before.lesson === lesson && before.at === at ? before : { lesson, at }));
  }

  function close() {
    now.current.opened?.player.close();
    now.current.opened = null;
  }

  /** The player of these pieces, or of the lesson. @param {DraftPiece[] | null} pieces @param {number} begin seconds of its time */
  function open(pieces, begin) {
    const { opened, lesson } = now.current;
    const played = pieces || [{ lesson, from_ns: 0, to_ns: lessons[lesson].duration_ns }];
    const shown = panesOf([...new Set(played.map((piece) => piece.lesson))].map((id) => lessons[id]));
    const panes = shown.join(' ');
    if (opened && opened.pieces === pieces && (pieces || opened.lesson === lesson) && opened.panes === panes && opened.player.state !== 'broken') {
      opened.player.seek(begin);
      return opened.player;
    }
    close();
    setAwake(true);
    const has = (/** @type {string} */ id, /** @type {string} */ track) => lessons[id].tracks.some(({ name }) => name === track);
    const told = { changed: () => {}, single: () => {}, skipped: () => {}, soundless: () => {} };
    elements.current.forEach(follow);
    const player = new Player(planOf(played),
      shown.map((tracks) => ({ element: /** @type {HTMLVideoElement} */ (elements.current.get(tracks[0])), tracks })), has, told, begin);
    now.current.opened = { player, pieces, lesson, panes };
    return player;
  }

  /** How bright and loud it is here. @param {number} factor 0 to 1 */
  const shine = (factor) => {
    elements.current.forEach((one) => {
      /** @type {HTMLElement} */ (one.parentElement).style.opacity = String(factor);
    });
    now.current.opened?.player.setLoudness(false, factor);
  };

  /** The moment that is seen: while it runs, as the picture of this track says it; clock: by the player's. @param {string} [track] */
  function here(track = '') {
    const { run: running, opened, lesson, at } = now.current;
    if (!running || running.rate < 0 || !opened) {
      return { lesson, at, clock: at };
    }
    const picture = seenAt(opened.player, elements.current.get(track));
    const seen = lessonTime(opened.player.plan, picture * 1e9);
    return { lesson: seen.lesson, at: Math.round(seen.time), clock: Math.round(seen.time + (opened.player.now() - picture) * 1e9) };
  }

  /** Where that is. @param {string} [track] which picture of those that are seen says it */
  function stop(track) {
    const { lesson, at } = here(track);
    now.current.opened?.player.pause();
    goOn(null);
    place(at, lesson);
    return { lesson, at: now.current.at };
  }

  /** @param {number} ns @param {string} [lesson] */
  function seek(ns, lesson) {
    place(ns, lesson);
    if (now.current.opened) {
      open(null, now.current.at / 1e9);
      shine(1);
    }
  }

  useEffect(() => close, []);
  useEffect(() => {
    if (!run) {
      return undefined;
    }
    let told = performance.now();
    const timer = setInterval(() => {
      const { run: running, opened } = now.current;
      const passed = performance.now() - told;
      told = performance.now();
      if (!running || !opened) {
        return;
      }
      const { player } = opened;
      setState(player.state);
      if (running.rate < 0) {
        seek(now.current.at + running.rate * passed * 1e6);
        if (now.current.at === 0) {
          stop();
        }
      } else if (player.state === 'ended') {
        const last = running.pieces?.[running.pieces.length - 1];
        place(last ? last.to_ns : Infinity, last?.lesson);
        shine(1);
        goOn(null);
      } else if (player.state === 'paused' || player.state === 'broken') { // the browser wants to be touched, or cannot
        goOn(null);
      } else {
        const time = player.now() * 1e9;
        const piece = pieceAt(player.plan, time);
        const there = lessonTime(player.plan, time);
        place(there.time, there.lesson);
        if (running.pieces) {
          shine(fadeAt(running.pieces[piece], now.current.at));
          if (piece !== running.piece) {
            goOn({ ...running, piece });
          }
        }
      }
    }, TELL_MS);
    return () => clearInterval(timer);
  }, [run]);

  return {
    elements: elements.current,
    lesson: where.lesson,
    at: where.at,
    run,
    isBroken: state === 'broken',
    /** It runs, and nothing has come for a while. */
    isLate: useLate(!!run && run.rate > 0 && state === 'waiting'),
    /** Pictures are shown, not only thumbnails. */
    isAwake,
    seek,
    stop,
    here,
    /** It stands still there. @param {number} ns @param {string} lesson */
    isAt: (ns, lesson) => now.current.at === ns && now.current.lesson === lesson && !now.current.run,
    /** Shows the picture of this moment. */
    wake: () => now.current.opened || open(null, now.current.at / 1e9),
    /** Plays the lesson from here; once more in the same direction: faster. @param {1 | -1} way */
    play(way) {
      const before = now.current.run;
      const speed = before && !before.pieces && Math.sign(before.rate) === way ? SPEEDS.indexOf(Math.abs(before.rate)) + 1 : 0;
      const rate = way * SPEEDS[Math.min(speed, SPEEDS.length - 1)];
      const player = open(null, now.current.at / 1e9);
      shine(1);
      if (way > 0) {
        player.setSpeed(rate);
        player.play();
      } else {
        player.pause();
      }
      goOn({ rate, pieces: null, piece: 0 });
    },
    /** Plays pieces, from this moment on if one holds it, else from the begin. @param {DraftPiece[]} pieces */
    playPieces(pieces) {
      const here = pieces.findIndex((one) => holds(one, now.current.lesson, now.current.at));
      const before = pieces.slice(0, Math.max(0, here)).reduce((sum, one) => sum + one.to_ns - one.from_ns, 0);
      const player = open(pieces, (here < 0 ? 0 : before + now.current.at - pieces[here].from_ns) / 1e9);
      player.setSpeed(1);
      player.play();
      goOn({ rate: 1, pieces, piece: Math.max(0, here) });
    },
  };
}
