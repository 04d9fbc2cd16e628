// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useRef, useState } from '../../vendor/preact.js';
import { fetchLesson } from '../../lib/edit/library.js';

/** @typedef {import('../../types').EditLesson} EditLesson */

const AGAIN_MS = 2000;

/** What stands for a lesson that is gone. @param {string} id @param {number} duration_ns @returns {EditLesson} */
const gone = (id, duration_ns) => ({ id, kind: 'lesson', title: id, created: '', duration_ns, recording: false, metadata: {}, tracks: [], gaps: [],
  marks: [], chapters: [], slides: [] });

/**
 * The lessons on the table, as far as they are there yet.
 * @param {EditLesson} home
 * @param {Record<string, number>} lengths
 */
export function useLessons(home, lengths) {
  const [lessons, setLessons] = useState(/** @type {Record<string, EditLesson>} */ ({ [home.id]: home }));
  const [times, setTimes] = useState(0);
  const asked = useRef(new Set([home.id]));
  useEffect(() => {
    Object.keys(lengths).filter((id) => !asked.current.has(id)).forEach((id) => {
      asked.current.add(id);
      fetchLesson(id).then((found) => setLessons((before) => ({ ...before, [id]: found || gone(id, lengths[id]) })), () => {
        asked.current.delete(id); // the server is away
        setTimeout(() => setTimes((n) => n + 1), AGAIN_MS);
      });
    });
  }, [Object.keys(lengths).join(), times]);
  return lessons;
}
