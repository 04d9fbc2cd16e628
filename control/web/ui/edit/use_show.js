// SPDX-License-Identifier: GPL-3.0-or-later
// The lesson's pictures in the editor: shown at a moment, played at any speed, or as the pieces of a
// microlesson one behind the other. The first element is the clock and has the sound.

import { useEffect, useRef, useState } from '../../vendor/preact.js';
import { playAll } from '../../lib/watch/play.js';

/** @typedef {import('../../types').DraftPiece} DraftPiece */
/** @typedef {{ rate: number, pieces: DraftPiece[] | null, piece: number }} Run */

const TELL_MS = 50;
const APART_S = 0.08; // pictures further from each other are brought together
const INTO_NS = 1e6; // into a picture's time, so that no rounding shows the one before
const SPEEDS = [1, 2, 4];

/** @param {{ length_ns: number }} props */
export function useShow({ length_ns }) {
  const elements = useRef(/** @type {Map<string, HTMLVideoElement>} */ (new Map()));
  const [at, setAt] = useState(0);
  const [run, setRun] = useState(/** @type {Run | null} */ (null));
  const now = useRef({ at: 0, run: /** @type {Run | null} */ (null) });
  const all = () => [...elements.current.values()];

  /** @param {Run | null} next */
  function goOn(next) {
    now.current.run = next;
    setRun(next);
  }

  /** @param {number} ns */
  function place(ns) {
    now.current.at = Math.round(Math.min(Math.max(0, ns), length_ns));
    setAt(now.current.at);
  }

  /** @param {number} ns */
  function seek(ns) {
    place(ns);
    all().forEach((one) => {
      one.currentTime = (now.current.at + INTO_NS) / 1e9;
    });
  }

  /** Fetches pictures: not before somebody looks for one. */
  const wake = () => all().forEach((one) => {
    one.preload = 'auto';
  });

  function stop() {
    goOn(null);
    all().forEach((one) => one.pause());
  }

  /** @param {Run} next */
  function start(next) {
    wake();
    goOn(next);
    seek(next.pieces ? Math.max(next.pieces[next.piece].from_ns, now.current.at) : now.current.at);
    all().forEach((one) => {
      one.playbackRate = Math.max(1, next.rate);
    });
    if (next.rate > 0) {
      playAll(all());
    } else {
      all().forEach((one) => one.pause());
    }
  }

  useEffect(() => {
    if (!run) {
      return undefined;
    }
    let told = performance.now();
    const timer = setInterval(() => {
      const { run: running } = now.current;
      const [clock, ...others] = all();
      const passed = performance.now() - told;
      told = performance.now();
      if (!running || !clock) {
        return;
      }
      if (running.rate < 0) {
        seek(now.current.at + running.rate * passed * 1e6);
        if (now.current.at === 0) {
          stop();
        }
        return;
      }
      if (!clock.seeking) {
        place(clock.currentTime * 1e9);
      }
      others.forEach((one) => {
        if (!one.seeking && Math.abs(one.currentTime - clock.currentTime) > APART_S * running.rate) {
          one.currentTime = clock.currentTime;
        }
      });
      const piece = running.pieces?.[running.piece];
      if (piece && now.current.at >= piece.to_ns) {
        const next = running.pieces?.[running.piece + 1];
        if (!next) {
          stop();
          seek(piece.to_ns);
        } else {
          goOn({ ...running, piece: running.piece + 1 });
          if (next.from_ns !== piece.to_ns) {
            seek(next.from_ns);
          }
        }
      } else if (clock.ended) {
        stop();
      }
    }, TELL_MS);
    return () => clearInterval(timer);
  }, [run]);

  return {
    elements: elements.current,
    at,
    run,
    seek,
    wake,
    stop,
    /** Plays the lesson from here; once more in the same direction: faster. @param {1 | -1} way */
    play(way) {
      const before = now.current.run;
      const speed = before && !before.pieces && Math.sign(before.rate) === way ? SPEEDS.indexOf(Math.abs(before.rate)) + 1 : 0;
      start({ rate: way * SPEEDS[Math.min(speed, SPEEDS.length - 1)], pieces: null, piece: 0 });
    },
    /** Plays pieces, from the one that holds this moment or the first one on. @param {DraftPiece[]} pieces */
    playPieces(pieces) {
      const here = pieces.findIndex((one) => one.from_ns <= now.current.at && now.current.at < one.to_ns);
      if (here < 0) {
        place(pieces[0].from_ns);
      }
      start({ rate: 1, pieces, piece: Math.max(0, here) });
    },
  };
}
