// SPDX-License-Identifier: GPL-3.0-or-later
// The lesson's pictures in the editor: shown at a moment, played at any speed, or as the microlesson
// that its pieces make, by the player that plays it afterwards. Nothing of them is fetched before
// somebody wants more than a thumbnail.

import { useEffect, useRef, useState } from '../../vendor/preact.js';
import { fadeAt } from '../../lib/edit/draft.js';
import { isSound } from '../../lib/names.js';
import { lessonTime, pieceAt, planOf } from '../../lib/player/plan.js';
import { Player } from '../../lib/player/player.js';

/** @typedef {import('../../types').DraftPiece} DraftPiece */
/** @typedef {import('../../types').EditLesson} EditLesson */
/** @typedef {{ rate: number, pieces: DraftPiece[] | null, piece: number }} Run pieces null: the lesson itself */
/** @typedef {{ player: Player, pieces: DraftPiece[] | null }} Opened */

const TELL_MS = 50;
const SPEEDS = [1, 2, 4];
const PICTURES = 2;

/** The tracks of each element: the pictures, the first one with the sound. @param {EditLesson} lesson */
export function panesOf(lesson) {
  const names = lesson.tracks.map((track) => track.name);
  const sound = names.filter(isSound).slice(0, 1);
  const pictures = names.filter((name) => !isSound(name)).slice(0, PICTURES);
  return pictures.length > 0 ? pictures.map((name, i) => (i === 0 ? [name, ...sound] : [name])) : [sound];
}

/** @param {EditLesson} lesson */
export function useShow(lesson) {
  const length = lesson.duration_ns;
  const elements = useRef(/** @type {Map<string, HTMLVideoElement>} */ (new Map()));
  const [at, setAt] = useState(0);
  const [run, setRun] = useState(/** @type {Run | null} */ (null));
  const [isAwake, setAwake] = useState(false);
  const now = useRef({ at: 0, run: /** @type {Run | null} */ (null), opened: /** @type {Opened | null} */ (null) });

  /** @param {Run | null} next */
  function goOn(next) {
    now.current.run = next;
    setRun(next);
  }

  /** @param {number} ns */
  function place(ns) {
    now.current.at = Math.round(Math.min(Math.max(0, ns), length));
    setAt(now.current.at);
  }

  function close() {
    now.current.opened?.player.close();
    now.current.opened = null;
  }

  /** The player of these pieces, or of the lesson. @param {DraftPiece[] | null} pieces @param {number} begin seconds of its time */
  function open(pieces, begin) {
    const { opened } = now.current;
    if (opened && opened.pieces === pieces && opened.player.state !== 'broken') {
      opened.player.seek(begin);
      return opened.player;
    }
    close();
    setAwake(true);
    const plan = planOf((pieces || [{ from_ns: 0, to_ns: length }]).map((piece) => ({ lesson: lesson.id, ...piece })));
    const panes = panesOf(lesson).map((tracks) => ({ element: /** @type {HTMLVideoElement} */ (elements.current.get(tracks[0])), tracks }));
    const has = (/** @type {string} */ _, /** @type {string} */ track) => lesson.tracks.some(({ name }) => name === track);
    const told = { changed: () => {}, single: () => {}, skipped: () => {}, soundless: () => {} };
    const player = new Player(plan, panes, has, told, begin);
    now.current.opened = { player, pieces };
    return player;
  }

  /** How bright and loud it is here. @param {number} factor 0 to 1 */
  const shine = (factor) => {
    elements.current.forEach((one) => {
      one.style.opacity = String(factor);
    });
    now.current.opened?.player.setLoudness(false, factor);
  };

  function stop() {
    goOn(null);
    now.current.opened?.player.pause();
  }

  /** @param {number} ns */
  function seek(ns) {
    place(ns);
    if (now.current.opened) {
      open(null, now.current.at / 1e9);
      shine(1);
    }
  }

  useEffect(() => close, [lesson.id]);
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
      if (running.rate < 0) {
        seek(now.current.at + running.rate * passed * 1e6);
        if (now.current.at === 0) {
          stop();
        }
      } else if (player.state === 'ended') {
        place(running.pieces ? running.pieces[running.pieces.length - 1].to_ns : length);
        shine(1);
        goOn(null);
      } else if (player.state === 'paused' || player.state === 'broken') { // the browser wants to be touched, or cannot
        goOn(null);
      } else {
        const time = player.now() * 1e9;
        const piece = pieceAt(player.plan, time);
        place(lessonTime(player.plan, time).time);
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
    at,
    run,
    /** Pictures are shown, not only thumbnails. */
    isAwake,
    seek,
    stop,
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
      const here = pieces.findIndex((one) => one.from_ns <= now.current.at && now.current.at < one.to_ns);
      const before = pieces.slice(0, Math.max(0, here)).reduce((sum, one) => sum + one.to_ns - one.from_ns, 0);
      const player = open(pieces, (here < 0 ? 0 : before + now.current.at - pieces[here].from_ns) / 1e9);
      player.setSpeed(1);
      player.play();
      goOn({ rate: 1, pieces, piece: Math.max(0, here) });
    },
  };
}
