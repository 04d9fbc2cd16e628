// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useState } from '../../vendor/preact.js';

const LOOK_MS = 250;
const STALL_MS = 2000;

/**
 * True while something that is to play (on) stands: it has been at one place for a while.
 * @param {boolean} on
 * @param {() => number | undefined} place of the element, in seconds
 */
export function useStall(on, place) {
  const [stalled, setStalled] = useState(false);
  useEffect(() => {
    setStalled(false);
    if (!on) {
      return undefined;
    }
    let at = place();
    let movedMs = performance.now();
    const timer = setInterval(() => {
      const now = place();
      if (now !== at || document.hidden) {
        at = now;
        movedMs = performance.now();
      }
      setStalled(performance.now() - movedMs > STALL_MS);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [on]);
  return stalled;
}
