// SPDX-License-Identifier: GPL-3.0-or-later
// Live pictures that stand still: even of a screen on which nothing moves there is one a second.

import { useEffect, useRef, useState } from '../../vendor/preact.js';

const LOOK_MS = 500;
const STILL_MS = 3000; // then it is said
const STUCK_MS = 6000; // then it is opened anew

/**
 * True while no new picture comes. stuck is called when that lasts.
 * @param {{ on: boolean, pictures: () => number, stuck: () => void }} wishes
 */
export function useStill({ on, pictures, stuck }) {
  const [still, setStill] = useState(false);
  const now = useRef({ pictures, stuck });
  now.current = { pictures, stuck };
  useEffect(() => {
    setStill(false);
    if (!on) {
      return undefined;
    }
    let seen = -1;
    let since = performance.now();
    const timer = setInterval(() => {
      const count = now.current.pictures();
      if (count !== seen || document.hidden) {
        seen = count;
        since = performance.now();
      }
      const stood = performance.now() - since;
      setStill(stood > STILL_MS);
      if (stood > STUCK_MS) {
        since = performance.now();
        now.current.stuck();
      }
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [on]);
  return still;
}
