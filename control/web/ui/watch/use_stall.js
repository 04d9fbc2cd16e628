// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useState } from '../../vendor/preact.js';

const LOOK_MS = 250;
const STALL_MS = 2000;

/**
 * True while an element that is to play (on) stands: it has been at one place for a while. What a key
 * of the phone or another app has paused does not.
 * @param {boolean} on
 * @param {() => HTMLVideoElement | undefined} element
 */
export function useStall(on, element) {
  const [stalled, setStalled] = useState(false);
  useEffect(() => {
    setStalled(false);
    if (!on) {
      return undefined;
    }
    let at = element()?.currentTime;
    let movedMs = performance.now();
    const timer = setInterval(() => {
      const one = element();
      if (one?.currentTime !== at || one?.paused || document.hidden) {
        at = one?.currentTime;
        movedMs = performance.now();
      }
      setStalled(performance.now() - movedMs > STALL_MS);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [on]);
  return stalled;
}
