// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useState } from '../vendor/preact.js';

const LATE_MS = 3000;

/** True when something has lasted for a while. @param {boolean} on it is so */
export function useLate(on) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    const timer = on ? setTimeout(() => setLate(true), LATE_MS) : 0;
    return () => clearTimeout(timer);
  }, [on]);
  return late;
}
