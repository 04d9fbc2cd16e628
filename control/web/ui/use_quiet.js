// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useState } from '../vendor/preact.js';

const QUIET_MS = 3000;

/** True when nobody has touched anything for a while: on a full screen the controls go away then. */
export function useQuiet() {
  const [quiet, setQuiet] = useState(false);
  useEffect(() => {
    let timer = 0;
    function stir() {
      setQuiet(false);
      clearTimeout(timer);
      timer = setTimeout(() => setQuiet(true), QUIET_MS);
    }
    const signs = ['pointermove', 'pointerdown', 'keydown', 'focusin'];
    signs.forEach((sign) => document.addEventListener(sign, stir));
    stir();
    return () => {
      clearTimeout(timer);
      signs.forEach((sign) => document.removeEventListener(sign, stir));
    };
  }, []);
  return quiet;
}
