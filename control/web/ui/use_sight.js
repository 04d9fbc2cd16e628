// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What of the room is looked at:
 *
 *   waiting --lesson begins--> live --back, or a place on the bar--> tape --to live--> live
 *      ^----- lesson ends ------'                                      |
 *      '-- watch again --> tape <---------- lesson ends ---------------'
 *
 * Who is refused sees nothing from then on: there is no moment.
 */

import { useEffect, useMemo, useRef, useState } from '../vendor/preact.js';
import { fetchLesson } from '../lib/watch/lesson.js';

/** @typedef {import('../types').LiveLesson} LiveLesson */
/** @typedef {import('../types').Moment} Moment */

/** @param {string} id @param {import('../types').Followed} followed */
export function useSight(id, { room, zeroMs, refused }) {
  const [lesson, setLesson] = useState(/** @type {LiveLesson | null} */ (null));
  const [past, setTape] = useState(/** @type {Moment | null} */ (null));
  const tape = refused ? null : past;
  const [over, setOver] = useState(false); // once it has run
  const looked = useRef(/** @type {LiveLesson | null} */ (null));
  const onAir = !refused && room?.state === 'recording';
  const running = onAir ? room.lesson : '';

  useEffect(() => {
    let current = true;
    if (room) {
      fetchLesson(id).then((found) => current && setLesson(found));
    }
    return () => {
      current = false;
    };
  }, [id, room?.state, room?.lesson, room?.marks]);

  useEffect(() => {
    if (running) {
      setOver(true);
    }
  }, [running]);

  const live = useMemo(() => (running ? { lesson: running, from: null, beganMs: zeroMs } : null), [running]);
  /** @type {'waiting' | 'live' | 'tape'} */
  const kind = tape ? 'tape' : live ? 'live' : 'waiting';
  // The next lesson may have begun meanwhile.
  if (tape && lesson?.id === tape.lesson) {
    looked.current = lesson;
  }
  const taped = tape && looked.current?.id === tape.lesson ? looked.current : null;
  return {
    kind,
    lesson: taped || lesson,
    onAir,
    /** Whoever waits now has seen one end. */
    over,
    moment: /** @type {Moment | null} */ (tape || live),
    tracks: taped?.tracks || room?.tracks || [],
    /** From so many seconds of the lesson on. @param {number} from */
    rewind(from) {
      const which = tape?.lesson || running || lesson?.id;
      if (which) {
        setTape({ lesson: which, from: Math.max(0, from), beganMs: zeroMs });
      }
    },
    toLive: () => setTape(null),
  };
}
