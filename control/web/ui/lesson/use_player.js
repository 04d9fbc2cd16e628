// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useRef, useState } from '../../vendor/preact.js';
import { Player } from '../../lib/player/player.js';

/** @typedef {import('../../lib/player/item.js').Playable} Playable */

/**
 * A player of an item in the panes, opened anew where it was when the panes are others.
 * @param {{ playable: Playable | null, panes: string[][], element: (name: string) => HTMLVideoElement, startAt: number,
 *   plays: boolean, speed: number, muted: boolean, single: () => void, skipped: (seconds: number) => void,
 *   soundless: () => void }} wish plays: at once
 */
export function usePlayer({ playable, panes, element, startAt, plays, speed, muted, single, skipped, soundless }) {
  const [, setCount] = useState(0);
  const player = useRef(/** @type {Player | null} */ (null));
  const last = useRef({ playable, at: 0, plays: false });
  const names = panes.join(' ');

  useEffect(() => {
    if (!playable || panes.length === 0) {
      return undefined;
    }
    const same = last.current.playable === playable;
    const elements = panes.map((tracks) => ({ element: element(tracks[0]), tracks }));
    const opened = new Player(playable.plan, elements, playable.has,
      { changed: () => setCount((n) => n + 1), single, skipped, soundless }, same ? last.current.at : startAt);
    player.current = opened;
    opened.setSpeed(speed);
    if (same ? last.current.plays : plays) {
      opened.play();
    }
    setCount((n) => n + 1);
    return () => {
      last.current = { playable, at: opened.now(), plays: opened.state === 'playing' || opened.state === 'waiting' };
      player.current = null;
      opened.close();
    };
  }, [playable, names]);
  useEffect(() => player.current?.setSpeed(speed), [speed]);
  useEffect(() => player.current?.setLoudness(muted));
  return player.current;
}
