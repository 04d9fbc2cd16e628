// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether pictures are left out because the line does not carry them:
 *
 *   pictures --the line is too narrow--> sound alone --after a while--> pictures, a try
 *
 * The while is twice as long each time a try does not hold. Of many viewers on one line each waits a
 * time of its own, so that not all try at once.
 */

import { useEffect, useRef, useState } from '../../vendor/preact.js';

const FIRST_MS = 20000;
const MOST_MS = 320000;
const HELD_MS = 60000; // a try that went on for so long was right

/**
 * @returns {{ isNarrow: boolean, leaveOut: () => void, tryPictures: () => void }} leaveOut: from now
 *   on, for a while
 */
export function useNarrow() {
  const [isNarrow, setNarrow] = useState(false);
  const now = useRef({ timer: 0, waitMs: FIRST_MS, triedMs: -Infinity });
  useEffect(() => () => clearTimeout(now.current.timer), []);

  function tryPictures() {
    clearTimeout(now.current.timer);
    now.current.triedMs = performance.now();
    setNarrow(false);
  }

  function leaveOut() {
    const { timer, waitMs, triedMs } = now.current;
    const failed = performance.now() - triedMs < HELD_MS;
    clearTimeout(timer);
    now.current.waitMs = failed ? Math.min(2 * waitMs, MOST_MS) : FIRST_MS;
    now.current.timer = setTimeout(tryPictures, now.current.waitMs * (1 + Math.random() / 2));
    setNarrow(true);
  }

  return { isNarrow, leaveOut, tryPictures };
}
