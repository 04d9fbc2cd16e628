// SPDX-License-Identifier: GPL-3.0-or-later
import { useCallback, useEffect, useState } from '../../vendor/preact.js';
import { ask } from '../../lib/api.js';

/** @typedef {import('../../types').RecordingWhole} RecordingWhole */

/**
 * The lesson that runs, with its marks and gaps: asked for when it begins, when a mark was set
 * (here or on another page), and when something is verified anew: then a gap is known, too.
 * @param {string | null} id
 * @param {number} marks
 * @param {boolean} proved
 */
export function useLesson(id, marks, proved) {
  const [lesson, setLesson] = useState(/** @type {RecordingWhole | null} */ (null));
  const refresh = useCallback(async () => {
    try {
      setLesson(id ? await ask('GET', `/recordings/${id}`) : null);
    } catch {
      // a lost connection is said elsewhere, and the next change asks again
    }
  }, [id]);
  useEffect(() => {
    refresh();
  }, [id, marks, proved]);
  return { lesson: lesson?.id === id ? lesson : null, refresh };
}
