// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useRef, useState } from '../../vendor/preact.js';

const SHOWN_MS = 6000;

/**
 * What is said for a while: seconds that were left out, of all tracks the most; null: nothing.
 * @returns {[number | null, (seconds: number) => void]}
 */
export function useNotice() {
  const [said, setSaid] = useState(/** @type {number | null} */ (null));
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  /** @param {number} seconds */
  function tell(seconds) {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSaid(null), SHOWN_MS);
    setSaid((now) => Math.max(now || 0, seconds));
  }
  return [said, tell];
}
