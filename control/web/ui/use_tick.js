// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useState } from '../vendor/preact.js';

/** Renders anew so often while on. @param {number} ms @param {boolean} on */
export function useTick(ms, on) {
  const [, setCount] = useState(0);
  useEffect(() => {
    if (!on) {
      return undefined;
    }
    const timer = setInterval(() => setCount((n) => n + 1), ms);
    return () => clearInterval(timer);
  }, [ms, on]);
}
